"""Files inside a form: photos, scans, drawn signatures. Every door (portal, API, back office) names, finds and checks them in the same way.

The answers hold references (``{id, name, size, media_type}``; a signature names its picture). Who holds the blob is written in the
list of files of the draft or case, under ``form:<field path>``: a reference that is not in that list was made up by whoever posted it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.cases.spec import CaseView, Handed
from core.files import service as files
from core.files.errors import BlobGone
from core.files.sniff import clean_name
from core.files.spec import Limits, fits
from core.forms.fieldtypes.nested import which
from core.forms.fieldtypes.uploads import accepted
from core.forms.spec import Field, FormSpec
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.web import edge
from core.web.page import say

PREFIX = "form:"
#: The evidence of who stands for whom is listed as ``party:<role>``.
PARTY = "party:"
KINDS = frozenset({"file", "photo", "signature"})
#: Files of a form that one application may hold, whatever its fields allow: rows multiply.
MOST = 100
#: ``act(field, blob id, reference)`` gives the reference as it should be, or ``None`` to drop it.
Act = Callable[[Field, str, Mapping[str, Any]], Mapping[str, Any] | None]


def material_of(field: Field) -> str:
    """The name under which the files of *field* are listed in a draft or case."""
    return (PREFIX + field.path)[:80]


def limits_of(field: Field) -> Limits:
    """What a file field takes."""
    kinds = ("png",) if field.kind.key == "signature" else accepted(field)
    return Limits(max_bytes=int(field.ui.get("max_mb") or 20) * 1024 * 1024, accept=kinds)


def has_files(fields: Sequence[Field]) -> bool:
    """Whether any of *fields*, or anything inside them, takes a file."""
    return any(each.kind.key in KINDS for top in fields for each in top.walk())


def field_of(spec: FormSpec, material: str) -> Field | None:
    """The field behind a name of :func:`material_of`."""
    return next((each for top in spec.fields for each in top.walk() if each.kind.key in KINDS and material_of(each) == material), None)


def title(compiled: CompiledItem, material: str, locale: str) -> str | None:
    """The title of the field, or of the authority, whose files are listed as *material*; ``None`` for a material of the item."""
    if material.startswith(PARTY):
        return {"agent": say("授权委托书"), "guardian": say("监护关系证明"), "confirmation": say("申请人签字确认")}.get(
            material.removeprefix(PARTY), say("身份证明")
        )
    field = field_of(compiled.form, material) if material.startswith(PREFIX) else None
    return compiled.form.text(f"{field.path}.title", field.title, locale)[0] if field is not None else None


def named(spec: FormSpec, name: str) -> Field | None:
    """The file field posted as *name* (``agent-authority``, ``staff-0-licence-_file``)."""
    field: Field = spec.root
    for part in name.removesuffix("-_file").split("-"):
        body = field.body
        if body.kind.key == "group" and part in body.by_id:
            field = body.by_id[part]
        elif part.isdecimal() and body.item is not None and body.kind.key not in KINDS:
            field = body.item
        else:
            return None
    return field if field.kind.key in KINDS else None


def mapped(spec: FormSpec, values: Mapping[str, Any], act: Act) -> dict[str, Any]:
    """*values* with every reference as *act* gives it back; an answer without a file left is no answer."""
    return _group(spec.root, values, act)


def refs(spec: FormSpec, values: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    """Every file that *values* name: its field and the id of its blob."""
    found: list[tuple[Field, str]] = []

    def note(field: Field, blob: str, ref: Mapping[str, Any]) -> Mapping[str, Any]:
        found.append((field, blob))
        return ref

    mapped(spec, values, note)
    return iter(found)


def own(spec: FormSpec, values: Mapping[str, Any], held: Sequence[Handed]) -> dict[str, Any]:
    """*values* without references that are not in *held*; name, size and kind are those of the file, whatever the browser said."""
    known = {(one.material, one.blob_id): one for one in held}

    def check(field: Field, blob: str, ref: Mapping[str, Any]) -> Mapping[str, Any] | None:
        one = known.get((material_of(field), blob))
        if one is None:
            return None
        return ref if field.kind.key == "signature" else {"id": one.blob_id, "name": one.name, "size": one.size, "media_type": one.media_type}

    return mapped(spec, values, check)


def handed(spec: FormSpec, values: Mapping[str, Any], held: Sequence[Handed]) -> tuple[Handed, ...]:
    """The files of *held* that *values* name, each once."""
    asked = {(material_of(field), blob) for field, blob in refs(spec, values)}
    return tuple(one for one in held if (one.material, one.blob_id) in asked)


def strange(spec: FormSpec, values: Mapping[str, Any], held: Sequence[Handed]) -> tuple[Field, ...]:
    """The fields of *values* that name a file which is not in *held*: somebody else's, of another kind, or none at all – nobody is told which."""
    known = {(one.material, one.blob_id) for one in held}
    return tuple(dict.fromkeys(field for field, blob in refs(spec, values) if (material_of(field), blob) not in known))


