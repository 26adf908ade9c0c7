"""What is wrong with a draft and what could be better, with the spot and the ways to mend it – while somebody is still writing.

Everything that would keep the item from being published (:mod:`core.items.checking`, the item's own tests) comes first, then advice
(:mod:`core.items.studio.advice`), which keeps nobody from anything. A draft may hold anything: nothing here fails because of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.orm import Session

from core.forms import service as forms
from core.items.blocks import shelf
from core.items.checking import Known, check_item, has_errors
from core.items.compiling import named_notices, used_blocks
from core.items.errors import finding
from core.items.facts import types
from core.items.gate import run_tests
from core.items.links import advising
from core.items.spec import CompiledItem
from core.items.studio import addresses
from core.items.studio.addresses import Addresses
from core.items.studio.advice.rules import all_advice
from core.items.studio.mending import Mend, mends
from core.items.studio.parts import part_of
from core.items.studio.spots import Spot, write
from core.items.texts import route_translations
from core.kernel import canonical
from core.kernel.errors import Finding
from core.kernel.shapes import mapping
from core.routing.service import compile_route


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found in ``content``: what (``finding``) and where (``spot``, in ``part``)."""

    finding: Finding
    spot: Spot
    part: str
    content: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def level(self) -> Literal["error", "warning"]:
        """``error`` closes the gate, ``warning`` is advice."""
        return self.finding.level

    @property
    def key(self) -> str:
        """The key of its words."""
        return self.finding.key

    @property
    def params(self) -> Mapping[str, Any]:
        """What fills its words."""
        return self.finding.params

    @property
    def mends(self) -> tuple[Mend, ...]:
        """How it can be mended with one click, what changes nothing that anybody meant first."""
        return mends(self.content, self.finding, self.spot)

    @property
    def mark(self) -> str:
        """Names this finding as long as it stays the same, so that a page can ask for its mend."""
        return canonical.digest([self.level, self.key, write(self.spot), sorted((name, str(value)) for name, value in self.params.items())])[-24:]

    def words(self, locale: str = "zh") -> str:
        """What is wrong and how to mend it."""
        return self.finding.words(locale)

    def name(self, locale: str = "zh") -> str:
        """What people call the spot: 材料 · 营业执照 · 来源."""
        return addresses.name_of(self.content, self.spot, locale)


def found(session: Session | None, content: Mapping[str, Any], *, known: Known | None = None, division: str | None = None) -> tuple[Found, ...]:
    """Everything found in a draft's *content*, errors first.

    *known* is what this hall has; without it, it is gathered of the *session* – without that either, references are not checked (a file on a desk).
    """
    here = Addresses(content)
    known = known if known is not None else _known(session, content, division)
    closing = list(_closing(content, known))
    listed = [*((each, here.of_item(each.path)) for each in closing), *((each, here.of_content(each.path)) for each in _advice(content))]
    listed += advising.advice(session, content) if session is not None else ()
    listed += _blocks(session, content) if session is not None else ()
    made: dict[tuple[Any, ...], Found] = {}
    for each, spot in listed:
        made.setdefault((each.level, each.key, spot, str(each.params)), Found(each, spot, part_of(spot), content))
    return tuple(sorted(made.values(), key=lambda one: one.level != "error"))


def _blocks(session: Session, content: Mapping[str, Any]) -> Iterator[tuple[Finding, Spot]]:
    """What the gate would say to the shared blocks that the form names."""
    item, form, held = content.get("item"), content.get("form"), mapping(content.get("blocks"))
    if not held or not isinstance(form, Mapping):
        return
    for each in shelf.gate(session, str(mapping(item).get("code")), used_blocks(form, held)):
        yield each, ("blocks", each.path.split("/")[2])


def _known(session: Session | None, content: Mapping[str, Any], division: str | None) -> Known:
    item = content.get("item")
    names = ("code", "department", "level")
    if session is None or not isinstance(item, Mapping) or not all(isinstance(item.get(name), str) for name in names):
        return Known()
    from core.items.service.known import known_here  # the face of items imports the studio's neighbours: not at import time

    return known_here(session, item, division=division)


def _closing(content: Mapping[str, Any], known: Known) -> Iterable[Finding]:
    """Whatever the gate would say."""
    item, form, blocks = content.get("item"), content.get("form"), mapping(content.get("blocks"))
    name = item.get("form") if isinstance(item, Mapping) else None
    given = {name: form} if isinstance(name, str) and isinstance(form, Mapping) else {}
    try:
        told = check_item(item, forms=given, blocks=blocks, known=known)
        if not has_errors(told) and isinstance(item, Mapping) and isinstance(form, Mapping):
            told += run_tests(_compiled(item, form, blocks)).findings
    except Exception as error:  # noqa: BLE001 - the shape of a draft may be one that no check thought of; that is said, and the editor goes on
        return [finding("error", "", "studio_unchecked", {"what": type(error).__name__})]
    return told


def _compiled(item: Mapping[str, Any], form: Mapping[str, Any], blocks: Mapping[str, Any]) -> CompiledItem:
    """The item as its tests need it. Nothing is hashed: a draft has no version, and its form is compiled already."""
    used = used_blocks(form, blocks)
    spec = forms.checked(form, used).spec
    assert spec is not None
    spoken = route_translations(item)
    route = compile_route({**item["route"], "translations": spoken} if spoken else item["route"], types(item, spec.types))
    return CompiledItem(item["code"], "", item, form, spec, route, b"", used, {key: {} for key in named_notices(item)})


def _advice(content: Mapping[str, Any]) -> Iterator[Finding]:
    for rule in all_advice():
        yield from rule(content)


def of_part(listed: Iterable[Found], part: str) -> tuple[Found, ...]:
    """What was found in one part."""
    return tuple(each for each in listed if each.part == part)
