"""Whether a distribution is the one the operator was promised: its SHA-256, and an Ed25519 signature by a key that this hall trusts (RFC 8032)."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.pluginhost.errors import PluginTrouble


def demand(path: Path, *, sha256: str | None, signature: Path | None, trusted: Path) -> None:
    """Hold the file *path* against *sha256* (hex) and *signature* (64 bytes, made over the file) by any key ``*.pem`` of the folder *trusted*.

    What is not given is not demanded. Raises :class:`PluginTrouble` saying which of the two does not fit.
    """
    content = path.read_bytes()
    here = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != here:
        raise PluginTrouble("pluginhost.other_digest", name=path.name, wanted=sha256, here=here)
    if signature is not None and not any(_signed(key, signature.read_bytes(), content) for key in _keys(trusted)):
        raise PluginTrouble("pluginhost.not_signed", name=path.name, folder=str(trusted))


def _keys(trusted: Path) -> Iterator[Ed25519PublicKey]:
    for path in sorted(trusted.glob("*.pem")):
        key = load_pem_public_key(path.read_bytes())
        if isinstance(key, Ed25519PublicKey):
            yield key


def _signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
