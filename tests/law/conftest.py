"""A desk to try the law at: the one of :mod:`tests.cases`."""

from tests.cases.conftest import lite, mould

__all__ = ["lite", "mould"]
