"""From a route document to a :class:`RouteSpec`. The shape was checked by the schema; what only compiling can see is collected here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from core.kernel.errors import Finding, PlatformError
from core.routing.errors import BadRoute
from core.routing.guards import holder_of
from core.routing.places import Instances
from core.routing.spec import (
    Action,
    Branch,
    Check,
    Delivery,
    Exit,
    Extend,
    Holders,
    Intake,
    Join,
    Node,
    Overdue,
    PauseSpec,
    PreReview,
    Relay,
    RouteLimit,
    RouteSpec,
    Scope,
    SignGroup,
)
from core.rules.errors import RuleError
from core.rules.service import Rule, compile_rule
from core.worktime.spec import Limit

#: How deep parallel blocks may nest; deeper is no route any more but an attack on the stack.
MAX_NESTING = 8


def compile_route(doc: Mapping[str, Any], types: Mapping[str, Any] | None = None) -> RouteSpec:
    """*doc* (``route.v1``, or the ``route`` part of an item) as a frozen spec. Raises :class:`BadRoute` with all findings.

    ``types`` are the types of the form's fields; with them unlike types in a rule are refused.
    """
    return _Compiler(doc, types).route()


class _Compiler:
    def __init__(self, doc: Mapping[str, Any], types: Mapping[str, Any] | None) -> None:
        self.doc = doc
        self.types = types
        self.findings: list[Finding] = []
        self.nodes: dict[str, Node] = {}
        self.scopes: dict[str, Scope] = {}

    def route(self) -> RouteSpec:
        try:
            spec = self._route()
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # Only a document that never passed its schema comes here.
            self._fault("", "routing.bad_shape", detail=f"{type(error).__name__}: {error}"[:200])
            raise BadRoute(findings=tuple(self.findings)) from error
        if self.findings:
            raise BadRoute(findings=tuple(self.findings))
        return spec

    def _route(self) -> RouteSpec:
        doc = self.doc
        if self.types is not None:
            outcomes = {f"{node}.outcome": "text" for node in _node_ids(doc["review"])}
            brought = {f"{node}.result.{key}": kind for node, key, kind in _answers(doc["review"])}
            self.types = {**outcomes, **brought, **self.types}
        limits = doc["limits"]
        yellow = doc.get("lights", {}).get("yellow")
        review = self._scope(doc["review"], "review", None, 0)
        places = Instances(dict(sorted(self.nodes.items(), key=lambda pair: pair[0].count("."))), self.scopes)
        anytime = doc.get("anytime", {})
        return RouteSpec(
            title=doc.get("title", ""),
            statutory=self._limit(limits["statutory"], "limits.statutory"),
            promised=self._limit(limits["promised"], "limits.promised"),
            yellow=self._plain(yellow, "lights.yellow") if yellow else None,
            pauses=MappingProxyType({key: self._pause(key, raw) for key, raw in doc.get("pauses", {}).items()}),
            intake=self._intake(doc["intake"]),
            review=review,
            delivery=self._delivery(doc["delivery"]),
            anytime=MappingProxyType(dict(anytime)),
            nodes=places.nodes,
            scopes=places.scopes,
            doc=doc,
            extend=self._extend(anytime.get("extend"), "anytime.extend"),
            ask_limit=self._limit(anytime["ask"]["limit"], "anytime.ask.limit") if anytime.get("ask", {}).get("limit") else None,
        )

    def _extend(self, raw: Mapping[str, Any] | None, at: str) -> Extend | None:
        """A rule for joint cases takes what it does not say from the plain one."""
        if raw is None:
            return None
        joint = {**raw, "joint": None, **raw["joint"]} if raw.get("joint") else None
        adds = self._limit(raw["adds"], f"{at}.adds")
        return Extend(holder_of(raw["by"]), adds, raw["times"], raw.get("basis", ""), self._extend(joint, f"{at}.joint"))

    def _intake(self, raw: Mapping[str, Any]) -> Intake:
        checks: dict[str, Check] = {}
        for index, entry in enumerate(raw.get("checks", ())):
            at = f"intake.checks.{index}"
            department = entry["department"]
            if department in checks:
                self._fault(at, "routing.check.twice", department=department)
            holders = self._holders(entry["holders"], at, "intake").within({"department": department})
            checks[department] = Check(department, holders, self._limit(entry["limit"], f"{at}.limit"), self._rule(entry.get("when"), f"{at}.when"))
        correction = raw.get("correction")
        return Intake(
            self._holders(raw["holders"], "intake", "intake"),
            self._limit(raw["limit"], "intake.limit"),
            MappingProxyType(checks),
            self._limit(correction["limit"], "intake.correction.limit") if correction else None,
            (correction or {}).get("lapse", {}).get("basis"),
            self._relay(raw.get("relay")),
            self._pre_review(raw.get("pre_review"), raw["holders"]),
        )

    def _relay(self, raw: Mapping[str, Any] | None) -> Relay | None:
        if raw is None:
            return None
        paper = raw.get("paper", {})
        within = {level: self._limit(limit, f"intake.relay.paper.within.{level}") for level, limit in paper.get("within", {}).items()}
        return Relay(
            tuple(raw["chain"]),
            self._holders(raw["holders"], "intake.relay", "intake"),
            tuple(raw.get("precheck_at", ())),
            paper.get("custody", "none"),
            MappingProxyType(within),
            raw.get("starts_clock_at", {}).get("level"),
        )

    def _pre_review(self, raw: Mapping[str, Any] | None, holders: Any) -> PreReview | None:
        """预审 is held by whoever receives, in 2 working days, where the route does not say otherwise."""
        if raw is None:
            return None
        limit = self._limit(raw.get("limit", {"value": 2, "unit": "working_day"}), "intake.pre_review.limit")
        when = self._rule(raw.get("when"), "intake.pre_review.when")
        return PreReview(self._holders(raw.get("holders", holders), "intake.pre_review", "intake"), limit, when, bool(raw.get("on_request")))

    def _delivery(self, raw: Mapping[str, Any]) -> Delivery:
        return Delivery(self._holders(raw["holders"], "delivery", "delivery"), self._limit(raw["limit"], "delivery.limit"), tuple(raw["ways"]))

    def _pause(self, key: str, raw: Mapping[str, Any]) -> PauseSpec:
        return PauseSpec(key, raw["title"], self._limit(raw["max"], f"pauses.{key}.max"), raw["basis"], bool(raw.get("shared")), raw.get("notice"))

    def _scope(self, raw: Mapping[str, Any], path: str, org: Any, depth: int) -> Scope:
        if depth > MAX_NESTING:
            self._fault(path, "routing.too_deep", most=MAX_NESTING)
            return Scope(path, raw["start"], {}, org)
        nodes = {key: self._node(key, entry, path, depth) for key, entry in raw["nodes"].items()}
        scope = Scope(path, raw["start"], MappingProxyType(nodes), org)
        self.scopes[path] = scope
        return scope

    def _node(self, key: str, raw: Mapping[str, Any], scope: str, depth: int) -> Node:
        path = f"{scope}.{key}"
        kind = raw["kind"]
        limit = self._limit(raw["limit"], f"{path}.limit") if raw.get("limit") else None
        base: dict[str, Any] = {"id": key, "path": path, "scope": scope, "kind": kind, "title": raw["title"], "limit": limit}
        base["pauses"] = tuple(raw.get("pauses", ()))
        make = {"step": self._step, "sign": self._sign, "parallel": self._parallel, "auto": self._auto, "subcase": self._subcase}[kind]
        node = Node(**base, **make(raw, path, depth))
        self.nodes[path] = node
        return node

    def _step(self, raw: Mapping[str, Any], path: str, _depth: int) -> dict[str, Any]:
        actions = {
            key: Action(key, entry["title"], _exit(entry), self._rule(entry.get("when"), f"{path}.actions.{key}.when")) for key, entry in raw["actions"].items()
        }
        overdue = raw.get("overdue")
        return {
            "holders": self._holders(raw["holders"], path, path.rpartition(".")[0]),
            "help": raw.get("help", ""),
            "rules": raw.get("rules"),
            "actions": MappingProxyType(actions),
            "exits": MappingProxyType({key: action.exit for key, action in actions.items()}),
            "overdue": self._overdue(overdue, path) if overdue else None,
        }

    def _overdue(self, raw: Mapping[str, Any], path: str) -> Overdue:
        after = self._limit(raw["after"], f"{path}.overdue.after")
        return Overdue(after, raw.get("escalate"), raw.get("outcome"), raw.get("basis"), raw.get("light", "red"))

    def _sign(self, raw: Mapping[str, Any], path: str, _depth: int) -> dict[str, Any]:
        scope = path.rpartition(".")[0]
        groups = tuple(SignGroup(self._holders(g["holders"], path, scope), g["need"], g.get("of", g["need"])) for g in raw["groups"])
        return {
            "groups": groups,
            "veto": bool(raw.get("veto")),
            "in_order": bool(raw.get("in_order")),
            "may_add": bool(raw.get("may_add")),
            "exits": MappingProxyType({"agree": _exit(raw["agree"]), "refuse": _exit(raw["refuse"])}),
        }

    def _parallel(self, raw: Mapping[str, Any], path: str, depth: int) -> dict[str, Any]:
        branches = {}
        for key, entry in raw["branches"].items():
            at = f"{path}.{key}"
            when = self._rule(entry.get("when"), f"{at}.when")
            branches[key] = Branch(key, entry["title"], entry["org"], self._scope(entry, at, entry["org"], depth + 1), when, entry.get("for_each"))
        join = raw["join"]
        exits = {name: _exit(raw[name]) for name in ("agree", "refuse", "if_none") if raw.get(name)}
        return {
            "lead": raw.get("lead"),
            "branches": MappingProxyType(branches),
            "join": Join(join["policy"], join.get("need"), join.get("wait", "all"), join.get("on_refuse", "wait")),
            "exits": MappingProxyType(exits),
        }

    def _auto(self, raw: Mapping[str, Any], path: str, _depth: int) -> dict[str, Any]:
        return {
            "hook": raw["hook"],
            "give": self._give(raw, path),
            "answers": MappingProxyType(dict(raw.get("answers", {}))),
            "purpose": raw["purpose"],
            "retry": MappingProxyType(dict(raw.get("retry", {}))),
            "exits": MappingProxyType({"done": Exit(to=raw["to"]), "by_hand": Exit(to=raw["by_hand"])}),
        }

    def _subcase(self, raw: Mapping[str, Any], path: str, _depth: int) -> dict[str, Any]:
        return {
            "item": raw["item"],
            "org": raw.get("org"),
            "wait": bool(raw["wait"]),
            "give": self._give(raw, path),
            "take": MappingProxyType(dict(raw.get("take", {}))),
            "exits": MappingProxyType({name: _exit(raw[name]) for name in ("granted", "refused", "cancelled")}),
        }

    def _give(self, raw: Mapping[str, Any], path: str) -> Mapping[str, Rule]:
        given = {key: self._rule(rule, f"{path}.give.{key}") for key, rule in raw.get("give", {}).items()}
        return MappingProxyType({key: rule for key, rule in given.items() if rule is not None})

    def _holders(self, raw: Any, at: str, scope: str) -> Holders:
        """Holders with four-eyes names made absolute: ``intake`` or a node of this scope or one around it."""
        holders = Holders.from_json(raw)
        exclude = []
        for name in holders.exclude:
            found = self._find(name, scope)
            if found is None:
                self._fault(f"{at}.holders.not", "routing.not_unknown", node=name)
            else:
                exclude.append(found)
        fallback = self._holders(raw["fallback"], at, scope) if holders.fallback else None
        return Holders(holders.role, holders.org, tuple(exclude), holders.pick, fallback)

    def _find(self, name: str, scope: str) -> str | None:
        if name == "intake":
            return "intake"
        parts = scope.split(".")
        for end in range(len(parts), 0, -1):
            path = ".".join((*parts[:end], name))
            if self._exists(path):
                return path
        return None

    def _exists(self, path: str) -> bool:
        """Whether the document has a node at *path* (``review.joint.fire.opinion``)."""
        parts = path.split(".")
        place: Any = self.doc.get(parts[0]) if parts[0] == "review" else None
        for key in parts[1:]:
            if not isinstance(place, Mapping):
                return False
            place = place.get("nodes", place.get("branches", {})).get(key)
        return isinstance(place, Mapping) and "kind" in place

    def _rule(self, expr: Any, at: str) -> Rule | None:
        if expr is None:
            return None
        try:
            return compile_rule(expr, self.types)
        except RuleError as error:
            self.findings += [Finding(f.level, f"{at}.{f.path}" if f.path else at, f.key, f.params) for f in error.findings]
            return None

    def _limit(self, raw: Mapping[str, Any], at: str) -> RouteLimit:
        plain = self._plain(raw, at)
        cases = []
        for index, case in enumerate(raw.get("cases", ())):
            rule = self._rule(case["when"], f"{at}.cases.{index}.when")
            if rule is not None:
                cases.append((rule, self._plain(case, f"{at}.cases.{index}")))
        return RouteLimit(plain, tuple(cases))

    def _plain(self, raw: Mapping[str, Any], at: str) -> Limit:
        try:
            return Limit.from_json(raw)
        except PlatformError as error:
            self._fault(at, error.message_key, **error.params)
            return Limit(None)

    def _fault(self, path: str, key: str, **params: Any) -> None:
        self.findings.append(Finding("error", path, key, params))


def _exit(raw: Mapping[str, Any]) -> Exit:
    return Exit(raw.get("to"), raw.get("outcome"), raw.get("back"), raw.get("max"), tuple(raw.get("needs", ())), raw.get("document"))


def _answers(scope: Mapping[str, Any], depth: int = 0) -> list[tuple[str, str, str]]:
    """(node, key, type) of what plugins answer and sub-cases bring back; the type of the latter is known to who knows the other item's form."""
    found: list[tuple[str, str, str]] = []
    for key, node in cast(Mapping[str, Any], scope["nodes"]).items():
        if node.get("kind") == "auto":
            found += [(key, name, kind) for name, kind in node.get("answers", {}).items()]
        elif node.get("kind") == "subcase":
            found += [(key, name, "any") for name in node.get("take", {})]
        for branch in node.get("branches", {}).values() if depth < MAX_NESTING else ():
            found += _answers(branch, depth + 1)
    return found


def _node_ids(scope: Mapping[str, Any], depth: int = 0) -> list[str]:
    found: list[str] = []
    for key, node in cast(Mapping[str, Any], scope["nodes"]).items():
        found.append(key)
        for branch in node.get("branches", {}).values() if depth < MAX_NESTING else ():
            found += _node_ids(branch, depth + 1)
    return found
