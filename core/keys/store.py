"""Where the keys lie: ``WANGTING_MASTER_KEY``, else ``$WANGTING_HOME/keys/master.json`` (0600). Written once, rotated by adding."""

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.kernel.clock import now
from core.keys.envelope import KEY_SIZE
from core.keys.errors import KeyMissing, KeyTrouble, KeyUnreadable
from core.keys.keyring import Keyring, expand

VARIABLE = "WANGTING_MASTER_KEY"
FORMAT = "wangting-keys"


def key_file(home: Path | str) -> Path:
    """The key file of the hall in *home*."""
    return Path(home) / "keys" / "master.json"


def from_environment(home: Path | str, environ: Mapping[str, str] = os.environ) -> Keyring:
    """The hall's keyring. :class:`KeyMissing` / :class:`KeyUnreadable` name the file and how to restore it."""
    value = environ.get(VARIABLE, "").strip()
    if value:
        return _from_variable(value)
    path = key_file(home)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise KeyMissing(path=str(path)) from error
    except OSError as error:
        raise KeyUnreadable(path=str(path), why=error.strerror or str(error)) from error
    if mode & 0o077:
        raise KeyUnreadable("keys.too_open", path=str(path), mode=f"{mode:04o}")
    return _from_document(content, str(path))


def create_keys(home: Path | str) -> Keyring:
    """Make the key file of a new hall (0600, in a 0700 directory). Never overwrites one."""
    path = key_file(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id, entry = _new_master()
    document = {"format": FORMAT, "version": 1, "root": _text(secrets.token_bytes(KEY_SIZE)), "active": key_id, "keys": {key_id: entry}}
    try:
        _write(path, document, os.O_EXCL)
    except FileExistsError as error:
        raise KeyTrouble("keys.exists", path=str(path)) from error
    return from_environment(home, {})


def rotate(home: Path | str) -> Keyring:
    """Add a master key and make it the active one; the old ones stay to open what they sealed. Re-wrap with ``service.rewrap``."""
    path = key_file(home)
    from_environment(home, {})  # refuse to build on a damaged file
    document = json.loads(path.read_bytes())
    key_id, entry = _new_master()
    document["keys"][key_id] = entry
    document["active"] = key_id
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write(fresh, document, os.O_EXCL)
    fresh.replace(path)  # atomic: there is always one whole key file
    _sync_directory(path.parent)
    return from_environment(home, {})


def _new_master() -> tuple[str, dict[str, str]]:
    key = secrets.token_bytes(KEY_SIZE)
    return f"{now():%Y%m%d}-{secrets.token_hex(3)}", {"key": _text(key), "made_at": now().isoformat(timespec="seconds")}


def _write(path: Path, document: Mapping[str, Any], flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _from_variable(value: str) -> Keyring:
    """The variable holds base64 of 32 bytes (one key for all) or of a whole key file (then it can rotate)."""
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise KeyUnreadable(path=VARIABLE, why="not base64") from error
    if len(data) != KEY_SIZE:
        return _from_document(data, VARIABLE)
    return Keyring(expand(data, "root"), {"env-" + expand(data, "fingerprint").hex()[:8]: data}, "env-" + expand(data, "fingerprint").hex()[:8], VARIABLE)


def _from_document(content: bytes, origin: str) -> Keyring:
    try:
        document = json.loads(content)
        if document["format"] != FORMAT or document["version"] != 1:
            raise ValueError("unknown format or version")
        masters = {str(key_id): _bytes(entry["key"]) for key_id, entry in document["keys"].items()}
        root, active = _bytes(document["root"]), str(document["active"])
        if active not in masters:
            raise ValueError(f"active key {active} is not among the keys")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyUnreadable(path=origin, why=f"{type(error).__name__}: {error}") from error
    return Keyring(root, masters, active, origin)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) != KEY_SIZE:
        raise ValueError(f"a key has {KEY_SIZE} bytes, not {len(data)}")
    return data
