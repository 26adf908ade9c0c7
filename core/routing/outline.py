"""A route as nested lines of text: what the drawing shows, for screen readers, narrow screens and print."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.kernel.wording import word
from core.routing.facts import holds
from core.routing.marking import Marking
from core.routing.places import static
from core.routing.receiving import PRE_REVIEW
from core.routing.sentences import Voice, branch_words, sentence
from core.routing.spec import Node, RouteSpec, Scope
from core.rules.service import Labels

State = Literal["done", "now", "next", "off"]


@dataclass(frozen=True, slots=True)
class OutlineLine:
    """One line. ``level`` is the depth, ``words`` the sentence, ``small`` the state in words, ``lang`` set when the words are not in the page's language."""

    level: int
    path: str
    words: str
    small: str = ""
    state: State | None = None
    lang: str | None = None


def states_of(spec: RouteSpec, marking: Marking) -> dict[str, State]:
    """Where a case stands, by path of node and of branch: ``done``, ``now``, ``next`` or ``off`` (a branch that did not start).

    A branch that is walked for each element of a list has one state: ``now`` while any element is under way.
    """
    found: dict[str, State] = {"filed": "done", **_before_receipt(spec, marking)}
    review = marking.phase in ("review", "delivery") or bool(marking.visits.get(f"review.{spec.review.start}"))
    early = any(t.node.startswith(("intake.relay", "intake.pre_review")) for t in marking.tasks)
    found["intake"] = "done" if review or marking.ended else "next" if early else "now"
    for check in spec.intake.checks.values():
        waits = any(t.node == check.path for t in marking.tasks)
        found[check.path] = "now" if waits else "done" if marking.visits.get(check.path) else "off"
    active = {static(t.node) for t in marking.tasks} | {static(path) for path in marking.blocks}
    finished = {static(path) for path in marking.outcomes}
    visited = {static(path) for path in marking.visits}
    started = {f"{static(path)}.{static(branch)}" for path, block in marking.blocks.items() for branch in block.started}
    for node in spec.walk():
        found[node.path] = "now" if node.path in active else "done" if node.path in finished else "next"
    for node in spec.walk():
        open_block = any(static(path) == node.path for path in marking.blocks)
        for branch in node.branches.values():
            walked = any(inner.path in visited for inner in branch.scope.nodes.values())
            if (open_block and branch.scope.path not in started) or (node.path in finished and not walked):
                found[branch.scope.path] = "off"
    decided = marking.decision is not None
    found["decision"] = "done" if decided else "next"
    found["delivery"] = "done" if marking.status in ("delivered", "closed") and decided else "now" if decided else "next"
    return found


def _before_receipt(spec: RouteSpec, marking: Marking) -> dict[str, State]:
    """The levels papers were passed through, and the pre-review; ``off`` where this case did not go."""
    found: dict[str, State] = {}
    nodes = {t.node.removesuffix(".amend") for t in marking.tasks}
    levels = [level for level, _ in marking.relay.way] if marking.relay is not None else []
    for level in spec.intake.relay.below if spec.intake.relay is not None else ():
        path = f"intake.relay.{level}"
        found[path] = "off" if level not in levels else "now" if path in nodes else "done" if path in marking.visits else "next"
    if spec.intake.pre_review is not None:
        found[PRE_REVIEW] = "off" if marking.pre_review is None else "now" if PRE_REVIEW in nodes else "done"
    return found


def off_branches(spec: RouteSpec, facts: Mapping[str, Any] | None, state: Mapping[str, str] | None) -> frozenset[str]:
    """Paths of branches and checks that will not be walked: by what happened, else by the facts known so far."""
    off = {path for path, kind in (state or {}).items() if kind == "off"}
    if facts is not None:
        off |= {b.scope.path for n in spec.walk() for b in n.branches.values() if b.when is not None and holds(b.when, facts) is False}
        off |= {c.path for c in spec.intake.checks.values() if c.when is not None and holds(c.when, facts) is False}
    return frozenset(off)


def outline(
    spec: RouteSpec,
    *,
    facts: Mapping[str, Any] | None = None,
    state: Mapping[str, State] | None = None,
    locale: str = "zh",
    labels: Labels | None = None,
    departments: Mapping[str, str] | None = None,
) -> tuple[OutlineLine, ...]:
    """The route in reading order: intake and its checks, every node of the review with its branches, decision, delivery."""
    return tuple(_Writer(spec, Voice(spec, locale, labels, departments), state, off_branches(spec, facts, state)).lines())


