"""Passwords of test people are hashed with the least cost there is: a suite logs in thousands of times, and a third of its time went into hashing.

The methods are the platform's own (argon2id, PBKDF2) and every log-in is checked as always; a hash says itself what it cost.
"""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def cheap_passwords() -> Iterator[None]:
    """Passwords that this process hashes cost next to nothing. Halls that another process made keep what they have."""
    from argon2 import PasswordHasher

    from core.identity.service import accounts
    from core.web.backoffice import wiring

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setitem(wiring._SETTINGS, "FAB_PASSWORD_HASH_METHOD", "pbkdf2:sha256:1")
        yield
