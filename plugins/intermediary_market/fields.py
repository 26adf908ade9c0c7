"""The kind of field ``intermediary_market.agency``: the agency that did the work, by its number, checked against the market when the case is filed."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.sdk import Context, Finding
from core.sdk.fields import Field, Problem, Text, Title
from core.sdk.hooks import Application
from plugins.intermediary_market.numbering import agency_number, is_number, tidy
from plugins.intermediary_market.service import agencies


class AgencyField(Text):
    """An admitted agency, by its number."""

    key = "intermediary_market.agency"
    title = Title("中介机构编号", "Number of an agency")
    width = "m"

    def tidy(self, text: str) -> str:
        """Capitals, without blanks and dashes."""
        return tidy(text)

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - the shape is the same everywhere
        """A short text; :meth:`check` says what is wrong with one."""
        return {"type": "string", "maxLength": 32}

    def check(self, field: Field, value: Any) -> Iterator[Problem]:  # noqa: ARG002
        """Shape and check digit; whether the agency is admitted is asked when the case is filed."""
        if not is_number(value):
            yield (), "intermediary_market.number_digit", {}

    def sample(self, field: Field, seed: int = 0) -> Any:  # noqa: ARG002
        """A number with a right check digit."""
        return agency_number(seed + 1)


def check(ctx: Context, application: Application) -> tuple[Finding, ...]:
    """Findings for answers of this kind that name no agency that is admitted today."""
    found = []
    for name in _fields(application.item.form.get("properties", {})):
        number = application.values.get(name)
        if isinstance(number, str) and number and agencies.admitted(ctx, number) is None:
            found.append(Finding("error", name, "intermediary_market.not_agency", {"number": number}))
    return tuple(found)


def _fields(properties: Mapping[str, Any]) -> list[str]:
    return [name for name, schema in properties.items() if schema.get("ui", {}).get("field") == AgencyField.key]
