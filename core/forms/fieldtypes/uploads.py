"""Files, photos, signatures. The answer holds references; the bytes lie sealed in the file store under the same ids."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

from collections.abc import Iterator, Mapping
from typing import Any

from core.forms.branch import Branch
from core.forms.clean import code, line
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import Field

_KEPT = ("id", "name", "size", "media_type")
_PICTURES = ("jpg", "jpeg", "png")
_DEFAULT_ACCEPT = ("pdf", "jpg", "jpeg", "png")


def accepted(field: Field) -> tuple[str, ...]:
    """The extensions the field takes, without dots."""
    return tuple(field.ui.get("accept") or (_PICTURES if field.kind.key == "photo" else _DEFAULT_ACCEPT))


class File(FieldType):
    """Uploaded files: a list of ``{id, name, size, media_type}``. Whether an id is the writer's own is for the edge to check."""

    key = "file"
    rule_type = "rows"
    macro = "file"
    group = True
    required_key = "forms.required_file"
    title = Title("文件", "Files")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """References, at most ``ui.max_files``."""
        entry = {
            "type": "object",
            "properties": {
                "id": {"type": "string", "minLength": 1, "maxLength": 200},
                "name": {"type": "string", "maxLength": 300},
                "size": {"type": "integer", "minimum": 0},
                "media_type": {"type": "string", "maxLength": 120},
            },
            "required": ["id"],
            "additionalProperties": False,
        }
        return {"type": "array", "items": entry, "maxItems": ui.get("max_files", 1 if self.key == "photo" else 10)}

    def decode(self, field: Field, branch: Branch) -> Any:
        """The hidden references of the slots that were kept, each once."""
        refs: dict[str, dict[str, Any]] = {}
        for _, row in branch.rows()[:200]:
            entry: dict[str, Any] = {name: text for name in _KEPT if (text := line(row.first(name) or ""))}
            if not entry.get("id"):
                continue
            if "size" in entry:
                entry["size"] = int(code(entry["size"])) if code(entry["size"]).isdecimal() and len(entry["size"]) < 16 else 0
            refs.setdefault(entry["id"], entry)
        return list(refs.values()) or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """Only what a reference holds."""
        if not isinstance(value, list):
            return value
        return [{k: entry[k] for k in _KEPT if k in entry} if isinstance(entry, dict) else entry for entry in value]

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """No file may be an answer."""
        return super().accepts_mark(field, mark) or mark == "[]"

    def encode(self, field: Field, value: Any) -> Any:
        """The references."""
        return value if isinstance(value, list) else ()

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """The extension is one of those taken. What is really inside was checked when it was uploaded."""
        takes = accepted(field)
        most = field.ui.get("max_mb")
        for index, entry in enumerate(value):
            name = entry.get("name", "")
            if name and name.rsplit(".", 1)[-1].lower() not in takes:
                yield (index,), "forms.file_type", {"name": name, "accept": "、".join(a.upper() for a in takes)}
            if most and entry.get("size", 0) > most * 1024 * 1024:
                yield (index,), "forms.file_size", {"name": name, "limit": most}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The names."""
        if not isinstance(value, list):
            return str(value)
        return ("; " if locale == "en" else "；").join(str(e.get("name") or e.get("id")) for e in value if isinstance(e, dict))

    def sample(self, field: Field, seed: int = 0) -> Any:
        """One small reference."""
        extension = accepted(field)[0]
        media = {"pdf": "application/pdf", "png": "image/png"}.get(extension, "image/jpeg" if extension in _PICTURES else "application/octet-stream")
        count = max(1, field.schema.get("minItems", 1))
        return [{"id": f"sample-{seed}-{i}", "name": f"样例{i + 1}.{extension}", "size": 1024, "media_type": media} for i in range(count)]


class Photo(File):
    """One picture, taken on the spot where the device has a camera."""

    key = "photo"
    title = Title("照片", "Photo")


class Signature(FieldType):
    """A signature: the typed name, and the drawn picture where the browser could take one."""

    key = "signature"
    rule_type = "any"
    macro = "signature"
    group = True
    sensitive = True
    required_key = "forms.required_signature"
    title = Title("签名", "Signature")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A name, perhaps a reference to the picture."""
        return {
            "type": "object",
            "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 60}, "image": {"type": "string", "maxLength": 200}},
            "minProperties": 1,
            "additionalProperties": False,
        }

    def decode(self, field: Field, branch: Branch) -> Any:
        """What was typed and drawn."""
        parts = {part: text for part in ("name", "image") if (text := line(branch.first(part) or ""))}
        return parts or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """Only the two parts."""
        return {p: value[p] for p in ("name", "image") if p in value} if isinstance(value, dict) else value

    def encode(self, field: Field, value: Any) -> Any:
        """Both parts."""
        known = value if isinstance(value, dict) else {}
        return {"name": known.get("name", ""), "image": known.get("image", "")}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The name, or that a drawing is there."""
        if not isinstance(value, dict):
            return str(value)
        return str(value.get("name") or ("(signed)" if locale == "en" else "(已签名)"))

    def mask(self, field: Field, text: str) -> str:
        """A signature is its writer's."""
        return "*" * min(len(text), 4)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A typed name."""
        return {"name": "王样例"}
