"""What the schemas say, in English: every ``title`` and ``description`` of theirs is Chinese and stands in ``english.json`` with its English."""

import json
from collections.abc import Mapping
from functools import cache

from core.schemas.catalogue import FOLDER


@cache
def english() -> Mapping[str, str]:
    """The Chinese of a title or description → its English."""
    found: Mapping[str, str] = json.loads((FOLDER / "english.json").read_text("utf-8"))
    return found


def spoken(text: str, locale: str) -> str:
    """A title or description of a schema in *locale*; what is none of theirs stays as it is."""
    return text if locale.startswith("zh") else english().get(text, text)
