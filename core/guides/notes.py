"""What the source does not say, said openly: assumed by the hall, or unknown (DESIGN §3)."""

from core.guides.spec import Note
from core.items.spec import JsonObject
from core.items.texts import Reader, lookup
from core.kernel.wording import catalogue, word


def is_assumed(doc: JsonObject, path: str) -> bool:
    """Whether *path* or what it lies in is marked as assumed."""
    return any(path == name or path.startswith(name + ".") for name in doc["provenance"].get("assumed") or {})


def assumed_notes(doc: JsonObject, locale: str) -> tuple[Note, ...]:
    """What the hall chose because the source is silent, each with the reason that its author wrote."""
    return tuple(Note("assumed", path, describe(doc, path, locale), str(why)) for path, why in (doc["provenance"].get("assumed") or {}).items())


def unknown_notes(doc: JsonObject, locale: str) -> tuple[Note, ...]:
    """What nobody knows."""
    return tuple(Note("unknown", path, describe(doc, path, locale)) for path in doc["provenance"].get("unknown") or ())


def describe(doc: JsonObject, path: str, locale: str) -> str:
    """A path of stable ids in words: ``materials.layout`` → “申请材料 · 主要设备设施布局”, ``route.limits.promised`` → “流程 · 承诺时限”."""
    parts, names, read = path.split("."), [], Reader(doc, locale)
    for index, part in enumerate(parts):
        here = lookup(doc, ".".join(parts[: index + 1]))
        key = next((key for key in ("title", "text", "question") if isinstance(here.get(key), str)), None) if isinstance(here, dict) and index else None
        own = str(read(".".join((*parts[: index + 1], key)), here[key])) if key is not None else None
        if own is not None:
            names.append(own if len(own) <= 40 else own[:39] + "…")
        elif f"items.name_{part}" in catalogue() and not (part == "limits" and index + 1 < len(parts)):
            names.append(word(f"items.name_{part}", locale))
    return " · ".join(names) or path
