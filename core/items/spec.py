"""Frozen values of this slice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.forms.spec import FormSpec
from core.kernel.errors import Finding
from core.routing.spec import RouteSpec

#: Version of the bundle's own shape; part of what is hashed, so it can never be read wrongly later.
BUNDLE_FORMAT = 1

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompiledItem:
    """An item ready to serve: what the hash covers (``bundle``) and what is made from it. Never changes; share it between threads.

    ``doc`` and ``form_doc`` are parsed from ``bundle`` and must be treated as frozen. ``hash`` is the digest of ``bundle``.
    """

    code: str
    hash: str
    doc: JsonObject
    form_doc: JsonObject
    form: FormSpec
    route: RouteSpec
    bundle: bytes
    blocks: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    notices: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The Chinese title."""
        return str(self.doc["title"])

    @property
    def plugins(self) -> frozenset[str]:
        """Names of the plugins that the item configures or that its route asks."""
        asked = (node.hook.partition(".")[0] for node in self.route.nodes.values() if node.hook)
        return frozenset((*(self.doc.get("plugins") or ()), *asked))


@dataclass(frozen=True, slots=True)
class Applied:
    """What ``apply`` did. ``changed`` is false when this very bundle was the draft or the current version already."""

    code: str
    hash: str
    changed: bool
    published: bool = False
    number: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One department that offers an item, and where."""

    department_id: str
    department_title: str
    division_id: str
    division_path: str
    division_title: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as lists show it (one row, no bundle opened). ``offer`` is the first in the hall's scope; ``offers`` all of them there.

    ``card`` holds ``short_title summary type case_type promised fee visits online themes service_objects life_events results materials``.
    """

    code: str
    title: str
    department: str
    version_id: str
    card: JsonObject
    offers: tuple[Offer, ...]

    @property
    def offer(self) -> Offer:
        """The department that handles it here."""
        return self.offers[0]


@dataclass(frozen=True, slots=True)
class VersionView:
    """One published version of an item."""

    id: str
    code: str
    number: int
    hash: str
    published_at: datetime
    published_by: str
    plugin_contracts: JsonObject


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why and since when nobody can apply: ``status`` is ``suspended`` (perhaps ``until`` a day) or ``ended``."""

    status: Literal["suspended", "ended"]
    reason: str
    since: datetime
    until: str | None


@dataclass(frozen=True, slots=True)
class Current:
    """The version in force, compiled, with the departments in the hall's scope that offer it. ``offers[0].department_id`` owns a new case.

    ``stopped`` is ``None`` while the item can be applied for.
    """

    version_id: str
    number: int
    published_at: datetime
    compiled: CompiledItem
    offers: tuple[Offer, ...]
    stopped: "Stopped | None" = None

    @property
    def offer(self) -> Offer:
        """The department that handles it here when the applicant need not choose."""
        return self.offers[0]


def co_applicants(compiled: CompiledItem) -> Literal["none", "optional", "required"]:
    """Whether an application may have co-applicants (``applicants.co``); an item that does not say so allows them."""
    found: Literal["none", "optional", "required"] = (compiled.doc.get("applicants") or {}).get("co", "optional")
    return found
