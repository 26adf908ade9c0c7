"""What can go wrong when a document is drawn up."""

from core.kernel.errors import BadInput, NotFound


class WordsMissing(BadInput):
    """The act lacks what the law demands of its document: a reason, a basis, the redress, the other authority."""

    key = "documents.words_missing"


class UnknownDocument(NotFound):
    """No such document, or none of the caller's; the two are not told apart."""

    key = "documents.not_found"
