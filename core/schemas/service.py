"""The face of the schemas: load, parse, upgrade, validate."""

from core.schemas.catalogue import load, newest, versions
from core.schemas.checking import anchored, is_valid, properties, validate
from core.schemas.converting import upgrade
from core.schemas.errors import NotJson, WrongVersion
from core.schemas.reading import join, parse
from core.schemas.speaking import english, spoken

__all__ = [
    "NotJson",
    "WrongVersion",
    "anchored",
    "english",
    "is_valid",
    "join",
    "load",
    "newest",
    "parse",
    "properties",
    "spoken",
    "upgrade",
    "validate",
    "versions",
]
