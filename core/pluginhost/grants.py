"""Who may do what a plugin's manifest names as a permission. Administrators grant it to staff of departments that they administer."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.kernel.actor import Actor
from core.kernel.clock import now
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest
from core.pluginhost.models import Granted


def of(session: Session, plugin: str, staff_id: str) -> frozenset[str]:
    """The permissions of *plugin* that a member of staff has."""
    return frozenset(session.scalars(select(Granted.permission).where(Granted.name == plugin, Granted.staff_id == staff_id)))


def everything(session: Session, staff_id: str) -> dict[str, frozenset[str]]:
    """Plugin → the permissions that a member of staff has."""
    found: dict[str, set[str]] = {}
    for name, permission in session.execute(select(Granted.name, Granted.permission).where(Granted.staff_id == staff_id)):
        found.setdefault(name, set()).add(permission)
    return {name: frozenset(each) for name, each in found.items()}


def holders(session: Session, plugin: str, staff: Iterable[str] | None = None) -> dict[str, frozenset[str]]:
    """Permission → ids of the staff who have it; only *staff* when given."""
    query = select(Granted.permission, Granted.staff_id).where(Granted.name == plugin)
    found: dict[str, set[str]] = {}
    for permission, holder in session.execute(query if staff is None else query.where(Granted.staff_id.in_(list(staff)))):
        found.setdefault(permission, set()).add(holder)
    return {permission: frozenset(each) for permission, each in found.items()}


def grant(session: Session, manifest: Manifest, permission: str, staff_id: str, *, actor: Actor) -> None:
    """Give a member of staff a permission of the manifest. :class:`PluginTrouble` for one that the manifest does not name."""
    if permission not in manifest.permissions:
        raise PluginTrouble("pluginhost.no_permission", name=manifest.name, permission=permission)
    if session.get(Granted, (manifest.name, permission, staff_id)) is None:
        session.add(Granted(name=manifest.name, permission=permission, staff_id=staff_id, since=now(), granted_by=f"{actor.kind}:{actor.id}"))
        session.flush()


def take_back(session: Session, plugin: str, permission: str, staff_id: str) -> None:
    """Take a permission away."""
    session.execute(delete(Granted).where(Granted.name == plugin, Granted.permission == permission, Granted.staff_id == staff_id))
