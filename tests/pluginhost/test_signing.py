"""A distribution is the promised one, or nothing of it runs."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.pluginhost.errors import PluginTrouble
from core.pluginhost.signing import demand


def test_digest_and_signature_must_fit_where_they_are_given(tmp_path: Path) -> None:
    wheel, signature, trusted = tmp_path / "thing.whl", tmp_path / "thing.sig", tmp_path / "trusted"
    wheel.write_bytes(b"content")
    demand(wheel, sha256=None, signature=None, trusted=trusted)
    demand(wheel, sha256=hashlib.sha256(b"content").hexdigest().upper(), signature=None, trusted=trusted)
    with pytest.raises(PluginTrouble, match="The digest"):
        demand(wheel, sha256="0" * 64, signature=None, trusted=trusted)
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signature.write_bytes(key.sign(b"content"))
    with pytest.raises(PluginTrouble, match="none of the public keys"):
        demand(wheel, sha256=None, signature=signature, trusted=trusted)
    trusted.mkdir()
    for name, each in (("a", other), ("b", key)):
        (trusted / f"{name}.pem").write_bytes(each.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    demand(wheel, sha256=None, signature=signature, trusted=trusted)
    wheel.write_bytes(b"contents")
    with pytest.raises(PluginTrouble, match="none of the public keys"):
        demand(wheel, sha256=None, signature=signature, trusted=trusted)
