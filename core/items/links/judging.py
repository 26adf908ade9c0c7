"""What the answers of an address come to: one try says little, several in a row say a lot."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from core.kernel.probing import Probe

NEW, OK, MOVED, UNSURE, DEAD = "new", "ok", "moved", "unsure", "dead"
STATES = (DEAD, MOVED, UNSURE, NEW, OK)
#: Tries in a row that must fail before an address is called dead, and how long is waited between them: servers are mended over night.
TRIES = 3
PAUSES = (timedelta(hours=2), timedelta(hours=20))
#: Nobody gets through. What is ``barred`` to a machine, or of a network that we do not look into, may work for people.
FAILING = ("gone", "broken", "silent")
_FRONT = ("", "/", "/index.html", "/index.htm", "/index.jsp", "/index.php", "/default.aspx", "/home")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an address is called now, and when it is asked again (``None``: when its turn comes)."""

    state: str
    why: str
    moved_to: str | None
    failures: int
    again: timedelta | None


def judge(url: str, probe: Probe, *, failures: int, dead: bool, line_works: bool) -> Verdict:
    """What *probe* means for *url* after so many *failures* in a row.

    *line_works*: something else answered lately. While nothing does, silence may be our own; it is never held against anybody. An address that is *dead*
    stays so until it answers.
    """
    if probe.kind == "ok":
        return _answered(url, probe)
    if probe.kind not in FAILING:
        return Verdict(UNSURE, probe.why, None, 0, None)
    if probe.kind == "silent" and not line_works:
        return Verdict(DEAD if dead else UNSURE, probe.why, None, failures, PAUSES[-1])
    failed = failures + 1
    over = dead or failed >= TRIES
    return Verdict(DEAD if over else UNSURE, probe.why, None, failed, None if over else PAUSES[failed - 1])


def _answered(url: str, probe: Probe) -> Verdict:
    if probe.ended_at is not None and _front(probe.ended_at) and not _front(url):
        return Verdict(UNSURE, "home", None, 0, None)  # the page is probably gone, and the server too polite to say so
    return Verdict(MOVED if probe.moved_to else OK, "", probe.moved_to, 0, None)


def _front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path.lower() in _FRONT and not parts.query and not parts.fragment
