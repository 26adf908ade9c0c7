"""Old documents into today's shape: pure functions, one step each, so that a file of any earlier release still opens."""

import copy
from collections.abc import Callable
from typing import Any

from core.schemas import catalogue
from core.schemas.errors import WrongVersion

Converter = Callable[[dict[str, Any]], dict[str, Any]]


class Converters:
    """A registry of steps ``(kind, n) → n + 1``."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], Converter] = {}

    def step(self, kind: str, version: int) -> Callable[[Converter], Converter]:
        """Decorator: the function takes a document of *version* (its own copy) and returns the content of ``version + 1``."""

        def register(function: Converter) -> Converter:
            if (kind, version) in self._steps:
                raise ValueError(f"{kind} v{version} is converted twice")
            self._steps[kind, version] = function
            return function

        return register

    def upgrade(self, kind: str, doc: Any, *, to: int) -> dict[str, Any]:
        """*doc* in version *to*; the argument is left as it was.

        Raises :class:`WrongVersion` when the version is missing, newer than *to*, or has no converter.
        """
        version = doc.get("schema_version") if isinstance(doc, dict) else None
        if not isinstance(version, int) or isinstance(version, bool):
            raise WrongVersion("schemas.version_missing", kind=kind, newest=to)
        if version > to:
            raise WrongVersion("schemas.version_newer", kind=kind, version=version, newest=to)
        done = copy.deepcopy(doc)
        while version < to:
            step = self._steps.get((kind, version))
            if step is None:
                raise WrongVersion(kind=kind, version=version, newest=to)
            version += 1
            done = {**step(done), "$schema": f"{catalogue.BASE}{kind}.v{version}.schema.json", "schema_version": version}
        return dict(done)


converters = Converters()


def upgrade(kind: str, doc: Any) -> dict[str, Any]:
    """*doc* in the newest published version of *kind*."""
    return converters.upgrade(kind, doc, to=catalogue.newest(kind))
