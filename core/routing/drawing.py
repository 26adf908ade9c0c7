"""The picture of a route: one line with stations, drawn on the server (idea “one line” of the visual direction).

Classes for the stylesheet, no style attributes and no scripts: ``route`` the drawing, ``w`` the way, ``off`` dashed, ``t`` a title, ``n`` a note,
``full`` done, ``here`` now, ``x`` the frame of a block. Branches are lanes under each other; nothing is positioned by an administrator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

from core.kernel.wording import word
from core.routing.actions import text
from core.routing.outline import OutlineLine, State, layers_of, off_branches, outline, states_of
from core.routing.receiving import PRE_REVIEW
from core.routing.sentences import Voice, short_limit
from core.routing.spec import Node, RouteLimit, RouteSpec, Scope
from core.rules.service import Labels

__all__ = ["OutlineLine", "draw", "outline", "states_of"]

TITLE, NOTE = 15, 13  # font sizes of the stylesheet, for measuring only
UP, DOWN, GAP, EDGE = 50, 46, 26, 44
ROOM = 64  # beside a station under the line, for the curves down to it and back


@dataclass(slots=True)
class _Box:
    """A drawn part with its anchor on the line: *width*, reach *up* and *down*, and what draws it at (left, y)."""

    width: float
    up: float
    down: float
    path: str
    off: bool = False
    title: str = ""
    note: str = ""
    columns: list[list["_Box"]] = field(default_factory=list)
    lanes: list[tuple["_Box", str]] = field(default_factory=list)
    node: Node | None = None


def draw(
    spec: RouteSpec,
    *,
    facts: Mapping[str, Any] | None = None,
    state: Mapping[str, State] | None = None,
    locale: str = "zh",
    labels: Labels | None = None,
    departments: Mapping[str, str] | None = None,
    ident: str = "route",
    link: Callable[[str], str | None] | None = None,
    chosen: str = "",
) -> str:
    """The route as an SVG text, every title escaped. With *facts* the branches that will not happen are dashed; with *state* (:func:`states_of`) the
    stations say done, now or next. ``ident`` makes the ids of title and description unique in a page.
    With *link* (path → address) stations, blocks and lanes lead there, and the one at the path *chosen* is marked."""
    return _Drawing(spec, Voice(spec, locale, labels, departments), facts, state, escape(ident), link, chosen).svg()


def _measure(words: str, size: int) -> float:
    return sum(size if ord(c) > 0x2E7F else size * 0.56 for c in words)


class _Drawing:
    def __init__(
        self,
        spec: RouteSpec,
        voice: Voice,
        facts: Mapping[str, Any] | None,
        state: Mapping[str, State] | None,
        ident: str,
        link: Callable[[str], str | None] | None,
        chosen: str,
    ) -> None:
        self.spec, self.voice, self.facts, self.state, self.ident, self.link, self.chosen = spec, voice, facts, state, ident, link, chosen
        self.off = off_branches(spec, facts, state)
        self.ways: list[str] = []
        self.frames: list[str] = []
        self.stations: list[str] = []
        self.texts: list[str] = []

    def svg(self) -> str:
        line = self._whole()
        width, height = round(line.width + 16), round(line.up + line.down + 16)
        self._chain(line, 8, line.up + 8)
        voice = self.voice
        lines = outline(self.spec, facts=self.facts, state=self.state, locale=voice.locale, labels=voice.labels, departments=voice.departments)
        described = voice.say("semicolon").join(line.words.rstrip("。.") for line in lines)
        name = text(self.spec, "title", self.spec.title, voice.locale)
        title = voice.say("drawing", title=name) if name else voice.say("drawing_plain")
        return (
            f'<svg class="route" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="{"img" if self.link is None else "group"}" '
            f'aria-labelledby="{self.ident}-title {self.ident}-desc"><title id="{self.ident}-title">{escape(title)}</title>'
            f'<desc id="{self.ident}-desc">{escape(described)}</desc>'
            f"{''.join(self.frames)}{''.join(self.ways)}<g>{''.join(self.stations)}</g>{''.join(self.texts)}</svg>"
        )

    # measuring ------------------------------------------------------------------------------------------------------

    def _whole(self) -> _Box:
        say = self.voice.locale
        intake = self.spec.intake
        checks = [self._station(c.path, self.voice.check(c), self._short(c.limit), off=c.path in self.off) for c in intake.checks.values()]
        columns = [
            [self._station("filed", word("routing.title.filed", say), "")],
            *self._early(),
            [self._station("intake", word("routing.title.intake", say), self._short(intake.limit)), *checks],
            *self._columns(self.spec.review),
            [self._station("decision", word("routing.title.decision", say), "")],
            [self._station("delivery", word("routing.title.delivery", say), self._short(self.spec.delivery.limit))],
        ]
        return self._stack("", columns)

    def _early(self) -> list[list[_Box]]:
        """What comes before the receipt, dashed where this case did not go."""
        relay, pre_review = self.spec.intake.relay, self.spec.intake.pre_review
        boxes = []
        for level in relay.below if relay is not None else ():
            path = f"intake.relay.{level}"
            boxes.append(self._station(path, self.voice.relay(level), "", off=path in self.off))
        if pre_review is not None:
            title = word("routing.title.pre_review", self.voice.locale)
            boxes.append(self._station(PRE_REVIEW, title, self._short(pre_review.limit), off=PRE_REVIEW in self.off))
        return [[box] for box in boxes]

    def _short(self, limit: RouteLimit | None) -> str:
        chosen = limit.resolve(self.facts) if limit is not None and self.facts is not None else None
        return short_limit(chosen or (limit.plain if limit else None), self.voice.locale)

    def _station(self, path: str, title: str, note: str, *, off: bool = False, node: Node | None = None) -> _Box:
        width = max(84.0, _measure(title, TITLE) + 22, _measure(note, NOTE) + 22)
        return _Box(width, UP, DOWN, path, off, title, note, node=node)

    def _columns(self, scope: Scope) -> list[list[_Box]]:
        layers = layers_of(scope)
        last = max(layers.values(), default=-1) + 1
        columns: list[list[_Box]] = [[] for _ in range(last + 1)]
        off = any(scope.path == p or scope.path.startswith(f"{p}.") for p in self.off)
        spare = _fallbacks(scope)  # a fallback is drawn under the automatic node it stands in for
        for node in sorted(scope.nodes.values(), key=lambda n: n.id in spare):
            columns[layers.get(spare.get(node.id, node.id), last)].append(self._node(node, off=off, spare=node.id in spare))
        return [column for column in columns if column]

    def _node(self, node: Node, *, off: bool, spare: bool) -> _Box:
        title = self.voice.title(node.path, node.title)
        if node.kind != "parallel":
            return self._station(node.path, title, self._note(node), off=off or (spare and (self.state or {}).get(node.path, "next") == "next"), node=node)
        box = _Box(0, 0, 0, node.path, off, title, node=node)
        for branch in sorted(node.branches.values(), key=lambda b: (b.id != node.lead, b.when is not None)):  # the line runs through the lead
            lane = self._stack(branch.scope.path, self._columns(branch.scope))
            lane.off = off or branch.scope.path in self.off
            label = self.voice.title(branch.scope.path, branch.title)
            label += self.voice.say("lane_each", list=self.voice.field(branch.for_each)) if branch.for_each else ""
            label += self.voice.say("lane_when", rule=self.voice.rule(branch.when)) if branch.when else ""
            lane.up += 22
            lane.width = max(lane.width, _measure(label, NOTE) + 20)
            box.lanes.append((lane, label))
        first = box.lanes[0][0]
        box.width = max(lane.width for lane, _ in box.lanes) + 2 * EDGE
        box.up = max(first.up + 26, UP)
        box.down = sum(lane.up + lane.down for lane, _ in box.lanes) - first.up + 12
        return box

    def _note(self, node: Node) -> str:
        if node.kind == "auto":
            return word("routing.short.auto", self.voice.locale)
        note = self._short(node.limit)
        if node.kind == "sign":
            picks = [word("routing.short.pick", self.voice.locale, need=g.need, of=g.of) for g in node.groups if g.of > g.need]
            note = self.voice.say("comma").join([note, *picks])
        return note

    def _stack(self, path: str, columns: list[list[_Box]]) -> _Box:
        """Columns side by side; the first box of each lies on the line, further ones below it."""
        for side in (b for column in columns for b in column[1:]):
            side.width += ROOM
        width = sum(max(b.width for b in column) for column in columns) + GAP * max(0, len(columns) - 1)
        up = max((column[0].up for column in columns), default=UP)
        down = max((column[0].down + sum(b.up + b.down for b in column[1:]) for column in columns), default=DOWN)
        back = any(e.back for column in columns for b in column if b.node is not None for e in b.node.exits.values())
        return _Box(width, up, down + (44 if back else 0), path, columns=columns)

    # drawing --------------------------------------------------------------------------------------------------------

    def _chain(self, box: _Box, left: float, y: float, *, off: bool = False) -> tuple[float, float]:
        """Draw the columns of *box*; returns where its line begins and ends."""
        places: dict[str, tuple[float, float, float, _Box]] = {}
        main: list[tuple[float, float, _Box]] = []
        x = left
        for column in box.columns:
            wide = max(b.width for b in column)
            row = y
            for index, part in enumerate(column):
                if index:
                    row += part.up
                begin, end = self._part(part, x + (wide - part.width) / 2, row)
                places[part.path] = (begin, end, row, part)
                if index == 0:
                    main.append((begin, end, part))
                else:
                    self._side(part, begin, end, row, x, x + wide, y)
                row += part.down
            x += wide + GAP
        for (_, end, _before), (begin, _, after) in pairwise(main):
            self._way(f"M{end:.0f} {y:.0f}H{begin:.0f}", off=off or after.off or self._ahead(after.path))
        self._backs(places, y + box.down - 26)
        return (main[0][0], main[-1][1]) if main else (left, left)

    def _part(self, part: _Box, left: float, y: float) -> tuple[float, float]:
        if part.lanes:
            return self._block(part, left, y)
        x = left + part.width / 2
        state = (self.state or {}).get(part.path)
        kind = {"done": "full", "now": "here"}.get(state or "", "full" if part.path in ("filed", "delivery") and not self.state else "")
        names = " ".join(n for n in (kind, "off" if part.off else "") if n)
        spoken = word(f"routing.state.{state}", self.voice.locale) if state else ""
        hint = f"<title>{escape(word('routing.spoken_state', self.voice.locale, title=part.title, state=spoken))}</title>" if spoken else ""
        circle = f'<circle{f" class={chr(34)}{names}{chr(34)}" if names else ""} cx="{x:.0f}" cy="{y:.0f}" r="9">{hint}</circle>'
        words = [_text("t", x, y - 28, part.title, middle=True), *([_text("n", x, y + 34, part.note, middle=True)] if part.note else ())]
        if self._address(part.path) is not None:
            self.texts.append(self._linked(part.path, circle + "".join(words)))
        else:
            self.stations.append(circle)
            self.texts += words
        return x, x

    def _address(self, path: str) -> str | None:
        return self.link(path) if self.link is not None else None

    def _linked(self, path: str, drawn: str) -> str:
        """*drawn* as a link, where *path* leads somewhere."""
        address = self._address(path)
        if address is None:
            return drawn
        mark = ' class="sel" aria-current="true"' if path == self.chosen else ""
        return f'<a href="{escape(address)}"{mark}>{drawn}</a>'

    def _block(self, part: _Box, left: float, y: float) -> tuple[float, float]:
        right = left + part.width
        self.frames.append(
            f'<rect class="x" x="{left + 6:.0f}" y="{y - part.up + 4:.0f}" width="{part.width - 12:.0f}" height="{part.up + part.down - 8:.0f}" rx="10"/>'
        )
        self.texts.append(self._linked(part.path, _text("n", left + 20, y - part.up + 22, part.title)))
        row = y
        for index, (lane, label) in enumerate(part.lanes):
            if index:
                row += lane.up
            begin, end = self._chain(lane, left + EDGE, row, off=lane.off)
            off = part.off or lane.off or self._ahead(part.path)
            self._way(_curve(left, y, begin, row), off=off)
            self._way(_curve(end, row, right, y), off=off or (self.state or {}).get(part.path) == "now")
            self.texts.append(self._linked(lane.path, _text("n", left + EDGE + 4, row - lane.up + (44 if index == 0 and lane.up > UP + 22 else 16), label)))
            row += lane.down
        return left, right

    def _side(self, part: _Box, begin: float, end: float, row: float, left: float, right: float, y: float) -> None:
        """A box that does not lie on the line: a curve down to it and back."""
        off = part.off or self._ahead(part.path)
        self._way(_curve(left - GAP / 2, y, begin, row), off=off)
        self._way(_curve(end, row, right + GAP / 2, y), off=off)

    def _backs(self, places: Mapping[str, tuple[float, float, float, _Box]], bottom: float) -> None:
        """Returns, dashed under the line, with how often they may be used."""
        for begin, _, row, part in places.values():
            for exit_ in part.node.exits.values() if part.node is not None else ():
                target = places.get(f"{part.node.scope}.{exit_.back}") if part.node is not None and exit_.back else None
                if target is None:
                    continue
                x = begin if not part.lanes else begin + 12
                self._way(f"M{x:.0f} {row + 40:.0f}Q{x:.0f} {bottom:.0f} {(x + target[0]) / 2:.0f} {bottom:.0f}T{target[0]:.0f} {target[2] + 40:.0f}", off=True)
                self.texts.append(_text("n", (x + target[0]) / 2, bottom + 15, word("routing.short.back", self.voice.locale, max=exit_.max), middle=True))

    def _ahead(self, path: str) -> bool:
        """Whether the case has not come to *path* yet: the way to it is dashed."""
        return self.state is not None and self.state.get(path) == "next"

    def _way(self, path: str, *, off: bool) -> None:
        self.ways.append(f'<path class="w{" off" if off else ""}" d="{path}"/>')


def _text(name: str, x: float, y: float, words: str, *, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text class="{name}" x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(words)}</text>'


def _fallbacks(scope: Scope) -> dict[str, str]:
    """Nodes that only a failed automatic node leads to, with that node."""
    autos = {node.exits["by_hand"].to or "": node.id for node in scope.nodes.values() if node.kind == "auto"}
    others = {e.to for n in scope.nodes.values() for name, e in n.exits.items() if e.to and not (n.kind == "auto" and name == "by_hand")}
    return {spare: auto for spare, auto in autos.items() if spare in scope.nodes and spare not in others and spare != scope.start}


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    if abs(y1 - y2) < 1:
        return f"M{x1:.0f} {y1:.0f}H{x2:.0f}"
    bend = min(30.0, abs(x2 - x1) / 2)
    if x2 - x1 < 0:
        bend = 0
    near = x1 if y2 > y1 else x2 - 2 * bend
    return f"M{x1:.0f} {y1:.0f}H{near:.0f}C{near + bend:.0f} {y1:.0f} {near + bend:.0f} {y2:.0f} {near + 2 * bend:.0f} {y2:.0f}H{x2:.0f}"
