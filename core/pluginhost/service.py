"""The accessor other slices use."""

from sqlalchemy.orm import Session

from core.pluginhost.host import PluginHost


def host(session: Session) -> PluginHost:
    """The hall's plugin host, carried by the session."""
    found = session.info["plugins"]
    assert isinstance(found, PluginHost)
    return found
