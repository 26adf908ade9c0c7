"""Text to tokens, the same in Python for both databases: bigrams for Chinese, whole words for the rest, pinyin and initials from every syllable on.

FTS5's trigram tokenizer finds no two-character word, and PostgreSQL in a plain installation cannot split Chinese at all; bigrams
made here need neither.
"""

import re
from functools import lru_cache

from core.kernel.text import normalise

_RUN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]+|[a-z0-9]+")
_BRACKETS = re.compile(r"[(\[【〔《「][^)\]】〕》」]*[)\]】〕》」]")
_SYLLABLES = 12
_MOST_TOKENS = 4000

#: How people mishear and mistype: zh/z, ch/c, sh/s, -ng/-n, doubled letters.
_FOLDS = ((re.compile(r"([zcs])h"), r"\1"), (re.compile(r"ng"), "n"), (re.compile(r"(.)\1+"), r"\1"))
FOLDED = "0"


def runs(text: str) -> tuple[str, ...]:
    """The Chinese runs and the Latin words of *text*, folded (NFKC, lower case)."""
    return tuple(_RUN.findall(normalise(text).lower()))


def is_chinese(run: str) -> bool:
    """Whether a run of :func:`runs` is Chinese."""
    return run[0] > "\u2fff"


def bigrams(run: str) -> tuple[str, ...]:
    """``开饭馆`` → ``开饭 饭馆``; one character is itself."""
    return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)


def text_tokens(text: str) -> tuple[str, ...]:
    """What is indexed of *text*. The last character of a run stands alone too, so that a search for one character finds it."""
    tokens: list[str] = []
    for run in runs(text):
        tokens.extend((*bigrams(run), run[-1]) if is_chinese(run) and len(run) > 1 else (run,))
        if len(tokens) > _MOST_TOKENS:
            break
    return tuple(tokens[:_MOST_TOKENS])


@lru_cache(maxsize=8192)
def syllables(run: str) -> tuple[str, ...]:
    """The pinyin of a Chinese run, one syllable a character, without tones."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a second and 30 MB; only indexing needs them

    return tuple(lazy_pinyin(run, style=Style.NORMAL))


def fold(pinyin: str) -> str:
    """*pinyin* as somebody who cannot tell zh from z or -ng from -n would type it."""
    for pattern, replacement in _FOLDS:
        pinyin = pattern.sub(replacement, pinyin)
    return pinyin


def pinyin_tokens(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Pinyin, initials and folded pinyin of every text from every syllable on; also of the text without its brackets.

    A search is a prefix match, so ``jingying`` and ``jyxk`` find ``食品(含保健食品)经营许可``, and so does ``spjyxk``.
    """
    tokens: dict[str, None] = {}
    for text in texts:
        bare = _BRACKETS.sub("", normalise(text))
        for variant in (text, bare):
            joined = "".join(run for run in runs(variant) if is_chinese(run))
            sounds = syllables(joined) if joined else ()
            for start in range(len(sounds)):
                part = sounds[start : start + _SYLLABLES]
                whole = "".join(part)
                tokens |= dict.fromkeys((whole, "".join(s[0] for s in part), FOLDED + fold(whole)))
    return tuple(tokens)[:_MOST_TOKENS]
