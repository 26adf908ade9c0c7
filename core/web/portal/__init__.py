"""The citizens' portal: find an item, read its guide, apply, follow the case. Plain Flask blueprints, pages from :mod:`core.web.page`."""
