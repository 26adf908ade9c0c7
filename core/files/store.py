"""Where sealed bytes lie. The local store is a directory; an object store offers the same four verbs."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class BlobStore(Protocol):
    """Sealed bytes under keys of ``[0-9a-f-]``. A key is written once and never changed."""

    def put(self, key: str, data: bytes) -> None:
        """Store *data*, durable when this returns."""

    def get(self, key: str) -> bytes:
        """The bytes; :class:`KeyError` when there are none."""

    def remove(self, key: str) -> None:
        """Forget the key (nothing happens when it is not there)."""

    def keys(self) -> Iterator[tuple[str, float]]:
        """Every key with the time it was written (seconds since 1970), in any order."""


class LocalStore:
    """A directory, sharded by the first two pairs of the key; written beside and renamed, so that a file is whole or absent."""

    def __init__(self, root: Path | str) -> None:
        self._root = Path(root)

    def _path(self, key: str) -> Path:
        if not key or set(key) - set("0123456789abcdef-"):
            raise KeyError(key)
        return self._root / key[:2] / key[2:4] / key

    def put(self, key: str, data: bytes) -> None:
        """Store *data* (0600) and sync file and directory."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{key}.{secrets.token_hex(4)}.part")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def get(self, key: str) -> bytes:
        """The bytes; :class:`KeyError` when there are none."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def remove(self, key: str) -> None:
        """Delete the file."""
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> Iterator[tuple[str, float]]:
        """Every stored key; half-written parts of a dead process are listed by their own name and removed by the sweep."""
        for path in self._root.glob("*/*/*"):
            try:
                yield path.name, path.stat().st_mtime
            except FileNotFoundError:
                continue
