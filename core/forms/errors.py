"""What can go wrong with a definition as a whole; wrong answers are collected as :class:`core.forms.spec.FieldError` instead."""

from core.kernel.errors import BadInput


class FormError(BadInput):
    """The definition cannot become a form. ``findings`` say where and why, all at once."""

    key = "forms.bad_definition"


class TooMuch(BadInput):
    """A submission so large that it is refused before anything is built from it."""

    status = 413
    key = "forms.too_much"
