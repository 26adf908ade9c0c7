"""Tests kept through edits: carried along where something is renamed, marked where something is gone, and new expectations proposed one by one.

Nothing is changed here: everything is an edit that the author takes or leaves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.items.gate import GateReport, TestResult
from core.items.spec import CompiledItem, JsonObject
from core.items.studio.edits import Edit, between, same
from core.items.studio.playing import completed, document_title
from core.items.studio.recording import TESTS
from core.items.studio.spots import MISSING, Spot
from core.kernel.shapes import mapping
from core.kernel.wording import word
from core.routing.places import static


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new expectation. ``edit`` takes it; ``grave`` where another end is expected, which is seldom what an author meant."""

    test: str
    title: str
    name: str
    words: str
    edit: Edit
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """Something a test names that is not there any more. ``edit`` takes it out of the test; a step is marked only: what it should be nobody can know."""

    test: str
    title: str
    at: Spot
    words: str
    edit: Edit | None = None


# new expectations ----------------------------------------------------------------------------------------------------------


def heal(content: Mapping[str, Any], report: GateReport, *, compiled: CompiledItem | None = None, locale: str = "zh") -> tuple[Proposal, ...]:
    """For every test that ran to its last step and came out otherwise: what it would have to expect."""
    by_id = {result.id: result for result in report.results}
    tests = [test for test in content["item"].get("tests") or () if test["id"] in by_id]
    answered = [each for test in tests if compiled is not None for each in _answered(compiled, test, by_id[test["id"]], locale)]
    return (*answered, *(each for test in tests for each in _proposed(test, by_id[test["id"]], compiled, locale)))


def _answered(compiled: CompiledItem, test: JsonObject, result: TestResult, locale: str) -> Iterator[Proposal]:
    """Samples for the questions that were added since: a test that wants no refusal and meets nothing but questions without an answer."""
    if result.end != "errors" or test["expect"].get("errors") or result.walked is None:
        return
    errors, held = result.walked.decision.errors, test["given"].get("form") or {}
    made = completed(compiled, test["given"])["form"]
    if any(error.path in held or error.path not in made for error in errors):
        return
    what = word("items.studio_comma", locale).join(_named("errors", error.path, compiled, locale) for error in errors)
    edit = Edit("set", (*TESTS, f"@{test['id']}", "given", "form"), made, test["given"].get("form", MISSING))
    yield Proposal(str(test["id"]), str(test["title"]), "given", word("items.studio_heal_given", locale, what=what), edit)


def _proposed(test: JsonObject, result: TestResult, compiled: CompiledItem | None, locale: str) -> Iterator[Proposal]:
    at = (*TESTS, f"@{test['id']}", "expect")
    names = [f.path.split("/expect/", 1)[1] for f in result.findings if "/expect/" in f.path]
    if any("/expect/" not in f.path for f in result.findings) and result.end != "errors":
        return  # a step could not be done: what came of it is not what should be expected
    if result.end == "errors":
        names = ["errors"] if "errors" in test["expect"] else []
    for name in dict.fromkeys(names):
        if name not in result.actual and name != "errors":
            continue
        old, new = test["expect"].get(name, MISSING), result.actual.get(name)
        # a form that is accepted now expects no refusals any more; an end that is not there has no days
        edit = Edit("remove", (*at, name), was=old) if new is None else Edit("set", (*at, name), new, old)
        was, now = (_words(name, None if value is MISSING else value, compiled, locale) for value in (old, new))
        say = word(f"items.studio_heal_{name}", locale, old=was, new=now)
        yield Proposal(str(test["id"]), str(test["title"]), name, say, edit, name == "end")


def _words(name: str, value: Any, compiled: CompiledItem | None, locale: str) -> str:
    if value is None:
        return "—"
    if name == "end":
        return word(f"items.studio_end_{value}", locale)
    if not isinstance(value, list):
        return str(value)
    return (" → " if name == "path" else word("items.studio_comma", locale)).join(_named(name, str(each), compiled, locale) for each in value) or "—"


def _named(name: str, value: str, compiled: CompiledItem | None, locale: str) -> str:
    if compiled is None:
        return value
    if name == "documents":
        return document_title(compiled, value, locale)
    if name == "materials":
        return next((str(each["title"]) for each in compiled.doc["materials"] if each["id"] == value), value)
    if name == "errors":
        label = compiled.form.labels.get(f"form.{value}")
        return label.title if label is not None else value
    node = compiled.route.nodes.get(f"review.{value}")
    return node.title if node is not None else value


# carried along -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rename:
    """A name that became another. ``kind``: ``node action material situation option field``; ``within`` is the node, situation or field it lies in."""

    kind: str
    within: str
    old: str
    new: str