class _Writer:
    def __init__(self, spec: RouteSpec, voice: Voice, state: Mapping[str, State] | None, off: frozenset[str]) -> None:
        self.spec, self.voice, self.state, self.off = spec, voice, state, off

    def lines(self) -> Iterator[OutlineLine]:
        voice, intake = self.voice, self.spec.intake
        yield self.line(0, "filed", voice.say("filed"))
        yield from self.early()
        yield self.line(0, "intake", voice.say("intake", who=voice.holders(intake.holders), limit=voice.limit(intake.limit)))
        for check in intake.checks.values():
            words = voice.say("check", who=voice.holders(check.holders), limit=voice.limit(check.limit))
            yield self.line(1, check.path, words + (voice.say("only_if", rule=voice.rule(check.when)) if check.when else ""))
        if intake.correction_limit is not None:
            yield self.line(1, "intake.correction", voice.say("correction", limit=voice.limit(intake.correction_limit)))
        yield from self.scope(self.spec.review, 0)
        yield self.line(0, "decision", voice.say("decision"))
        ways = voice.listed([word(f"routing.way.{way}", voice.locale) for way in self.spec.delivery.ways])
        delivery = self.spec.delivery
        yield self.line(0, "delivery", voice.say("delivery", who=voice.holders(delivery.holders), limit=voice.limit(delivery.limit), ways=ways))

    def early(self) -> Iterator[OutlineLine]:
        """What comes before the receipt."""
        voice, intake = self.voice, self.spec.intake
        relay, pre_review = intake.relay, intake.pre_review
        for level in relay.below if relay is not None else ():
            assert relay is not None
            words = voice.say("relay", title=voice.relay(level), role=word(f"routing.role.{relay.holders.role}", voice.locale))
            yield self.line(0, f"intake.relay.{level}", words + (voice.say("relay_checks") if level in relay.precheck_at else ""))
        if pre_review is not None:
            words = voice.say("pre_review", who=voice.holders(pre_review.holders), limit=voice.limit(pre_review.limit))
            yield self.line(0, PRE_REVIEW, words + (voice.say("only_if", rule=voice.rule(pre_review.when)) if pre_review.when else ""))

    def scope(self, scope: Scope, level: int) -> Iterator[OutlineLine]:
        for node in in_order(scope):
            yield self.line(level, node.path, sentence(self.spec, node, locale=self.voice.locale, labels=self.voice.labels, departments=self.voice.departments))
            for branch in node.branches.values():
                yield self.line(level + 1, branch.scope.path, branch_words(self.voice, branch))
                yield from self.scope(branch.scope, level + 2)

    def line(self, level: int, path: str, words: str) -> OutlineLine:
        off = any(path == p or path.startswith(f"{p}.") for p in self.off)
        found: State | None = "off" if off else (self.state or {}).get(path)
        untranslated = self.voice.locale != "zh" and any("一" <= c <= "鿿" for c in words)
        return OutlineLine(level, path, words, word(f"routing.state.{found}", self.voice.locale) if found else "", found, "zh-CN" if untranslated else None)


def in_order(scope: Scope) -> list[Node]:
    """The nodes as they are walked: by the longest way from the start, then as written."""
    layers = layers_of(scope)
    return sorted(scope.nodes.values(), key=lambda node: layers.get(node.id, len(scope.nodes)))


def layers_of(scope: Scope) -> dict[str, int]:
    """How many forward steps lie at most before each node; a node that cannot be reached, or lies on an unsound loop, gets none."""
    incoming = dict.fromkeys(scope.nodes, 0)
    for node in scope.nodes.values():
        for exit_ in node.exits.values():
            if exit_.to in incoming:
                incoming[exit_.to] += 1
    layers = {key: 0 for key, count in incoming.items() if count == 0}
    todo = list(layers)
    while todo:
        here = todo.pop()
        for exit_ in scope.nodes[here].exits.values():
            if exit_.to in incoming:
                layers[exit_.to] = max(layers.get(exit_.to, 0), layers[here] + 1)
                incoming[exit_.to] -= 1
                if incoming[exit_.to] == 0:
                    todo.append(exit_.to)
    return {key: layer for key, layer in layers.items() if incoming[key] == 0}
