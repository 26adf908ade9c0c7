"""Mends of writing: signs and letters as they are printed, what says nothing left out, official words in plain ones."""

from collections.abc import Iterator
from unicodedata import normalize

from core.items.studio.advice.writing import WIDE, entry
from core.items.studio.mending import Content, Mend, gone, mend, put
from core.items.studio.spots import Spot, find
from core.kernel.errors import Finding
from core.kernel.text import typeset


@mend("items.studio_wide_letters")
def narrow(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Digits and Latin letters of half width."""
    made = WIDE.sub(lambda found: normalize("NFKC", found[0]), str(find(content, spot)))
    yield Mend("narrow", put(content, spot, made), safe=True)


@mend("items.studio_narrow_signs")
def signs(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Chinese punctuation in Chinese."""
    yield Mend("signs", put(content, spot, typeset(str(find(content, spot)))), safe=True)


@mend("items.studio_officialese")
def plain(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The plain word, where it fits wherever the official one stands."""
    word = str(finding.params["word"])
    if entry(word).get("swap"):
        yield Mend("say", put(content, spot, str(find(content, spot)).replace(word, entry(word)["say"])), {"say": entry(word)["say"]})


@mend("items.studio_help_repeats", "items.studio_blank")
def nothing_said(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """What says nothing is left out."""
    yield Mend("drop", gone(content, spot), {"name": spot[-1]}, safe=finding.key == "items.studio_blank" or spot[-1] in ("help", "description"))


@mend("items.studio_choice_twice")
def choice_once(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The same choice word for word is offered once."""
    at = spot[:-1]
    options, held = find(content, at[:-1]), find(content, at)
    if options.count(held) > 1:
        kept = [each for index, each in enumerate(options) if each not in options[:index]]
        yield Mend("once", put(content, at[:-1], kept), {"value": held["const"]}, safe=True)
