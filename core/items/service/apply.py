"""Apply: an item from a file becomes a draft; the same bundle again changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from core.audit import service as audit
from core.items.blocks import shelf
from core.items.catalogue.claims import gate
from core.items.checking import check_item, has_errors
from core.items.compiling import compile_item, used_blocks
from core.items.errors import GateClosed
from core.items.gate import run_tests
from core.items.library import ItemSource, library
from core.items.models import Item, ItemDraft, ItemVersion
from core.items.service.known import known_here
from core.items.service.publish import offer, publish
from core.items.spec import Applied, CompiledItem, JsonObject
from core.items.subcases import nodes_of
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Finding
from core.pluginhost import service as plugins


def apply(
    session: Session,
    doc: JsonObject,
    *,
    forms: Mapping[str, JsonObject],
    blocks: Mapping[str, JsonObject] | None = None,
    publishing: bool = False,
    same_person: bool = False,
    division: str | None = None,
    actor: Actor,
) -> Applied:
    """Check item *doc* and keep it as a draft; with *publishing* also publish it. Idempotent by (code, bundle hash).

    *same_person* is true in a demo hall only: elsewhere who applied a draft cannot publish it (DESIGN §3). *division* (a code) narrows who
    offers the item. Raises :class:`GateClosed` with every finding – checks and item tests together – and writes nothing then.
    """
    known = known_here(session, doc, division=division)
    if not publishing and not known.departments:  # a hall that has no organisation yet keeps drafts; the gate asks again when they are published
        known = replace(known, departments=None, organisations=None)
    found = check_item(doc, forms=forms, blocks=blocks, known=known)
    if isinstance(doc, Mapping) and not has_errors(found):
        form = forms.get(str(doc.get("form")))
        used = used_blocks(form, blocks or {}) if form is not None else {}
        found = [*found, *gate(session, doc, form, used), *shelf.gate(session, str(doc.get("code")), used)]
    if has_errors(found):
        raise GateClosed([*found, *_rehearsed(doc, forms, blocks, found)], code=doc.get("code", "?"))
    compiled = compile_item(doc, forms=forms, blocks=blocks)
    item = session.get(Item, compiled.code)
    if item is not None and _in_force(session, item) == compiled.hash and session.get(ItemDraft, item.code) is None:
        offer(session, compiled, division)
        return Applied(compiled.code, compiled.hash, changed=False, published=True, findings=tuple(found))
    changed = _keep(session, item, compiled, actor)
    if not publishing:
        return Applied(compiled.code, compiled.hash, changed=changed, findings=tuple(found))
    version = publish(session, compiled.code, same_person=same_person, division=division, findings=found, actor=actor)
    return Applied(compiled.code, compiled.hash, True, True, version.number, tuple(found))


def _rehearsed(doc: JsonObject, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None, found: list[Finding]) -> list[Finding]:
    """The item's tests too, when it compiles in spite of its errors, so that one run tells everything."""
    if any(f.key.startswith("schemas.") for f in found):
        return []
    try:
        return list(run_tests(compile_item(doc, forms=forms, blocks=blocks)).findings)
    except Exception:  # noqa: BLE001 – the item is known to be wrong; what else breaks on it is no news
        return []


def _in_force(session: Session, item: Item) -> str | None:
    version = session.get(ItemVersion, item.current_version_id) if item.current_version_id else None
    return version.hash if version is not None else None


def _keep(session: Session, item: Item | None, compiled: CompiledItem, actor: Actor) -> bool:
    """Write the draft; whether anything changed."""
    if item is None:
        item = Item(code=compiled.code, department=compiled.doc["department"], title=compiled.title)
        session.add(item)
        session.flush()
    draft = session.get(ItemDraft, item.code)
    if draft is not None and draft.hash == compiled.hash:
        return False
    if draft is None:
        draft = ItemDraft(item_code=item.code)
        session.add(draft)
    draft.hash, draft.bundle, draft.applied_at, draft.applied_by = compiled.hash, compiled.bundle, now(), actor.id
    session.flush()
    audit.record(session, "item.applied", subject=("item", compiled.code), actor=actor, detail={"hash": compiled.hash})
    return True


def apply_all(session: Session, sources: Iterable[ItemSource], *, publish: bool, actor: Actor) -> tuple[Applied, ...]:
    """Apply many files (set-up, ``--all``). *publish* says that one person may do both – a demo hall.

    An item comes after those that its route begins as sub-cases, which have to be in force before it; one that waits for a plugin or, as a
    draft, for such an item is left out (:func:`waiting`). All or nothing: raises :class:`GateClosed` with the findings of every file, each path preceded
    by its file.
    """
    done: list[Applied] = []
    refused: list[Finding] = []
    for source in sub_items_first(sources):
        if waiting(session, source, publish=publish):
            continue
        file = f"{source.path.parent.name}/{source.path.name}"
        if source.broken is not None:
            refused.append(in_file(source.broken, file))
            continue
        try:
            done.append(
                apply(session, source.doc, forms=source.library.forms, blocks=source.library.blocks, publishing=publish, same_person=publish, actor=actor)
            )
        except GateClosed as error:
            refused.extend(in_file(f, file) for f in error.findings if f.level == "error")
    if refused:
        raise GateClosed(refused, code="、".join(sorted({f.path.partition(":")[0] for f in refused})))
    return tuple(done)


def waiting(session: Session, source: ItemSource, *, publish: bool) -> tuple[str, ...]:
    """What an item that ships with the hall waits for before it is applied: plugins that it configures and that are enabled nowhere here, and – where
    nothing is published at once – items that it begins as sub-cases and that are not in force."""
    named = source.doc.get("plugins")
    here = frozenset[str]().union(*plugins.standing(session).places.values()) if named else frozenset[str]()
    missing = sorted(named.keys() - here) if isinstance(named, Mapping) else []
    for _at, _node_id, node in nodes_of(source.doc.get("route")) if not publish else ():
        item = session.get(Item, node["item"])
        if item is None or item.current_version_id is None:
            missing.append(node["item"])
    return tuple(dict.fromkeys(missing))


def sub_items_first(sources: Iterable[ItemSource]) -> tuple[ItemSource, ...]:
    """*sources* in their order, each after the items that it begins as sub-cases. Items in a circle stay where they are; the gate names them."""
    every = tuple(sources)
    named = {source.doc["code"]: source for source in every if isinstance(source.doc.get("code"), str)}
    ordered: list[ItemSource] = []
    met: set[Path] = set()

    def take(source: ItemSource) -> None:
        if source.path in met:
            return
        met.add(source.path)
        for _at, _node_id, node in nodes_of(source.doc.get("route")):
            if node["item"] in named:
                take(named[node["item"]])
        ordered.append(source)

    for source in every:
        take(source)
    return tuple(ordered)


def publish_document(session: Session, doc: JsonObject, *, root: Path, actor: Actor) -> str:
    """Apply and publish one item document with the forms below *root* (demo set-up and tests); returns the id of the version in force."""
    shelf = library(within=(root,))
    apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=actor)
    item = session.get(Item, doc["code"])
    assert item is not None and item.current_version_id is not None
    return item.current_version_id


def in_file(found: Finding, file: str) -> Finding:
    """The finding with its file in front of its path."""
    return Finding(found.level, f"{file}:{found.path}", found.key, found.params)
