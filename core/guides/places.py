"""Where to go, whom to call, and what to do when one disagrees."""

import re

from core.guides.spec import Contact, Place
from core.items.spec import JsonObject
from core.items.texts import Reader
from core.kernel.wording import word

#: Kinds of item that end in an administrative act, against which the law gives redress (GB/T 39046 A.1: 行政权力).
_POWERS = frozenset(f"{number:02d}" for number in range(11))


def places(doc: JsonObject, read: Reader, map_link: str = "") -> tuple[Place, ...]:
    """Every place with its hours, as the source writes them; *map_link* is the address of the hall's map, with ``{lng}`` and ``{lat}``."""
    found: list[Place] = []
    numbered = 0
    for place in doc.get("places") or ():
        path = f"places.{place['id']}"
        title, address, hours = (read(f"{path}.{part}", place.get(part)) for part in ("title", "address", "hours"))
        at = _at(place)
        numbered += at is not None
        where = _words(at, read.locale) if at else ""
        link = map_link.replace("{lng}", f"{at[0]:g}").replace("{lat}", f"{at[1]:g}") if at else ""
        phone = place.get("phone") or ""
        found.append(
            Place(place["id"], title.text, title.lang, address.text, address.lang, hours.text, hours.lang, phone, at, where, numbered if at else 0, link)
        )
    return tuple(found)


def _at(place: JsonObject) -> tuple[float, float] | None:
    point = place.get("point")
    return (float(point["lng"]), float(point["lat"])) if point else None


def _words(at: tuple[float, float], locale: str) -> str:
    return word("guides.point", locale, lng=f"{at[0]:.6g}", lat=f"{at[1]:.6g}")


def contacts(doc: JsonObject, locale: str) -> tuple[Contact, ...]:
    """Questions and complaints; a number the source does not give is said to be missing, with the national hotline instead."""
    found = []
    for name in ("consult", "complain"):
        number = (doc["contacts"] or {}).get(name)
        value = number or word("guides.no_number", locale)
        found.append(Contact(name, word(f"guides.{name}", locale), value, re.sub("[^0-9+]", "", re.split("[、,，;；/ ]", number)[0]) if number else ""))
    return tuple(found)


def redress(doc: JsonObject, read: Reader) -> tuple[tuple[str, ...], bool]:
    """How to appeal: as the source says, else the general law for administrative acts; the flag tells that it is the general law.

    行政复议法(2023)20: within sixty days of learning of the act; 行政诉讼法 46: within six months.
    """
    own = doc.get("redress") or {}
    lines = tuple(read(f"redress.{part}", own[part]).text for part in ("reconsideration", "litigation") if own.get(part))
    if lines:
        return lines, False
    if doc["type"] not in _POWERS:
        return (), False
    return (word("guides.redress_law", read.locale),), True
