"""Files that belong to a plugin's rows: checked when they come in, sealed, and given back only for the row that holds them."""

import hashlib

from core.files import service as files
from core.files.spec import BlobRef as FileRef
from core.files.spec import Limits
from core.pluginhost.context import Context, whole
from core.web.plugged.pages import Upload


def keep(ctx: Context, upload: Upload, *, of: str, limits: Limits | None = None) -> FileRef:
    """Check and keep an upload for the row *of* (any id of the plugin's own). Raises :class:`FileRefused` with what is wrong and how to mend it."""
    return files.put(whole(ctx), upload.stream, name=upload.name, holder=_holder(ctx, of), limits=limits or Limits())


def read(ctx: Context, file_id: str, *, of: str) -> bytes:
    """The content of a file that the row *of* holds. Raises :class:`NotFound` for any other."""
    return files.open(whole(ctx), file_id, holder=_holder(ctx, of))


def drop(ctx: Context, file_id: str, *, of: str) -> None:
    """The row *of* lets go of a file; it is erased when nobody else holds it."""
    files.drop(whole(ctx), file_id, holder=_holder(ctx, of))


def _holder(ctx: Context, of: str) -> tuple[str, str]:
    return ("plugin", hashlib.sha256(f"{ctx.plugin}/{of}".encode()).hexdigest())


__all__ = ["FileRef", "Limits", "drop", "keep", "read"]
