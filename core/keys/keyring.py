"""The hall's keys in memory: a root secret that never changes and master keys that rotate.

The *root* gives everything that must stay the same for ever (blind index, blob addresses, session secret) by HKDF. *Master keys*
seal values and wrap data keys; one is active, old ones only open.
"""

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.keys.envelope import KEY_SIZE, Algorithm, read_header, seal, unseal
from core.keys.errors import CannotOpen


def expand(secret: bytes, purpose: str) -> bytes:
    """32 bytes for *purpose* out of *secret* (HKDF-SHA256, info ``wangting/v1/<purpose>``)."""
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=f"wangting/v1/{purpose}".encode()).derive(secret)


class DataKey:
    """The key of one case, party or blob. It leaves memory only wrapped."""

    __slots__ = ("_key", "_keyring")

    def __init__(self, key: bytes, keyring: "Keyring") -> None:
        self._key = key
        self._keyring = keyring

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """*plain* in an envelope that opens only under this key and for *context*."""
        return seal(self._key, plain, context=context, algorithm=self._keyring.algorithm)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The plain bytes; :class:`CannotOpen` when altered or moved."""
        return unseal(self._key, sealed, context=context)

    def wrapped(self, context: str) -> bytes:
        """This key sealed under the active master key, for the holder named by *context*."""
        return self._keyring.wrap(self._key, context)

    def __repr__(self) -> str:
        return "DataKey(…)"


@dataclass(frozen=True)
class Keyring:
    """The root and the master keys. Immutable and safe to share between threads."""

    root: bytes = field(repr=False)
    masters: Mapping[str, bytes] = field(repr=False)
    active: str
    origin: str = "WANGTING_MASTER_KEY"
    algorithm: Algorithm = Algorithm.AES_256_GCM

    @staticmethod
    def from_environment(home: Path | str, environ: Mapping[str, str] = os.environ) -> "Keyring":
        """The hall's keyring from ``WANGTING_MASTER_KEY`` or the key file in *home* (:mod:`core.keys.store`)."""
        from core.keys.store import from_environment  # the store builds keyrings, so it imports this module

        return from_environment(home, environ)

    def fingerprint(self, key_id: str | None = None) -> str:
        """A short name of the root (or of one master key) that gives nothing of it away."""
        secret = self.root if key_id is None else self.masters[key_id]
        return expand(secret, "fingerprint").hex()[:16]

    def _secret(self, key_id: str, purpose: str) -> bytes:
        try:
            master = self.masters[key_id]
        except KeyError as error:
            raise CannotOpen from error
        return _expanded(master, purpose)

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """*plain* sealed under the active master key for *context* (say ``"party/<id>"``)."""
        return seal(self._secret(self.active, "seal"), plain, context=context, key_id=self.active, algorithm=self.algorithm)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The plain bytes of an envelope made by :meth:`seal`, under whichever master key it names."""
        return unseal(self._secret(read_header(sealed)[0].key_id, "seal"), sealed, context=context)

    def new_data_key(self) -> DataKey:
        """A fresh random key for one case, party or blob."""
        return DataKey(secrets.token_bytes(KEY_SIZE), self)

    def wrap(self, key: bytes, context: str) -> bytes:
        """A raw data key sealed under the active master key (use :meth:`DataKey.wrapped`)."""
        return seal(self._secret(self.active, "wrap"), key, context=context, key_id=self.active, algorithm=self.algorithm)

    def unwrap(self, wrapped: bytes, context: str) -> DataKey:
        """The data key back; :class:`CannotOpen` when it was wrapped for another context."""
        return DataKey(unseal(self._secret(read_header(wrapped)[0].key_id, "wrap"), wrapped, context=context), self)

    def rewrapped(self, wrapped: bytes, context: str) -> bytes | None:
        """The same data key under the active master key, ``None`` when it is there already."""
        if read_header(wrapped)[0].key_id == self.active:
            return None
        return self.unwrap(wrapped, context).wrapped(context)

    def blind_index(self, kind: str, value: str) -> str:
        """A keyed hash by which an encrypted value can be found but not read or guessed: ``"1:<hex>"`` (format, HMAC-SHA256).

        The value is folded (NFKC, upper case, no spaces), so that ``11010519491231002x`` finds ``…X``.
        """
        folded = "".join(unicodedata.normalize("NFKC", value).upper().split())
        return "1:" + hmac.new(_expanded(self.root, f"index/{kind}"), folded.encode(), hashlib.sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for a named purpose (``session``, ``csrf``, ``blob-address``), the same at every start."""
        return _expanded(self.root, f"derive/{purpose}")


@lru_cache(maxsize=256)
def _expanded(secret: bytes, purpose: str) -> bytes:
    return expand(secret, purpose)
