"""The checklist: what I hand in, what the hall has already, what hangs on an answer I have not given."""

from collections.abc import Mapping, Sequence
from datetime import date

from core.guides.notes import is_assumed
from core.guides.spec import Material, Said
from core.items.facts import spoken_labels
from core.items.materials import Need, needs
from core.items.spec import CompiledItem, JsonObject
from core.items.texts import Reader
from core.kernel.wording import word
from core.rules.service import Labels, compile_rule
from core.worktime.explain import day_words


def material_views(compiled: CompiledItem, known: Mapping[str, object], read: Reader) -> tuple[Material, ...]:
    """Materials that concern this situation, those the applicant gives first; order inside a group is the item's."""
    names = spoken_labels(compiled, read.locale)
    views = [_view(need, compiled.doc, names, read) for need in needs(compiled.doc, known)]
    return tuple(sorted(views, key=lambda view: (view.off, view.free)))


def counts(materials: Sequence[Material]) -> tuple[int, int, int]:
    """How many the applicant prepares, how many need not be handed in, how many are not decided yet."""
    decided = [m for m in materials if not m.off]
    own = sum(1 for m in decided if not m.free and m.state == "required")
    return own, sum(1 for m in decided if m.free), len(materials) - len(decided)


def win_words(own: int, free: int, locale: str) -> str:
    """“你要准备 3 份,另有 2 份不用交。”"""
    if not own and not free:
        return ""
    key = "win_both" if own and free else "win_own" if own else "win_free"
    return word(f"guides.{key}", locale, own=own, free=free)


def note_words(undecided: int, doc: JsonObject, locale: str) -> str:
    """What to know about the list as a whole: it may still shorten, or it is not known to be complete."""
    notes = []
    if undecided:
        notes.append(word("guides.undecided", locale, count=undecided))
    if "materials" in (doc["provenance"].get("unknown") or ()) or "materials" in (doc["provenance"].get("assumed") or {}):
        notes.append(word("guides.materials_incomplete", locale))
    return word("guides.space", locale).join(notes)


def _view(need: Need, doc: JsonObject, names: Labels, read: Reader) -> Material:
    material, path, locale = need.doc, f"materials.{need.id}", read.locale
    title = read(f"{path}.title", material["title"])
    condition = compile_rule(need.condition).sentence(names, "en" if locale.startswith("en") else "zh") if need.condition is not None else ""
    return Material(
        id=need.id,
        title=title.text,
        lang=title.lang,
        state=need.state,
        source=need.source,
        free=not need.by_applicant,
        off=need.state == "unknown",
        tags=tuple(_tags(need, locale)),
        lines=tuple(_lines(need, condition, doc, read)),
        condition=condition,
        original=material.get("original"),
        copies=material.get("copies"),
        accept=tuple(material.get("accept") or ()),
        max_files=material.get("max_files"),
        max_mb=material.get("max_mb"),
        blank=material.get("blank"),
        sample=material.get("sample"),
        basis=_basis(material, locale),
        assumed=is_assumed(doc, path),
    )


def _tags(need: Need, locale: str) -> list[str]:
    material = need.doc
    tags = []
    if need.state == "optional":
        tags.append(word("guides.tag_optional", locale))
    if need.state == "deferrable":
        tags.append(word("guides.tag_deferrable", locale))
    tags.extend(word(f"guides.tag_{name}", locale, count=material[name]) for name in ("original", "copies") if material.get(name) and need.by_applicant)
    return tags


def _lines(need: Need, condition: str, doc: JsonObject, read: Reader) -> list[Said]:
    material, locale = need.doc, read.locale
    lines = []
    if not need.by_applicant:
        lines.append(Said(word(f"guides.from_{need.source}", locale)))
    if condition:
        lines.append(Said(word("guides.when_unknown" if need.state == "unknown" else "guides.when", locale, condition=condition)))
    for part in ("help", "standard"):
        text = read(f"materials.{need.id}.{part}", material.get(part))
        if text:
            lines.append(Said(text.text, text.lang))
    if need.by_applicant and material.get("accept"):
        kinds = "、".join(material["accept"]) if locale.startswith("zh") else ", ".join(material["accept"])
        lines.append(Said(word("guides.upload", locale, kinds=kinds, files=material.get("max_files") or 1, size=material.get("max_mb") or 20)))
    lines.extend(_waiver(need, read))
    if is_assumed(doc, f"materials.{need.id}"):
        lines.append(Said(word("guides.assumed_here", locale)))
    return list(dict.fromkeys(lines))


def _waiver(need: Need, read: Reader) -> list[Said]:
    """Whoever asks for a paper on a basis not yet found says so openly, with who answers for it and until when (城关 17)."""
    waiver = (need.doc.get("basis") or {}).get("waiver")
    if not waiver or not need.by_applicant or need.doc["basis"]["status"] != "unknown":
        return []
    reason = read(f"materials.{need.id}.basis.waiver.reason", waiver["reason"])
    told = Said(word("guides.waived", read.locale, by=waiver["by"], until=day_words(date.fromisoformat(waiver["until"]), read.locale, year=True)))
    return [told, Said(reason.text, reason.lang)]


def _basis(material: JsonObject, locale: str) -> str:
    basis = material.get("basis") or {}
    return str(basis.get("text") or "") if basis.get("status") == "known" else word("guides.unknown", locale)
