"""Valid answers for any form: for item tests, benchmarks, the builder's preview. Invented people, right check digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.forms.fieldtypes.base import MISSING
from core.forms.spec import Field, FormSpec, Values


def sample(spec: FormSpec, *, seed: int = 0, overrides: Mapping[str, Any] | None = None, facts: Mapping[str, Any] | None = None) -> Values:
    """Answers that :func:`core.forms.service.decide` accepts, the same for the same *seed*. ``overrides`` replace top answers.

    Hidden answers are dropped as the server would. Where a definition asks for what cannot be guessed (a pattern beyond character classes),
    its own ``samples`` or the overrides have to say it.
    """
    from core.forms.decide import decide

    given: Values = {}
    for declared in spec.definition.get("samples", ())[:1]:
        given.update(declared.get("values", {}))
    values = {**sample_fields(spec.fields, seed), **given, **(overrides or {})}
    return decide(spec, values, facts=facts).values


def sample_fields(fields: tuple[Field, ...], seed: int, depth: int = 0) -> Values:
    """One valid answer for every field of a list. Optional recursion ends after the first level."""
    values: Values = {}
    for index, field in enumerate(fields):
        if (field.ref is not None or depth > 6) and not field.required:
            continue
        value = field.default if field.default is not MISSING else field.kind.sample(field.body, seed + index)
        if value is not MISSING:
            values[field.id] = value
    return values
