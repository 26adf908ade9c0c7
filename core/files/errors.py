"""Why a file is not taken, or not to be had."""

from core.kernel.errors import BadInput, NotFound


class FileRefused(BadInput):
    """The upload is not taken; the words say how to mend it. Nothing was stored."""

    key = "files.unknown_content"


class BlobGone(NotFound):
    """No such blob, not this holder's, or erased – told apart by nobody."""

    key = "files.gone"
