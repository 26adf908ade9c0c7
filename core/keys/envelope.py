"""The envelope, format 1 (docs/formats.md). It cannot change later: every ciphertext in every hall has this shape.

::

    version      1 byte   0x01
    algorithm    1 byte   0x01 AES-256-GCM · 0x02 SM4-GCM
    key id size  1 byte   0…255
    key id       n bytes  ASCII; empty when the key is known from where the envelope lies (data keys)
    nonce        12 bytes random
    ciphertext   rest     with its 16-byte tag

The authenticated data is everything before the nonce followed by the context in UTF-8, so an envelope can be neither
re-labelled nor moved to another place.
"""

import secrets
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.keys.errors import CannotOpen

VERSION = 1
NONCE_SIZE = 12
TAG_SIZE = 16
KEY_SIZE = 32


class Algorithm(IntEnum):
    """Algorithm ids. SM4 uses the first 16 bytes of the 32-byte key."""

    AES_256_GCM = 1
    SM4_GCM = 2


@dataclass(frozen=True, slots=True)
class Header:
    """What an envelope says about itself."""

    algorithm: Algorithm
    key_id: str

    def encoded(self) -> bytes:
        """The bytes before the nonce."""
        key_id = self.key_id.encode("ascii")
        return bytes((VERSION, self.algorithm, len(key_id))) + key_id


def read_header(sealed: bytes) -> tuple[Header, int]:
    """The header and where the nonce begins; :class:`CannotOpen` for what is no envelope of this format."""
    try:
        if sealed[0] != VERSION:
            raise CannotOpen
        size = sealed[2]
        header = Header(Algorithm(sealed[1]), sealed[3 : 3 + size].decode("ascii"))
    except (IndexError, ValueError) as error:
        raise CannotOpen from error
    if len(sealed) < 3 + size + NONCE_SIZE + TAG_SIZE:
        raise CannotOpen
    return header, 3 + size


def seal(key: bytes, plain: bytes, *, context: str, key_id: str = "", algorithm: Algorithm = Algorithm.AES_256_GCM) -> bytes:
    """*plain* sealed under the 32-byte *key* for *context* only."""
    head = Header(algorithm, key_id).encoded()
    nonce = secrets.token_bytes(NONCE_SIZE)
    return head + nonce + _encrypt(algorithm, key, nonce, plain, head + context.encode())


def unseal(key: bytes, sealed: bytes, *, context: str) -> bytes:
    """The plain bytes; :class:`CannotOpen` when anything – key, context, one bit – differs."""
    header, start = read_header(sealed)
    nonce, body = sealed[start : start + NONCE_SIZE], sealed[start + NONCE_SIZE :]
    try:
        return _decrypt(header.algorithm, key, nonce, body, sealed[:start] + context.encode())
    except (InvalidTag, UnsupportedAlgorithm) as error:
        raise CannotOpen from error


def _encrypt(algorithm: Algorithm, key: bytes, nonce: bytes, plain: bytes, authenticated: bytes) -> bytes:
    if algorithm is Algorithm.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, plain, authenticated)
    encryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(authenticated)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def _decrypt(algorithm: Algorithm, key: bytes, nonce: bytes, body: bytes, authenticated: bytes) -> bytes:
    if algorithm is Algorithm.AES_256_GCM:
        return AESGCM(key).decrypt(nonce, body, authenticated)
    decryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, body[-TAG_SIZE:])).decryptor()
    decryptor.authenticate_additional_data(authenticated)
    return decryptor.update(body[:-TAG_SIZE]) + decryptor.finalize()
