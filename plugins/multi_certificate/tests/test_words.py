"""Everything that people read is Chinese in the code and complete in English."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from plugins.multi_certificate import finding, standing, views

FOLDER = Path(__file__).resolve().parents[1]
_MARKED = re.compile(r"""n?gettext\(["']([^"']+)["']|_\(["']([^"']+)["']""")


def messages() -> set[str]:
    """Every message id of the templates and of the code."""
    found = {one or other for path in FOLDER.glob("templates/**/*.html") for one, other in _MARKED.findall(path.read_text(encoding="utf-8"))}
    said = {words for decided, recorded, _tone in standing.WORDS.values() for words in (decided, recorded)}
    spoken = set(re.findall(r'ctx\.say\("([^"]+)"', (FOLDER / "finding.py").read_text(encoding="utf-8")))
    return found | said | spoken | set(views.STATUS.values()) | set(views.WHICH.values()) | set(finding._UNITS.values())


def test_every_message_is_in_the_english_catalogue_and_nothing_is_left_over() -> None:
    with (FOLDER / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = {message.id if isinstance(message.id, str) else message.id[0]: message.string for message in read_po(file) if message.id}
    assert messages() - catalogue.keys() == set()
    assert catalogue.keys() - messages() == set()
    assert all(catalogue.values())


def test_every_page_of_the_plugin_is_titled_in_both_languages() -> None:
    assert all(page.title.zh and page.title.en for page in views.pages.pages)
