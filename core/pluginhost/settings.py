"""Settings of a manifest as settings of the hall: declared when the plugin is loaded, changed on its page in the back office.

A secret – a key of an outside service – is kept sealed; nobody is shown it again.
"""

from typing import Any

from sqlalchemy.orm import Session

from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.keys.service import keyring
from core.pluginhost.manifest import Manifest
from core.settings import service as settings
from core.settings.spec import Setting

_TYPES: dict[str, tuple[type, Any]] = {"string": (str, ""), "integer": (int, 0), "number": (float, 0.0), "boolean": (bool, False), "secret": (str, "")}
SECRET = "secret"  # noqa: S105 - a kind of setting


def name_of(plugin: str, name: str) -> str:
    """What a setting of a plugin is called among all settings."""
    return f"plugin.{plugin}.{name}"


def declare(manifest: Manifest) -> None:
    """Make the settings of *manifest* known; those of an earlier version of the same plugin in this process are replaced."""
    for name, given in manifest.settings.items():
        kind, empty = _TYPES[given["type"]]
        default = given.get("default", empty) if given["type"] != SECRET else ""
        default = float(default) if kind is float else default
        settings.declare(Setting(name_of(manifest.name, name), kind, default, given["title"]["zh"], reach="department"), again=True)


def get(session: Session, manifest: Manifest, name: str, *, department: str | None = None) -> Any:
    """The value in force: the department's, else the site's, else the default. A secret is opened."""
    value = settings.get(session, name_of(manifest.name, name), department=department)
    if manifest.settings[name]["type"] == SECRET and value:
        return keyring(session).open(bytes.fromhex(value), context=name_of(manifest.name, name)).decode()
    return value


def put(session: Session, manifest: Manifest, name: str, text: str, *, actor: Actor) -> None:
    """Set a value of the site as a form sends it. Raises :class:`BadInput` that names the setting and what it takes."""
    value = _read(manifest, name, text.strip())
    if manifest.settings[name]["type"] == SECRET:
        value = keyring(session).seal(str(value).encode(), context=name_of(manifest.name, name)).hex() if value else ""
    settings.put(session, name_of(manifest.name, name), value, actor=actor)


def _read(manifest: Manifest, name: str, text: str) -> Any:
    given = manifest.settings[name]
    if given["type"] == "boolean":
        return text == "1"
    try:
        return _TYPES[given["type"]][0](text)
    except ValueError as error:
        raise BadInput("pluginhost.setting_value", title=given["title"], value=text[:80]) from error