def follow(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The edits that carry the tests of *after* along with what was renamed since *before*."""
    old, new = before.get("item"), after.get("item")
    tests = new.get("tests") if isinstance(new, Mapping) else None
    if not isinstance(tests, list) or not isinstance(old, Mapping):
        return ()
    found = tuple(renames(before, after))
    return between(tests, [_carried(test, found) for test in tests], TESTS) if found else ()


def renames(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Rename]:
    """What has another name now and is otherwise the same."""
    old, new = before["item"], after["item"]
    yield from _entries("material", "", old.get("materials"), new.get("materials"))
    yield from _entries("situation", "", old.get("situations"), new.get("situations"))
    later = {each["id"]: each for each in _listed(new.get("situations"))}
    called = {r.old: r.new for r in _entries("situation", "", old.get("situations"), new.get("situations"))}
    for each in _listed(old.get("situations")):
        now = later.get(called.get(each["id"], each["id"]))
        yield from _entries("option", each["id"], each.get("options"), now.get("options") if now is not None else None)
    yield from _nodes(_review(old), _review(new), "")
    yield from _fields(before.get("form"), after.get("form"), "")


def _review(item: Mapping[str, Any]) -> Any:
    route = item.get("route")
    return route.get("review") if isinstance(route, Mapping) else None


def _listed(entries: Any) -> list[Mapping[str, Any]]:
    return [each for each in entries if isinstance(each, Mapping) and isinstance(each.get("id"), str)] if isinstance(entries, list) else []


def _entries(kind: str, within: str, old: Any, new: Any) -> Iterator[Rename]:
    """Entries of a list by their ids."""
    one, other = ({each["id"]: {**each, "id": ""} for each in _listed(entries)} for entries in (old, new))
    yield from _pairs(kind, within, one, other)


def _pairs(kind: str, within: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Rename]:
    """A name that went and one that came with the same content – or, where each is the only one, with the same title."""
    went = [name for name in old if name not in new]
    came = [name for name in new if name not in old]
    for name in went:
        twins = [each for each in came if same(old[name], new[each])]
        if not twins and len(went) == len(came) == 1 and _title(old[name]) and _title(old[name]) == _title(new[came[0]]):
            twins = came
        if len(twins) == 1:
            came = [each for each in came if each != twins[0]]
            yield Rename(kind, within, name, twins[0])


def _title(value: Any) -> Any:
    return value.get("title") if isinstance(value, Mapping) else None


def _nodes(old: Any, new: Any, prefix: str) -> Iterator[Rename]:
    """Nodes, branches and actions of a scope; ``prefix`` is the old path, since the tests still name that."""
    if old is new:
        return
    one, other = (scope.get("nodes") if isinstance(scope, Mapping) else None for scope in (old, new))
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return
    found = list(_pairs("node", prefix, one, other))
    yield from found
    called = {each.old: each.new for each in found}
    for name, node in one.items():
        now = other.get(called.get(name, name))
        if not isinstance(node, Mapping) or not isinstance(now, Mapping):
            continue
        path = f"{prefix}{name}"
        yield from _pairs("action", path, mapping(node.get("actions")), mapping(now.get("actions")))
        branches, later = mapping(node.get("branches")), mapping(now.get("branches"))
        lanes = list(_pairs("node", f"{path}.", branches, later))
        yield from lanes
        moved = {each.old: each.new for each in lanes}
        for lane, inner in branches.items():
            yield from _nodes(inner, later.get(moved.get(lane, lane)), f"{path}.{lane}.")


def _fields(old: Any, new: Any, prefix: str) -> Iterator[Rename]:
    """Questions, also inside groups and rows. What an edit left alone is the same object still."""
    if old is new:
        return
    one, other = mapping(mapping(old).get("properties")), mapping(mapping(new).get("properties"))
    found = list(_pairs("field", prefix, one, other))
    yield from found
    called = {each.old: each.new for each in found}
    for name, field in one.items():
        now = other.get(called.get(name, name))
        yield from _fields(field, now, f"{prefix}{name}.")
        yield from _fields(mapping(field).get("items"), mapping(now).get("items"), f"{prefix}{name}.")


def _carried(test: Any, found: Sequence[Rename]) -> Any:
    """*test* under the new names. What it looks like otherwise – a draft may be wrong – stays as it is."""
    if not isinstance(test, Mapping):
        return test
    given, expect = mapping(test.get("given")), mapping(test.get("expect"))
    ids = {r.old: r.new for r in found if r.kind == "material"}
    made = dict(test)
    if given:
        made["given"] = _with(
            given, situation=_picked(given.get("situation"), found), form=_answers(given.get("form"), found, ""), materials=_ids(given.get("materials"), ids)
        )
    if expect:
        path = [_place(each, found) for each in expect["path"]] if isinstance(expect.get("path"), list) else expect.get("path")
        made["expect"] = _with(expect, path=path, materials=_ids(expect.get("materials"), ids))
    if isinstance(test.get("steps"), list):
        made["steps"] = [_step(step, found) for step in test["steps"]]
    return made


def _picked(answers: Any, found: Sequence[Rename]) -> Any:
    """The answers to situations."""
    if not isinstance(answers, Mapping):
        return answers
    return {_new(found, "situation", "", name): _new(found, "option", name, answer) for name, answer in answers.items()}


def _with(old: Mapping[str, Any], **new: Any) -> dict[str, Any]:
    """*old* with those of *new* that it had."""
    return {**old, **{name: value for name, value in new.items() if name in old}}


def _new(found: Sequence[Rename], kind: str, within: str, name: Any) -> Any:
    return next((r.new for r in found if r.kind == kind and r.within == within and r.old == name), name)


def _ids(names: Any, ids: Mapping[str, str]) -> Any:
    return [ids.get(name, name) if isinstance(name, str) else name for name in names] if isinstance(names, list) else names


def _answers(values: Any, found: Sequence[Rename], prefix: str) -> Any:
    if isinstance(values, list):
        return [_answers(each, found, prefix) for each in values]
    if not isinstance(values, Mapping):
        return values
    return {_new(found, "field", prefix, name): _answers(value, found, f"{prefix}{name}.") for name, value in values.items()}


def _place(at: Any, found: Sequence[Rename]) -> Any:
    """A place by its new name: each part of the path may have another one."""
    if not isinstance(at, str):
        return at
    old, made = "", []
    for part in at.split("."):
        bare, mark, row = part.partition("[")
        made.append(_new(found, "node", old, bare) + mark + row)
        old += f"{bare}."
    return ".".join(made)


def _step(step: Any, found: Sequence[Rename]) -> Any:
    if not isinstance(step, Mapping):
        return step
    at = step.get("at")
    pressed = [r for r in found if r.kind == "action" and r.old == step.get("do")]
    within = static(at) if isinstance(at, str) else None
    # a step that does not say where it was done is carried along when the name became the same everywhere
    new = {r.new for r in pressed if within is None or r.within == within}
    return _with(step, at=_place(at, found), do=new.pop() if len(new) == 1 else step.get("do"))


# gone ----------------------------------------------------------------------------------------------------------------------


def gone(compiled: CompiledItem, locale: str = "zh") -> tuple[Gone, ...]:
    """Everything that the tests name and the item has no more."""
    return tuple(each for test in compiled.doc.get("tests") or () for each in _lost(compiled, test, locale))


def _lost(compiled: CompiledItem, test: JsonObject, locale: str) -> Iterator[Gone]:
    at: Spot = (*TESTS, f"@{test['id']}")

    def made(spot: Spot, what: str, edit: Edit | None = None, /, **params: Any) -> Gone:
        return Gone(str(test["id"]), str(test["title"]), spot, word(f"items.studio_gone_{what}", locale, **params), edit)

    given = test["given"]
    known = {str(material["id"]) for material in compiled.doc["materials"]}
    for holder, names in (("given", given.get("materials")), ("expect", test["expect"].get("materials"))):
        left = [name for name in names or () if name in known]
        if names is not None and left != list(names):
            spot = (*at, holder, "materials")
            yield made(spot, "material", Edit("set", spot, left, names), name="、".join(name for name in names if name not in known))
    for name in given.get("form") or {}:
        if name not in compiled.form.root.by_id:
            spot = (*at, "given", "form", name)
            yield made(spot, "field", Edit("remove", spot, was=given["form"][name]), name=name)
    options = {each["id"]: {option["id"] for option in each["options"]} for each in compiled.doc.get("situations") or ()}
    for name, answer in (given.get("situation") or {}).items():
        if answer not in options.get(name, ()):
            spot = (*at, "given", "situation", name)
            yield made(spot, "situation", Edit("remove", spot, was=answer), name=name)
    for number, step in enumerate(test["steps"]):
        where = step.get("at")
        node = compiled.route.nodes.get(f"review.{static(where)}") if where else None
        outside = bool(where) and str(where).partition(".")[0] in ("intake", "delivery", "extension")
        asked = bool(where) and str(where).endswith(".inquiry")
        if where and node is None and not outside and not asked:
            yield made((*at, "steps", str(number)), "node", step=number + 1, name=where)
        elif node is not None and node.kind == "step" and step["do"] not in node.actions and step["do"] not in _BESIDE:
            yield made((*at, "steps", str(number)), "action", step=number + 1, name=step["do"], place=node.title)


#: What is done at a step without one of its buttons.
_BESIDE = frozenset({"overdue", "ask", "open_pause", "close_pause"})
