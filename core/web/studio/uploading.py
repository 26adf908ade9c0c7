"""What every page has that takes a file in: the file itself, its columns by menus, the blank to fill in."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, abort, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from core.files.sniff import clean_name
from core.items.studio.importing.columns import Column
from core.items.studio.models import StudioImport
from core.kernel.errors import BadInput
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import at_desk
from core.web.studio.home import offices

blueprint = Blueprint("studio_blanks", __name__, url_prefix="/office/studio/blank")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/<kind>.xlsx")
@at_desk
def blank(kind: str) -> Response:
    """A blank file to fill in."""
    from core.items.studio.importing.blanks import BLANKS, workbook

    offices()
    if kind not in BLANKS:
        abort(404)
    return Response(workbook(kind, edge.locale()), mimetype=_WORKBOOK, headers={"Content-Disposition": f"attachment; filename={kind}.xlsx"})


def upload() -> tuple[FileStorage, str]:
    """The file that was sent, and its name. Raises :class:`BadInput` without one."""
    file = request.files.get("file")
    name = clean_name(file.filename or "") if file is not None else ""
    if file is None or not name:
        raise BadInput("items.import_no_file")
    return file, name


def chosen(known: Sequence[Column]) -> dict[str, str]:
    """Target → title of a column, as it was chosen by menus."""
    return {column.target: request.form.get(f"to-{column.target}", "") for column in known}


def menus(row: StudioImport, known: Sequence[Column]) -> list[tuple[str, str, bool, str]]:
    """(target, title, must be there, chosen column) of every menu."""
    return [(each.target, title_of(each), each.required, row.mapping.get(each.target, "")) for each in known]


def title_of(column: Column) -> str:
    """What a column is called for people: as in the national list, in other languages by what it means."""
    locale = edge.locale()
    return column.title if locale == "zh" and not column.title.isascii() else word(f"items.import_to_{column.target}", locale)


def unused(row: StudioImport) -> list[str]:
    """Columns of the file that nothing is made of."""
    mapping: Mapping[str, str] = row.mapping
    return [column for column in row.columns if column not in mapping.values()]
