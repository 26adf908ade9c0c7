"""What the hall signs for others to check without it: Ed25519 signatures as JSON Web Signatures (RFC 7515, RFC 8037), and the public key for them.

The private key is derived from the root secret, so it is the same at every start and on every server, is restored with the keys, and stays when
master keys are turned: a receipt can be checked for as long as somebody keeps it. :func:`check` needs nothing but the public key.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from core.kernel import canonical
from core.kernel.errors import BadInput
from core.keys.service import keyring

PURPOSE = "receipt-signature"
LARGEST = 2 * 2**20


class NotSigned(BadInput):
    """The signature does not hold, or this is no signed file at all."""

    key: ClassVar[str] = "keys.not_signed"


def public_key(session: Session) -> dict[str, str]:
    """The hall's public key as a JSON Web Key; its ``kid`` is the thumbprint (RFC 7638)."""
    raw = _private(session).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return _named({"crv": "Ed25519", "kty": "OKP", "x": _text(raw)})


def sign(session: Session, content: Mapping[str, Any], *, kind: str) -> dict[str, str]:
    """*content* signed: a flattened JWS whose header names the key and the *kind* of content."""
    header = _text(canonical.dumps({"alg": "EdDSA", "kid": public_key(session)["kid"], "typ": kind}))
    payload = _text(canonical.dumps(dict(content)))
    return {"protected": header, "payload": payload, "signature": _text(_private(session).sign(f"{header}.{payload}".encode()))}


def check(signed: str | bytes, key: Mapping[str, Any], *, kind: str) -> dict[str, Any]:
    """The content of a signed file when the signature of *key* holds. Raises :class:`NotSigned` for anything else, whatever it looks like."""
    try:
        if len(signed) > LARGEST:
            raise ValueError("too large")
        outer = json.loads(signed)
        header, payload = str(outer["protected"]), str(outer["payload"])
        said = json.loads(_bytes(header))
        if said["alg"] != "EdDSA" or said["typ"] != kind:
            raise ValueError("another algorithm or kind")
        if said["kid"] != _named({name: str(key[name]) for name in ("crv", "kty", "x")})["kid"]:
            raise NotSigned("keys.other_key")
        Ed25519PublicKey.from_public_bytes(_bytes(str(key["x"]))).verify(_bytes(str(outer["signature"])), f"{header}.{payload}".encode())
        content = json.loads(_bytes(payload))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotSigned from error
    if not isinstance(content, dict):
        raise NotSigned
    return content


def _private(session: Session) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keyring(session).derive(PURPOSE))


def _named(key: dict[str, str]) -> dict[str, str]:
    thumbprint = hashlib.sha256(json.dumps(key, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**key, "kid": _text(thumbprint), "use": "sig"}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
