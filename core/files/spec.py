"""What may be uploaded and what a stored file is to others."""

from collections.abc import Mapping
from dataclasses import dataclass

#: Kind → (media type, extensions). The kind is what ``materials[].accept`` of an item names.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "pdf": ("application/pdf", ("pdf",)),
    "jpg": ("image/jpeg", ("jpg", "jpeg")),
    "png": ("image/png", ("png",)),
    "webp": ("image/webp", ("webp",)),
    "heic": ("image/heic", ("heic", "heif")),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "ofd": ("application/ofd", ("ofd",)),
    "txt": ("text/plain", ("txt",)),
    "csv": ("text/csv", ("csv",)),
}
EXTENSIONS: Mapping[str, str] = {extension: kind for kind, (_, extensions) in KINDS.items() for extension in extensions}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one place of upload takes. ``accept`` holds kinds (or extensions) of :data:`KINDS`."""

    max_bytes: int = 20 * 1024 * 1024
    accept: tuple[str, ...] = ("pdf", "jpg", "png", "webp", "docx", "xlsx", "ofd")

    @property
    def kinds(self) -> frozenset[str]:
        """The accepted kinds (``jpeg`` means ``jpg``)."""
        return frozenset(EXTENSIONS.get(name.lower().lstrip("."), name) for name in self.accept)


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A stored file. ``digest`` is its keyed address: equal for equal content in this hall, of no use outside."""

    id: str
    name: str
    media_type: str
    size: int
    digest: str


def fits(ref: BlobRef, name: str, limits: Limits) -> bool:
    """Whether a file that is stored already is one that *limits* take under *name*: what is inside, how large, and what the name says."""
    kind = next((kind for kind, (media_type, _) in KINDS.items() if media_type == ref.media_type), "")
    return kind in limits.kinds and ref.size <= limits.max_bytes and EXTENSIONS.get(name.rpartition(".")[2].lower()) == kind
