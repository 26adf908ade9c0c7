"""Sets a plugin aside that hung while it held the database: ``python -m core.worker.aside PLUGIN HOOK SECONDS``.

Started by the web process that ends itself because of it, and outlives it: only with that process does SQLite's write lock go.
"""

import sys

from core.pluginhost import failures
from core.pluginhost.calls import Note
from core.web.observe import configure_logging
from core.worker.site import open_database


def main() -> None:
    """Write it down."""
    plugin, hook, seconds = sys.argv[1:4]
    configure_logging()
    note = Note(plugin, hook, "hung", {"seconds": int(seconds)})
    open_database().run(lambda session: failures.failed(session, note))


if __name__ == "__main__":
    main()
