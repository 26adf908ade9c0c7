"""A document that cannot be read, or not in this version of the platform."""

from core.kernel.errors import BadInput


class NotJson(BadInput):
    """The text is no JSON. Its one finding has ``line:column`` as path."""

    key = "schemas.not_json"


class WrongVersion(BadInput):
    """The document's ``schema_version`` is missing, newer than this platform, or too old to convert."""

    key = "schemas.version_unknown"
