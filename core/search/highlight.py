"""Which parts of a text are what was asked for: literally, by pairs of characters, or by their sound."""

from collections.abc import Sequence

from core.search.spec import Parts
from core.search.tokens import bigrams, is_chinese, syllables

_AROUND = 30


def highlight(text: str, asked: Sequence[str]) -> Parts:
    """*text* in pieces; joined they give *text* again."""
    marks = _marks(text, asked)
    parts: list[tuple[str, bool]] = []
    for position, character in enumerate(text):
        if parts and parts[-1][1] == marks[position]:
            parts[-1] = (parts[-1][0] + character, marks[position])
        else:
            parts.append((character, marks[position]))
    return tuple(parts)


def snippet(body: str, asked: Sequence[str]) -> Parts:
    """About sixty characters of *body* around the first literal hit; () when there is none."""
    lower = body.lower()
    found = [at for run in asked for at in [lower.find(run)] if at >= 0] if len(lower) == len(body) else []
    if not found:
        return ()
    start = max(0, min(found) - _AROUND)
    piece = " ".join(body[start : min(found) + _AROUND + 20].split())
    return highlight(("…" if start else "") + piece, asked)


def _marks(text: str, asked: Sequence[str]) -> list[bool]:
    marks = [False] * len(text)
    lower = text.lower()
    if len(lower) != len(text):  # a letter that changes length in lower case would shift every mark
        lower = text
    for run in asked:
        if not _mark(lower, run, marks):
            if not is_chinese(run):
                _mark_sound(lower, run, marks)
            elif len(run) > 2:
                for pair in bigrams(run):
                    _mark(lower, pair, marks)
    return marks


def _mark(text: str, wanted: str, marks: list[bool]) -> bool:
    at = text.find(wanted)
    found = at >= 0
    while at >= 0:
        marks[at : at + len(wanted)] = [True] * len(wanted)
        at = text.find(wanted, at + len(wanted))
    return found


def _mark_sound(text: str, wanted: str, marks: list[bool]) -> None:
    """Mark the characters whose initials or pinyin spell *wanted*, from the first place where they do."""
    han = [position for position, character in enumerate(text) if is_chinese(character)]
    sounds = syllables("".join(text[position] for position in han)) if han else ()
    if len(sounds) != len(han):
        return
    for start in range(len(han)):
        count = min(len(wanted), len(han) - start)
        if "".join(sound[0] for sound in sounds[start : start + len(wanted)]) == wanted:
            break
        count = _spelled(sounds[start:], wanted)
        if count:
            break
    else:
        return
    for position in han[start : start + count]:
        marks[position] = True


def _spelled(sounds: Sequence[str], wanted: str) -> int:
    """How many syllables *wanted* spells from the first on (the last may be unfinished); 0 when it does not."""
    rest = wanted
    for count, sound in enumerate(sounds, 1):
        if sound.startswith(rest):
            return count
        if not rest.startswith(sound):
            return 0
        rest = rest[len(sound) :]
    return 0
