"""The face of guides."""

from core.guides.build import build_guide
from core.guides.spec import Guide

__all__ = ["Guide", "build_guide"]
