"""The English catalogue for Flask-Babel: compiled from its source at start, so that no binary file is kept in the repository."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = Path(__file__).resolve().parent.parent / "translations"


def compiled(home: Path) -> Path:
    """A directory of compiled catalogues under *home*, rewritten when the source is newer."""
    target = home / "cache" / "translations"
    for source in SOURCE.glob("*/LC_MESSAGES/messages.po"):
        out = target / source.relative_to(SOURCE).with_suffix(".mo")
        if out.exists() and out.stat().st_mtime >= source.stat().st_mtime:
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = out.with_suffix(".new")
        with source.open("rb") as text, fresh.open("wb") as binary:
            write_mo(binary, read_po(text, locale=source.parts[-3]))
        fresh.replace(out)  # two servers starting at once both write the same
    return target
