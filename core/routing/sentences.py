"""Every node reads as one sentence, in Chinese first: what the studio shows, the gate prints and a screen reader speaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.kernel.wording import word
from core.routing.actions import exit_words, outcome_labels, text
from core.routing.spec import Branch, Check, Exit, Holders, Node, Org, Overdue, RouteLimit, RouteSpec
from core.rules.service import Labels, Rule
from core.worktime.explain import limit_words, one
from core.worktime.spec import Limit


@dataclass(frozen=True, slots=True)
class Voice:
    """How to speak of a route: the language, the names of the form's fields and of the departments (code → title)."""

    spec: RouteSpec
    locale: str = "zh"
    labels: Labels | None = None
    departments: Mapping[str, str] | None = None

    def say(self, key: str, **params: object) -> str:
        """A text of the catalogue."""
        return word(f"routing.say.{key}", self.locale, **params)

    def title(self, path: str, chinese: str) -> str:
        """A text of the route."""
        return text(self.spec, f"{path}.title", chinese, self.locale)

    def rule(self, rule: Rule) -> str:
        """A condition in words."""
        return rule.sentence({**outcome_labels(self.spec, self.locale), **(self.labels or {})}, self.locale)

    def org(self, org: Org) -> str:
        """An organisation relation in words."""
        if isinstance(org, str):
            return word(f"routing.org.{org}", self.locale)
        if "department" in org:
            code = org["department"]
            return (self.departments or {}).get(code, code)
        return word("routing.org.region", self.locale, level=word(f"routing.level.{org['region']}", self.locale))

    def holders(self, holders: Holders) -> str:
        """Who, in words."""
        if holders.role in ("applicant", "system"):
            return word(f"routing.role.{holders.role}", self.locale)
        return self.say("holders", org=self.org(holders.org), role=word(f"routing.role.{holders.role}", self.locale))

    def check(self, check: Check) -> str:
        """A department's check of its own papers, named by what is done and by whom."""
        return self.say("check_of", org=self.org(check.holders.org))

    def relay(self, level: str) -> str:
        """A level that passes papers on."""
        return word("routing.title.relay", self.locale, level=word(f"routing.level.{level}", self.locale))

    def field(self, path: str) -> str:
        """A field of the form by its title."""
        label = (self.labels or {}).get(path)
        return path if label is None else label if isinstance(label, str) else label.title

    def limit(self, limit: RouteLimit | None) -> str:
        """A limit in words, with its cases."""
        if limit is None:
            return word("worktime.limit.none", self.locale)
        cases = "".join(self.say("limit_case", rule=self.rule(rule), limit=limit_words(value, self.locale)) for rule, value in limit.cases)
        plain = limit_words(limit.plain, self.locale)
        return cases + (self.say("limit_else", limit=plain) if cases else plain)

    def effect(self, node: Node, exit_: Exit) -> str:
        """Where an exit leads, inside a sentence."""
        words = exit_words(self.spec, node, exit_, self.locale)
        return words[:1].lower() + words[1:]

    def listed(self, parts: list[str]) -> str:
        """Parts of a sentence joined."""
        return self.say("comma").join(parts)


def sentence(spec: RouteSpec, node: Node, *, locale: str = "zh", labels: Labels | None = None, departments: Mapping[str, str] | None = None) -> str:
    """*node* as one sentence."""
    voice = Voice(spec, locale, labels, departments)
    speak = {"step": _step, "sign": _sign, "parallel": _parallel, "auto": _auto, "subcase": _subcase}[node.kind]
    return speak(voice, node)


def branch_words(voice: Voice, branch: Branch) -> str:
    """When and by whom a branch is walked."""
    title = voice.title(branch.scope.path, branch.title)
    if branch.for_each is not None:
        each = voice.say("branch_each", title=title, list=voice.field(branch.for_each))
        return each + (voice.say("only_if", rule=voice.rule(branch.when)) if branch.when else "")
    return voice.say("branch_when", title=title, rule=voice.rule(branch.when)) if branch.when else voice.say("branch", title=title)


def short_limit(limit: Limit | None, locale: str = "zh") -> str:
    """A limit under a station of the drawing: ``4 日``."""
    if limit is None or (limit.value is None and limit.unit != "at_once"):
        return word("routing.short.none", locale)
    return one(word(f"routing.short.{limit.unit}", locale, value=limit.value), limit.value or 0, locale)


