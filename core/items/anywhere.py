"""全域通办: an item that every hall of a region takes in, and the competent authority that decides – found from what the form says.

Taking in elsewhere moves no competence (行政许可法 22–24: who decides is the law's to say): the receiving hall passes the papers on at once and hands
the result out; the authority's own window receives, its officers decide. Where the answers name no authority, the applicant is asked; nobody guesses.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.items.spec import JsonObject, Offer

ONLINE, COLLECT, JOINT = "online", "collect", "joint"


def setting(doc: JsonObject) -> JsonObject:
    """The item's setting; empty for an item that only its own region takes in."""
    found: JsonObject = doc.get("anywhere") or {}
    return found


def mode_of(doc: JsonObject, channel: str) -> str | None:
    """In which mode a hall takes the item in for another region: a citizen alone 全程网办, a clerk 异地代收代办 or 多地联办; ``None`` when it is not open."""
    modes = setting(doc).get("modes") or ()
    wanted = (COLLECT, JOINT) if channel == "window" else (ONLINE,)
    return next((mode for mode in wanted if mode in modes), None)


def place(doc: JsonObject, values: Mapping[str, Any]) -> str:
    """What the form says of the place that decides who is competent: a division's code or its name in words; empty when not answered yet."""
    answer = values.get(str(setting(doc).get("authority") or ""))
    if isinstance(answer, Mapping):  # an address: its division, else all of it
        answer = answer.get("region") or answer.get("detail")
    return str(answer or "").strip()


def competent(offers: Sequence[Offer], said: str, path_of: Callable[[str], str | None]) -> Offer | None:
    """The offering department in whose division the place lies, the nearest one; ``None`` when the place names none of them, or several alike.

    *said* is a division code (``path_of`` knows its place in the tree) or words such as 示范市青禾区 in which a division's name stands.
    """
    if not said:
        return None
    path = path_of(said)
    fits = [each for each in offers if (path.startswith(each.division_path) if path is not None else each.division_title in said)]
    deepest = max((each.division_path.count("/") for each in fits), default=0)
    nearest = [each for each in fits if each.division_path.count("/") == deepest]
    return nearest[0] if len(nearest) == 1 else None
