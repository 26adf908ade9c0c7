"""A posted form as plain JSON. WTForms coerces and does nothing else; :mod:`core.forms.decide` judges."""

from typing import Any

from core.forms.branch import MultiDict, nest
from core.forms.fieldtypes.nested import read_fields
from core.forms.spec import FormSpec, Values


def decode(spec: FormSpec, multidict: MultiDict | dict[str, Any], *, page: str | None = None) -> Values:
    """The answers of *multidict* (werkzeug's ``request.form``), of one page or of the whole form.

    Blank answers are absent, unknown names are ignored, what cannot be coerced is kept as typed so that its writer sees it again.
    Raises :class:`core.forms.errors.TooMuch` for a submission no form could need, :class:`KeyError` for an unknown page.
    """
    return read_fields(spec.on_page(page), nest(multidict))