def _who_and_when(voice: Voice, node: Node) -> dict[str, str]:
    assert node.holders is not None
    held = node.holders.within(_branch_org(voice.spec, node))
    return {"title": voice.title(node.path, node.title), "who": voice.holders(held), "limit": voice.limit(node.limit)}


def _branch_org(spec: RouteSpec, node: Node) -> Org | None:
    found = spec.branch_of(node.scope)
    return found[1].org if found else None


def _step(voice: Voice, node: Node) -> str:
    buttons = []
    for action in node.actions.values():
        title = text(voice.spec, f"{node.path}.actions.{action.id}.title", action.title, voice.locale)
        extra = [voice.say("only_when", rule=voice.rule(action.when))] if action.when else []
        extra += [voice.say(f"needs_{need}") for need in action.exit.needs]
        effect = voice.effect(node, action.exit)
        buttons.append(voice.say("button", title=title, extra=voice.say("extra", parts=voice.listed(extra)) if extra else "", effect=effect))
    said = voice.say("step", **_who_and_when(voice, node), buttons=voice.say("semicolon").join(buttons))
    if node.holders is not None and node.holders.exclude:
        names = [word("routing.title.intake", voice.locale) if p == "intake" else voice.title(p, voice.spec.nodes[p].title) for p in node.holders.exclude]
        said += voice.say("not", names=voice.listed(names))
    if node.pauses:
        pauses = [text(voice.spec, f"pauses.{p}.title", voice.spec.pauses[p].title, voice.locale) for p in node.pauses if p in voice.spec.pauses]
        said += voice.say("may_pause", pauses=voice.listed(pauses))
    if node.overdue is not None:
        said += _late(voice, node.overdue)
    return said


def _late(voice: Voice, rule: Overdue) -> str:
    """What lateness leads to; silence that counts as an answer names its basis."""
    after = voice.limit(rule.after)
    if rule.outcome is None:
        return voice.say("overdue_escalate", after=after)
    outcome = word(f"routing.outcome.{rule.outcome}", voice.locale)
    return voice.say("overdue_as", after=after, outcome=outcome, basis=rule.basis or "")


def _sign(voice: Voice, node: Node) -> str:
    org = _branch_org(voice.spec, node)
    groups = [voice.say("group" if g.of > g.need else "group_all", who=voice.holders(g.holders.within(org)), need=g.need, of=g.of) for g in node.groups]
    said = voice.say(
        "sign",
        title=voice.title(node.path, node.title),
        groups=voice.listed(groups),
        order=voice.say("in_order") if node.in_order else "",
        limit=voice.limit(node.limit),
        agree=voice.effect(node, node.exits["agree"]),
        refuse=voice.effect(node, node.exits["refuse"]),
    )
    said += voice.say("veto") if node.veto else ""
    return said + (voice.say("may_add") if node.may_add else "")


def _parallel(voice: Voice, node: Node) -> str:
    assert node.join is not None
    lead = node.branches.get(node.lead or "")
    join = voice.say(f"join_{node.join.policy}", need=node.join.need, lead=voice.title(lead.scope.path, lead.title) if lead else "")
    return voice.say(
        "parallel",
        title=voice.title(node.path, node.title),
        branches=voice.say("semicolon").join(branch_words(voice, b) for b in node.branches.values()),
        join=join,
        agree=voice.effect(node, node.exits["agree"]),
        refuse=voice.effect(node, node.exits["refuse"]),
    )


def _auto(voice: Voice, node: Node) -> str:
    by_hand = voice.effect(node, node.exits["by_hand"])
    done = voice.effect(node, node.exits["done"])
    return voice.say("auto", title=voice.title(node.path, node.title), purpose=node.purpose, done=done, by_hand=by_hand)


def _subcase(voice: Voice, node: Node) -> str:
    if not node.wait:
        return voice.say("subcase_free", title=voice.title(node.path, node.title), item=node.item, granted=voice.effect(node, node.exits["granted"]))
    exits = {name: voice.effect(node, node.exits[name]) for name in ("granted", "refused", "cancelled")}
    return voice.say("subcase", title=voice.title(node.path, node.title), item=node.item, limit=voice.limit(node.limit), **exits)