def of_account(spec: FormSpec, values: Mapping[str, Any], account_id: str, known: Sequence[Handed] = ()) -> list[Handed]:
    """:func:`of_holder` for an account."""
    return of_holder(spec, values, ("account", account_id), known)


def of_holder(spec: FormSpec, values: Mapping[str, Any], holder: tuple[str, str], known: Sequence[Handed] = ()) -> list[Handed]:
    """Files that *values* name and *holder* itself holds: of a kind the field takes, nobody else's.

    They were uploaded over the API, or for a correction whose page came back. Raises :class:`BadInput` for more than :data:`MOST`.
    """
    there, names = {(one.material, one.blob_id) for one in known}, _names(spec, values)
    asked = list(dict.fromkeys((material_of(field), blob, limits_of(field)) for field, blob in refs(spec, values)))
    if len(asked) > MOST:
        raise BadInput("web.files_many", most=MOST)
    found = []
    for material, blob, limits in asked:
        if (material, blob) not in there and (one := held_by(holder, material, blob, names.get(blob, ""), limits)) is not None:
            found.append(one)
    return found


def held_by(holder: tuple[str, str], material: str, blob: str, name: str, limits: Limits) -> Handed | None:
    """The file *blob* for *material* when *holder* holds it and it is of a kind that is taken there."""
    if not is_id(blob):
        return None
    try:
        ref = files.describe(edge.session(), blob, holder=holder, name=clean_name(name))
    except BlobGone:
        return None
    return Handed(material, ref.id, ref.name, ref.media_type, ref.size, ref.digest, holder) if fits(ref, ref.name, limits) else None


def _names(spec: FormSpec, values: Mapping[str, Any]) -> dict[str, str]:
    names: dict[str, str] = {}

    def note(field: Field, blob: str, ref: Mapping[str, Any]) -> Mapping[str, Any]:
        names[blob] = say("签名") + ".png" if field.kind.key == "signature" else str(ref.get("name") or "")
        return ref

    mapped(spec, values, note)
    return names


def of_case(view: CaseView) -> list[Handed]:
    """The files inside the form of a case, as they stand."""
    now = (one for one in view.materials if one.until_revision is None and one.material.startswith(PREFIX))
    return [Handed(one.material, one.blob_id, one.name, one.media_type, one.size, "", ("case", view.id)) for one in now]


def renewed(spec: FormSpec, before: Mapping[str, Any], after: Mapping[str, Any], held: Sequence[Handed]) -> tuple[tuple[Handed, ...], tuple[str, ...]]:
    """What a correction does to the files of a form: those of every field that changed, all of which take the place of its old ones,
    and the fields (as materials) that no file is left of.
    """
    was, stands = _blobs(spec, before), _blobs(spec, after)
    changed = {material for material, blobs in stands.items() if was.get(material) != blobs}
    return tuple(one for one in handed(spec, after, held) if one.material in changed), tuple(sorted(was.keys() - stands.keys()))


def _blobs(spec: FormSpec, values: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for field, blob in refs(spec, values):
        found.setdefault(material_of(field), set()).add(blob)
    return found


def _group(field: Field, values: Mapping[str, Any], act: Act) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        inner = field.by_id.get(name)
        changed = _value(inner, value, act) if inner is not None else value
        if changed is not None or value is None:
            kept[name] = changed
    return kept


def _value(field: Field, value: Any, act: Act) -> Any:
    body = field.body
    kind = body.kind.key
    if kind == "signature" and isinstance(value, dict):
        return _signature(field, value, act)
    if kind in KINDS and isinstance(value, list):
        return [dict(ref) for each in value if isinstance(each, dict) and (ref := act(field, str(each.get("id")), each)) is not None] or None
    if kind == "group" and isinstance(value, dict):
        return _group(body, value, act)
    if kind == "rows" and isinstance(value, list) and body.item is not None:
        return [_value(body.item, each, act) for each in value]
    if kind == "map" and isinstance(value, dict) and body.item is not None:
        return {key: _value(body.item, each, act) for key, each in value.items()}
    if kind == "union" and (shape := which(body, value)) is not None:
        return _value(shape, value, act)
    return value


def _signature(field: Field, value: dict[str, Any], act: Act) -> dict[str, Any] | None:
    image = value.get("image")
    if not image:
        return value
    if act(field, str(image), value) is not None:
        return value
    return {name: part for name, part in value.items() if name != "image"} or None
