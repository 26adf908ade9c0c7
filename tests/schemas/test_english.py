"""Everything that the schemas say in Chinese is there in English, and nothing else is."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.schemas import service as schemas
from core.schemas.catalogue import FOLDER

_HAN = re.compile("[\u3001-\u303f\u3400-\u9fff\uff01-\uff60]")
_SAID = ("title", "description")
#: Below these stand names of properties, and values of documents: neither are words of the schema.
_NAMED = ("properties", "patternProperties", "$defs")
_VALUES = ("const", "enum", "default", "examples", "required")


def said(schema: Any) -> Iterator[tuple[str, str]]:
    """(keyword, text) of everything that a schema and those in it say."""
    if isinstance(schema, list):
        for each in schema:
            yield from said(each)
    elif isinstance(schema, Mapping):
        yield from ((key, schema[key]) for key in _SAID if isinstance(schema.get(key), str))
        for key, value in schema.items():
            if key in _NAMED:
                yield from said(list(value.values()))
            elif key not in _VALUES:
                yield from said(value)


def everything() -> set[tuple[str, str]]:
    return {each for kind, numbers in schemas.versions().items() for number in numbers for each in said(schemas.load(kind, number))}


def test_what_is_said_is_found_where_it_stands() -> None:
    schema = {"title": "甲", "properties": {"title": {"description": "乙"}, "description": {"const": {"title": "丙"}}}, "oneOf": [{"title": "丁"}]}
    assert sorted(said(schema)) == [("description", "乙"), ("title", "丁"), ("title", "甲")]


def test_every_title_and_description_has_its_english_and_no_other_text_has() -> None:
    texts = {text for _, text in everything()}
    english = schemas.english()
    assert not texts - set(english), "without English"
    assert not set(english) - texts, "said by no schema any more"


def test_the_english_is_english_titles_are_short_and_descriptions_are_sentences() -> None:
    english = schemas.english()
    assert not [text for text in english.values() if not text.strip() or text != text.strip() or _HAN.search(text)]
    titles = {text for keyword, text in everything() if keyword == "title"}
    assert not [english[text] for text in titles if len(english[text]) > 45 or english[text].endswith(".")]
    assert not [english[text] for _, text in everything() if text not in titles and not english[text].endswith(".")]


def test_the_catalogue_is_sorted_with_one_text_a_line() -> None:
    written = (FOLDER / "english.json").read_text("utf-8")
    assert written == json.dumps(dict(sorted(schemas.english().items())), ensure_ascii=False, indent=2) + "\n"


def test_what_is_spoken_is_the_language_asked_for() -> None:
    assert schemas.spoken("补正时限", "en") == "Time for correction"
    assert schemas.spoken("补正时限", "zh") == "补正时限"
    assert schemas.spoken("自己写的话", "en") == "自己写的话"
