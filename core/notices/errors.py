"""What can go wrong when a notice is posted: mistakes of the caller, never of the reader."""

from core.kernel.errors import BadInput


class UnknownTemplate(BadInput):
    """There is no such template."""

    key = "notices.unknown_template"


class WrongParams(BadInput):
    """Parameters missing, not declared by the template, too long, or looking like a person's number."""

    key = "notices.wrong_params"
