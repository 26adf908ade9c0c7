"""What names a person in a case, under the case's own key; and salted commitments that stand for it in events."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.kernel import canonical
from core.keys.keyring import DataKey
from core.keys.service import keyring


def new_key(session: Session, case_id: str) -> tuple[DataKey, bytes]:
    """A key for a new case, and its wrap for the case row."""
    key = keyring(session).new_data_key()
    return key, key.wrapped(context(case_id))


def key_of(session: Session, case_id: str, wrapped: bytes | None) -> DataKey | None:
    """The key of a case; ``None`` when it was destroyed (erased)."""
    return keyring(session).unwrap(wrapped, context(case_id)) if wrapped is not None else None


def context(case_id: str) -> str:
    """Envelopes of one case open nowhere else."""
    return f"case:{case_id}"


def seal_json(key: DataKey, case_id: str, value: Any) -> bytes:
    """*value* as JSON, sealed."""
    return key.seal(json.dumps(value, ensure_ascii=False).encode(), context=context(case_id))


def open_json(key: DataKey | None, case_id: str, sealed: bytes | None) -> Any:
    """What :func:`seal_json` sealed; ``None`` when erased or absent."""
    if key is None or sealed is None:
        return None
    return json.loads(key.open(sealed, context=context(case_id)))


def commitment(salt: str, value: Any) -> str:
    """A digest that binds to *value* and, thanks to the random *salt*, tells nobody what it is."""
    return canonical.digest(salt.encode() + b"\x00" + canonical.dumps(value))


def salted(value: Any) -> tuple[dict[str, Any], str]:
    """({"salt", "value"} to be sealed, commitment to be hashed)."""
    salt = secrets.token_hex(16)
    return {"salt": salt, "value": value}, commitment(salt, value)


def payload(values: Mapping[str, Any], situation: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The sealed content of a payload row, and its commitment."""
    return salted({"values": dict(values), "situation": dict(situation)})
