"""What an item says of fields of its form, beside rules: where the competent authority is found, what a point of a rule sheet is about."""

from collections.abc import Iterator, Mapping

from core.forms.spec import FormSpec, Option
from core.items.errors import finding
from core.items.spec import JsonObject
from core.kernel.errors import Finding
from core.licences.life import ACTS

#: Kinds of field that say where something is.
PLACES = frozenset({"region", "address", "cascade", "choice"})


def places_of_authority(doc: JsonObject, form: FormSpec, divisions: Mapping[str, str] | None, offering: tuple[str, ...] | None) -> Iterator[Finding]:
    """全域通办: the field is there and says a place; each place it offers lies with a department that offers the item, or nobody would decide."""
    setting = doc.get("anywhere")
    if not setting:
        return
    path, name = "/anywhere/authority", setting["authority"]
    field = form.root.by_id.get(name)
    if field is None:
        yield finding("error", path, "field_missing", {"field": name})
        return
    if field.kind.key not in PLACES:
        yield finding("error", path, "anywhere_no_place", {"field": field.title})
        return
    if divisions is None or offering is None:
        return
    for option in (each for top in field.options for each in _leaves(top)):
        code = str(option.value)
        if code not in divisions:
            yield finding("error", path, "anywhere_unknown_division", {"name": option.title, "code": code})
        elif not any(divisions[code].startswith(place) for place in offering):
            yield finding("error", path, "anywhere_nobody_there", {"name": option.title})


def _leaves(option: Option) -> Iterator[Option]:
    if not option.children:
        yield option
    for child in option.children:
        yield from _leaves(child)


def licences_acted_on(doc: JsonObject, form: FormSpec, annotations: Mapping[str, frozenset[str]] | None) -> Iterator[Finding]:
    """A result that is done to a licence says to which – by a field for licence numbers –, of which type, and on which basis."""
    for index, result in enumerate(doc["results"]):
        action, path = result.get("action"), f"/results/{index}/action"
        if not action or action["do"] == "new":
            continue
        yield from _complete(result, action, path)
        field = form.root.by_id.get(str(action.get("licence")))
        if field is None or field.kind.key != "licence_ref":
            yield finding("error", f"{path}/licence", "action_no_licence_field", {"field": str(action.get("licence") or "")})
        known = annotations.get(str(result.get("licence_type"))) if annotations is not None else None
        if action["do"] == "annotate" and known is not None and action.get("annotation") not in known:
            names = {"name": str(action.get("annotation") or ""), "known": "、".join(sorted(known)) or "–"}
            yield finding("error", f"{path}/annotation", "action_no_annotation", names)


def _complete(result: JsonObject, action: JsonObject, path: str) -> Iterator[Finding]:
    grounds = ACTS[action["do"]].grounds
    if not result.get("licence_type"):
        yield finding("error", path, "action_no_type")
    if not str(action.get("basis") or "").strip():
        yield finding("error", f"{path}/basis", "action_no_basis")
    if grounds and action.get("ground", "49" if action["do"] == "change" else "50_1" if action["do"] == "renew" else None) not in grounds:
        yield finding("error", f"{path}/ground", "action_no_ground", {"known": "、".join(grounds)})


def points_of_the_form(doc: JsonObject, form: FormSpec) -> Iterator[Finding]:
    """审查细则: a point that names a field names one of the form, or a correction made of it would ask for nothing."""
    for name, sheet in (doc.get("rule_sheets") or {}).items():
        for index, point in enumerate(sheet["points"]):
            field = point.get("field")
            if field and f"form.{field}" not in form.labels:
                yield finding("error", f"/rule_sheets/{name}/points/{index}/field", "field_missing", {"field": field})
