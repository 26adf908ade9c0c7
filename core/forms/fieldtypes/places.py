"""Where something is: a postal address, a point on the map."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

from collections.abc import Iterator, Mapping
from typing import Any

from core.forms.branch import Branch
from core.forms.clean import code, line
from core.forms.fieldtypes.amounts import Number
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import Field

_PARTS = ("region", "detail")


class Address(FieldType):
    """A division and what is below it: street, number, floor. A definition of type ``string`` gets one line instead."""

    key = "address"
    rule_type = "any"
    macro = "address"
    group = True
    title = Title("地址", "Address")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """Two texts; the division may be left out when the form knows it."""
        if schema.get("type") == "string":
            return {"maxLength": 400}
        text = {"type": "string", "maxLength": 200}
        return {
            "type": "object",
            "properties": {"region": text, "detail": {**text, "minLength": 2, "maxLength": 400}},
            "required": ["detail"],
            "additionalProperties": False,
        }

    def decode(self, field: Field, branch: Branch) -> Any:
        """One line, or the two parts that were filled."""
        if field.schema.get("type") == "string":
            return line(branch.texts[-1]) or MISSING if branch.texts else MISSING
        parts = {part: text for part in _PARTS if (text := line(branch.first(part) or ""))}
        return parts or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """Only the known parts, tidied."""
        if isinstance(value, str):
            return line(value)
        if isinstance(value, dict):
            return {p: line(v) if isinstance(v, str) else v for p in _PARTS if (v := value.get(p)) is not None}
        return value

    def encode(self, field: Field, value: Any) -> Any:
        """Both parts."""
        if isinstance(value, str) or field.schema.get("type") == "string":
            return value if isinstance(value, str) else ""
        known = value if isinstance(value, dict) else {}
        return {p: known.get(p, "") for p in _PARTS}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The widest part first, as Chinese addresses are read."""
        if not isinstance(value, dict):
            return "" if value is None else str(value)
        region = value.get("region", "")
        for option in field.options:
            region = next((each.title for _, each in option.walk() if each.value == region), region)
        return f"{region}{value.get('detail', '')}"

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An invented street."""
        if field.schema.get("type") == "string":
            return f"样例路{seed + 1}号"
        return {"region": "样例市样例区", "detail": f"样例路{seed + 1}号"}


class MapPoint(FieldType):
    """A point (CGCS2000, the legal system of coordinates) by longitude and latitude."""

    key = "map_point"
    rule_type = "any"
    macro = "map_point"
    group = True
    title = Title("地图位置", "Point on the map")
    _number = Number()

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """Degrees."""
        return {
            "type": "object",
            "properties": {"lng": {"type": "number", "minimum": -180, "maximum": 180}, "lat": {"type": "number", "minimum": -90, "maximum": 90}},
            "required": ["lng", "lat"],
            "additionalProperties": False,
        }

    def decode(self, field: Field, branch: Branch) -> Any:
        """Two numbers; degrees of arc may be pasted as ``109.08, 34.53`` into the first."""
        first = code(branch.first("lng") or "")
        texts = first.split(",", 1) if "," in first and not branch.first("lat") else [first, branch.first("lat") or ""]
        point = {name: self._number.coerce(field, text) for name, text in zip(("lng", "lat"), texts, strict=True)}
        kept = {name: value for name, value in point.items() if value is not MISSING}
        return kept or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """Only the two numbers."""
        return {p: value[p] for p in ("lng", "lat") if p in value} if isinstance(value, dict) else value

    def encode(self, field: Field, value: Any) -> Any:
        """Both as typed."""
        known = value if isinstance(value, dict) else {}
        return {p: self._number.encode(field, known.get(p)) for p in ("lng", "lat")}

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Longitude and latitude are often swapped: nothing in China lies north of 54°."""
        if value["lat"] > 54 and value["lng"] < 54:
            yield ("lng",), "forms.swapped", {}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """``东经 109.08°,北纬 34.53°``."""
        if not isinstance(value, dict) or not all(isinstance(value.get(p), int | float) for p in ("lng", "lat")):
            return str(value)
        lng, lat = value["lng"], value["lat"]
        if locale == "en":
            return f"{abs(lng)}° {'E' if lng >= 0 else 'W'}, {abs(lat)}° {'N' if lat >= 0 else 'S'}"
        return f"{'东经' if lng >= 0 else '西经'} {abs(lng)}°，{'北纬' if lat >= 0 else '南纬'} {abs(lat)}°"

    def sample(self, field: Field, seed: int = 0) -> Any:
        """Somewhere in Shaanxi."""
        return {"lng": 109.08, "lat": 34.53}
