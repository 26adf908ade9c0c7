"""What a new kind of field needs: subclass :class:`FieldType` with a ``key`` that begins with the plugin's name and a dot; offered by ``field_types``."""

from core.forms.branch import Branch
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.fieldtypes.text import Text
from core.forms.spec import Field

__all__ = ["MISSING", "Branch", "Field", "FieldType", "Problem", "Text", "Title"]
