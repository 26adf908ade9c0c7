"""Personal values under a data key of their own row, so that erasing one person is destroying one key (DESIGN §6)."""

import json
from typing import Any

from sqlalchemy.orm import Session

from core.keys.service import keyring

CONTEXT = "party"


def seal(session: Session, party_id: str, payload: dict[str, str]) -> tuple[bytes, bytes]:
    """(wrapped key, sealed payload) for a new party."""
    key = keyring(session).new_data_key()
    return key.wrapped(f"{CONTEXT}:{party_id}"), key.seal(_plain(payload), context=f"{CONTEXT}:{party_id}")


def unseal(session: Session, party_id: str, wrapped: bytes, sealed: bytes) -> dict[str, Any]:
    """The payload of a party."""
    key = keyring(session).unwrap(wrapped, context=f"{CONTEXT}:{party_id}")
    payload: dict[str, Any] = json.loads(key.open(sealed, context=f"{CONTEXT}:{party_id}"))
    return payload


def blind(session: Session, kind: str, value: str) -> str:
    """The index under which *value* can be found and from which it cannot be read."""
    return keyring(session).blind_index(kind, value)


def _plain(payload: dict[str, str]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
