"""Items carried from one hall to another: a signed file of bundles, made by the one and taken in – as drafts, never published – by the other.

What is signed (Ed25519, RFC 7515) are the codes and the digests of the bundles; each bundle lies beside it in canonical form, so that its digest can be
worked out again. A hall takes in what a key signed that its operator trusts, and nothing else.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from core.audit import service as audit
from core.items.catalogue.errors import NotNow
from core.items.models import ItemDraft
from core.items.queries import bundle_of
from core.items.service.apply import apply
from core.items.spec import Applied
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.keys import signing
from core.keys.signing import NotSigned

FORMAT = "wangting-items/1"
#: What the signature says it is about.
KIND = "items+jws"
#: Bytes of a file: some hundred items of the largest kind.
LARGEST = 200 * 2**20


class BadBundle(BadInput):
    """The file is no bundle of items, or one of them is not what was signed. Params: ``what``."""

    key: ClassVar[str] = "items.bundle_bad"


@dataclass(frozen=True, slots=True)
class Carried:
    """One item in a file: its code, the digest that was signed, its bundle."""

    code: str
    hash: str
    bundle: Mapping[str, Any]


def pack(session: Session, codes: Sequence[str], *, draft: bool = False) -> bytes:
    """A signed file of the versions in force of *codes* – or of their drafts, where *draft* and there is one. The same items give the same bytes.

    Raises :class:`core.items.errors.ItemNotFound` naming the first that is not there.
    """
    bundles = [_bundle(session, code, draft) for code in sorted(set(codes))]
    told = [{"code": json.loads(each)["item"]["code"], "hash": canonical.digest(each)} for each in bundles]
    signed = signing.sign(session, {"items": told}, kind=KIND)
    return canonical.dumps({"format": FORMAT, "signed": signed, "items": [json.loads(each) for each in bundles]}) + b"\n"


def _bundle(session: Session, code: str, draft: bool) -> bytes:
    waiting = session.get(ItemDraft, code) if draft else None
    return bytes(waiting.bundle) if waiting is not None else bundle_of(session, code)


def trusted(folder: Path) -> dict[str, dict[str, Any]]:
    """The public keys (JSON Web Keys, ``*.json``) that an operator laid into *folder*, by the names of their files. Raises :class:`BadBundle` for a file
    that is none."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            key = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadBundle("items.bundle_key", name=path.name) from error
        if not isinstance(key, dict) or not {"kty", "crv", "x"} <= set(key):
            raise BadBundle("items.bundle_key", name=path.name)
        found[path.stem] = key
    return found


@dataclass(frozen=True, slots=True)
class Looked:
    """A file before it is taken in. ``signer`` is the name of the trusted key that signed it, ``None`` where none did: then nothing vouches for what is in
    it, and ``said`` is only what the file itself says of its key."""

    items: tuple[Carried, ...]
    signer: str | None
    said: str


def look(data: bytes, keys: Mapping[str, Mapping[str, Any]]) -> Looked:
    """What is in a file, and which of *keys* (name → key) signed it. Raises :class:`BadBundle` for what is none, or is not what was signed."""
    outer = _outer(data)
    for name, key in keys.items():
        try:
            return Looked(unpack(data, (key,)), name, str(key.get("kid", "")))
        except NotSigned:
            continue
    return Looked(_carried(outer), None, _said(outer))


def _said(outer: Mapping[str, Any]) -> str:
    """The key that the file names, as far as it can be read."""
    try:
        header = str(outer["signed"]["protected"])
        kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return str(kid)[:100]


def unpack(data: bytes, keys: Iterable[Mapping[str, Any]]) -> tuple[Carried, ...]:
    """The items of a file that one of *keys* signed. Raises :class:`BadBundle`, and :class:`NotSigned` when none of them did."""
    outer = _outer(data)
    told = _signed(json.dumps(outer["signed"]), keys)
    made = _carried(outer)
    try:
        listed = [(str(each["code"]), str(each["hash"])) for each in told["items"]]
    except (KeyError, TypeError) as error:
        raise BadBundle from error
    for each in made:
        if (each.code, each.hash) not in listed:
            raise BadBundle("items.bundle_other", code=each.code)
    if len(made) != len(listed):
        raise BadBundle("items.bundle_missing", codes="、".join(sorted({code for code, _hash in listed} - {each.code for each in made})))
    return tuple(made)


def _outer(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise BadBundle("items.bundle_large", most=LARGEST // 2**20)
    try:
        outer = json.loads(data)
        if outer["format"] != FORMAT or not isinstance(outer["items"], list) or not outer["signed"]:
            raise ValueError("another format")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBundle from error
    return dict(outer)


def _carried(outer: Mapping[str, Any]) -> tuple[Carried, ...]:
    try:
        return tuple(Carried(str(each["item"]["code"]), canonical.digest(canonical.dumps(each)), each) for each in outer["items"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadBundle from error


def _signed(signed: str, keys: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    for key in keys:
        try:
            return signing.check(signed, key, kind=KIND)
        except NotSigned:
            continue
    raise NotSigned("items.bundle_not_trusted")


def take_in(session: Session, data: bytes, *, keys: Iterable[Mapping[str, Any]], actor: Actor) -> tuple[Applied, ...]:
    """Keep the items of a signed file as drafts, checked like any file; publishing them is this hall's own decision. All or nothing.

    The hall's own key is trusted as well. Raises what :func:`unpack` and :func:`core.items.service.apply.apply` raise, and :class:`NotNow` when a
    bundle would become another one here.
    """
    found = unpack(data, (signing.public_key(session), *keys))
    done = []
    with session.begin_nested():
        for each in found:
            form = each.bundle["form"]
            made = apply(session, each.bundle["item"], forms={str(each.bundle["item"]["form"]): form}, blocks=each.bundle["blocks"], actor=actor)
            if made.hash != each.hash:
                raise NotNow("items.bundle_changed", code=each.code)
            audit.record(session, "item.carried_in", subject=("item", each.code), actor=actor, detail={"hash": each.hash})
            done.append(made)
    return tuple(done)
