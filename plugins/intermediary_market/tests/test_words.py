"""Everything people read is Chinese in the code and complete in English; the keys of errors are worded; the migrations make what the models say."""

import json
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from plugins.intermediary_market import words
from plugins.intermediary_market.service.eligibility import FAULTS
from plugins.intermediary_market.views import office, projects, public

FOLDER = Path(__file__).parents[1]
CALLS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None}


def catalogue(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return {message.id if isinstance(message.id, str) else message.id[0]: message.string for message in read_po(file) if message.id}


def used() -> set[str]:
    """Every message id of the plugin's code and templates."""
    found: set[str] = set()
    for folder, method in ((FOLDER / "templates", "jinja2"), (FOLDER, "python")):
        for name, _line, message, _comments, _context in extract_from_dir(str(folder), [("**.html" if method == "jinja2" else "**.py", method)], {}, CALLS):
            if not name.startswith("tests"):
                found.add(message[0] if isinstance(message, tuple) else message)
    for table in words.TABLES:
        found |= set(table.values())
    return found | set(words.STATIONS) | set(public.WHICH.values()) | set(office.TABS.values()) | {told for _act, told in projects._ACTS.values()}


def test_every_text_has_an_english_one_and_none_is_left_over() -> None:
    own = catalogue(FOLDER / "translations" / "en" / "LC_MESSAGES" / "messages.po")
    core = catalogue(FOLDER.parents[1] / "core" / "translations" / "en" / "LC_MESSAGES" / "messages.po")
    wanted = used()
    assert not {text for text in wanted if text not in own and text not in core}
    assert not {text for text in own if text not in wanted}
    assert not {text for text, english in own.items() if re.search(r"[\u4e00-\u9fff]", str(english)) and "双色球" not in str(english)}
    for text, english in own.items():
        for each in english if isinstance(english, tuple) else (english,):
            assert set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) == set(re.findall(r"%\(\w+\)s|\{\w+\}", str(each))), text


def test_every_key_that_is_raised_is_worded_and_no_other() -> None:
    worded = set(json.loads((FOLDER / "wording.json").read_text(encoding="utf-8")))
    raised: set[str] = set()
    for path in FOLDER.rglob("*.py"):
        if "tests" not in path.parts:
            raised |= set(re.findall(r'"(intermediary_market\.[a-z_]+)"', path.read_text(encoding="utf-8")))
    raised.discard("intermediary_market.agency")
    health = {f"intermediary_market.health_{each}" for each in ("no_services", "no_supply", "admit", "catalogue", "supervise", "value_late", "job_late")}
    assert raised | health == worded


def test_faults_are_said_alike_on_the_list_and_in_messages() -> None:
    assert {code: text.zh for code, text in FAULTS.items()} == dict(words.FAULT)
