"""The words of a plugin in other languages: ``translations/<language>/LC_MESSAGES/messages.po`` of its folder; Chinese is the language of the ids."""

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.pluginhost.host import PluginHost


@dataclass(frozen=True, slots=True)
class Words:
    """A short text in both languages of the platform."""

    zh: str
    en: str

    def words(self, locale: str) -> str:
        """The text in *locale*, Chinese for any other."""
        return self.en if locale == "en" else self.zh


@cache
def read(path: Path) -> gettext.NullTranslations:
    """One catalogue, compiled at first use; an empty one where the file is missing."""
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def catalogue(folder: Path, locale: str) -> Path:
    """Where a folder keeps its words of *locale*."""
    return folder / "translations" / locale / "LC_MESSAGES" / "messages.po"


def of(host: PluginHost, plugin: str) -> Mapping[str, Callable[[str], str]]:
    """Language → what translates a message id of *plugin*."""
    folder = host.folder(plugin)
    return {} if folder is None else _spoken(folder)


@cache
def _spoken(folder: Path) -> Mapping[str, Callable[[str], str]]:
    """Made once: every call of a plugin needs it."""
    return {"en": read(catalogue(folder, "en")).gettext}
