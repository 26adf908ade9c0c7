"""办件库: every case of one's departments searched, exported, and its answers indexed."""
