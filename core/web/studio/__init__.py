"""The studio: administrators make, test, change and publish items in the browser, without code. Logic is in :mod:`core.items.studio`."""
