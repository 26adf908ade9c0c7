"""What this hall prints with: the address that verification codes lead to, and the fonts the site added."""

from pathlib import Path

from sqlalchemy.orm import Session

#: The embedded font (decision 0002).
FONT = Path(__file__).resolve().parent / "fonts" / "NotoSansSC-Regular-subset.ttf"


def address(session: Session) -> str:
    """The address people reach this hall at; ``WANGTING_PUBLIC_URL``, else where it listens."""
    config = session.info.get("config")
    if config is None:
        return ""
    return str(config.public_url or f"http://{config.host}:{config.port}")


def more_fonts(session: Session) -> tuple[Path, ...]:
    """TrueType fonts the site put into ``$WANGTING_HOME/fonts`` for characters beyond the embedded one (rare names)."""
    config = session.info.get("config")
    return tuple(sorted((Path(config.home) / "fonts").glob("*.ttf"))) if config is not None else ()
