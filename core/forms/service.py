"""The face of forms: everything other slices import."""

from core.forms.check import Checked, check_form, checked, domains
from core.forms.compile import compile_form
from core.forms.decide import decide
from core.forms.decode import decode
from core.forms.display import Shown, display
from core.forms.errors import FormError, TooMuch
from core.forms.operations import apply_op, attach
from core.forms.prefill import empty, prefill
from core.forms.render import cache_key, render_page, render_summary
from core.forms.sample import sample
from core.forms.spec import Decision, Field, FieldError, FormSpec, Sourced, Values
from core.forms.wording import told_apart, words

__all__ = [
    "Checked", "Decision", "Field", "FieldError", "FormError", "FormSpec", "Shown", "Sourced", "TooMuch", "Values", "apply_op", "attach", "cache_key",
    "check_form", "checked", "compile_form", "decide", "decode", "display", "domains", "empty", "prefill", "render_page", "render_summary", "sample",
    "told_apart", "words",
]  # fmt: skip
