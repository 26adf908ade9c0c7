"""Fixtures for a plugin's tests, shipped as a pytest plugin: a hall with the plugin in it, people with browsers, cases, a clock that stands still.

Loaded by pytest wherever the platform is installed; it does something only for tests that lie in, or beside, a folder with a ``manifest.json``.
"""

from core.sdk.testing.fixtures import (
    citizen,
    clerk,
    create_case,
    enabled,
    frozen_clock,
    hall,
    hall_mould,
    network_guard,
    office,
    plugin_folder,
)  # fmt: skip
from core.sdk.testing.passwords import cheap_passwords

__all__ = ["cheap_passwords", "citizen", "clerk", "create_case", "enabled", "frozen_clock", "hall", "hall_mould", "network_guard", "office", "plugin_folder"]
