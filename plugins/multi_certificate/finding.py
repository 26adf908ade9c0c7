"""“我需要办哪些证”: a few questions of a bundle, and what the answers come to – certificates, departments, papers, time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.sdk import Context
from core.sdk import rules as item_rules
from core.sdk.items import ItemInfo, item
from core.sdk.rules import Paper

from . import bundles
from .bundles import Bundle, Part
from .standing import kinds

_UNITS = {"working_day": "%(n)s 个工作日", "calendar_day": "%(n)s 天", "month": "%(n)s 个月"}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer."""

    id: str
    title: str
    help: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the bundle's item that matters under the answers given so far."""

    id: str
    title: str
    help: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate that the answers come to. ``sure`` is false while it hangs on an answer not given; ``main`` is the licence that carries all."""

    title: str
    authority: str
    kind: Literal["main", "decide", "notify"]
    sure: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the answers come to. ``apart`` and ``once``: how many fields the certificates ask for one by one, and how many the one form asks for."""

    certificates: tuple[Certificate, ...]
    papers: tuple[Paper, ...]
    promised: str
    statutory: str
    apart: int
    once: int


def questions(ctx: Context, found: ItemInfo, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions to put, those left out that the other answers make pointless."""
    say, known = item_rules.text(ctx, found), item_rules.facts(found, answers)
    asked = []
    for each in found.doc.get("situations") or ():
        if each.get("when") is not None and item_rules.holds(each["when"], known) is False:
            continue
        at = f"situations.{each['id']}"
        options = tuple(
            Option(
                one["id"], say(f"{at}.{one['id']}.title", str(one["title"])), say(f"{at}.{one['id']}.help", str(one.get("help") or "")),
                answers.get(each["id"]) == one["id"],
            )
            for one in each["options"]
        )  # fmt: skip
        asked.append(Question(each["id"], say(f"{at}.title", str(each["title"])), say(f"{at}.help", str(each.get("help") or "")), options))
    return tuple(asked)


def come_to(ctx: Context, found: ItemInfo, answers: Mapping[str, str]) -> Found:
    """The certificates, papers and time for these answers – by the very rules of the route that a case will follow."""
    bundle, known = bundles.read(found.doc, found.options), item_rules.facts(found, answers)
    names = kinds(ctx)
    wanted = [(part, sure) for part in bundle.parts if (sure := _wanted(part, known)) is not False]
    result = next(each for each in found.doc["results"] if each["id"] == bundle.licence)
    main = item_rules.text(ctx, found)(f"results.{bundle.licence}.title", str(result["title"]))
    certificates = (
        Certificate(main, names.get(str(found.doc["department"]), ""), "main", True),
        *(Certificate(part.title.words(ctx.locale), names.get(part.authority, ""), part.kind, sure is True) for part, sure in wanted),
    )
    limits = found.doc["route"]["limits"]
    apart, once = _fields([part for part, _sure in wanted], bundle)
    return Found(certificates, item_rules.papers(ctx, found, known), _limit(ctx, limits["promised"]), _limit(ctx, limits["statutory"]), apart, once)


def _wanted(part: Part, known: Mapping[str, Any]) -> bool | None:
    """Whether the answers choose it; ``None`` while that is open."""
    found = [item_rules.holds(rule, known) for rule in part.when]
    return False if False in found else None if None in found else True


def _fields(parts: Sequence[Part], bundle: Bundle) -> tuple[int, int]:
    """(fields that these certificates ask for one by one, questions of the one form that fill them)."""
    ids = {part.id for part in parts}
    filled = [{part: names for part, names in meaning.fills.items() if part in ids} for meaning in bundle.meanings]
    return sum(len(names) for fills in filled for names in fills.values()), sum(1 for fills in filled if fills)


def _limit(ctx: Context, limit: Mapping[str, Any]) -> str:
    """A plain limit in words; empty where it is unknown or hangs on answers."""
    value, unit = limit.get("value"), str(limit["unit"])
    if unit == "at_once":
        return ctx.say("当场")
    return ctx.say(_UNITS[unit], n=value) if value is not None and unit in _UNITS and not limit.get("cases") else ""


def bundle_item(ctx: Context, code: str) -> ItemInfo | None:
    """The bundle *code* as it is in force; ``None`` for an item that is none."""
    found = item(ctx, code)
    return found if found is not None and found.options else None
