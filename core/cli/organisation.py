"""``wangting organisation``: divisions, departments, halls and the first administrators of a real hall from one JSON file; a forgotten password."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cli.opening import application
from core.identity import queries
from core.identity import service as identity
from core.identity.spec import Scope
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput, NotFound
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice import users


@click.group()
def organisation() -> None:
    """Divisions, departments, halls, administrators."""


@organisation.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def bring_in(file: Path) -> None:
    """Add what FILE names and is not there yet. All or nothing; safe to repeat."""
    doc = schemas.parse(file.read_text(encoding="utf-8"))
    findings = tuple(schemas.validate("organisation", doc))
    if findings:
        raise BadInput("cli.organisation", findings=findings, path=str(file))
    app = application()
    with app.app_context():
        session = edge.session()
        made = [*_places(session, doc), *_administrators(session, doc.get("administrators", ()))]
        session.commit()
    for line in made or ["没有新的内容 / nothing new"]:
        click.echo(line)


@organisation.command()
@click.argument("login")
def password(login: str) -> None:
    """Give the staff log-in LOGIN a new password and print it. The way for auditors, whose password no administrator may set; recorded."""
    app = application()
    with app.app_context():
        session, new = edge.session(), "w7-" + secrets.token_urlsafe(9)
        found = users.user_id(login)
        if found is None:
            raise NotFound("cli.no_such_login", name=login)
        users.set_password(login, new)
        audit.record(session, "user.password_reset", subject=("user", found), actor=SYSTEM, detail={"login": login})
        session.commit()
    click.echo(f"{login}  {new}  (密码只显示这一次 / shown once)")


def _places(session: Session, doc: Mapping[str, Any]) -> list[str]:
    known = {each.code: each for each in queries.divisions(session)}
    made = []
    for one in doc["divisions"]:
        if one["code"] not in known:
            parent = _division(session, one["parent"]) if one.get("parent") else None
            identity.add_division(session, one["code"], one["title"], one["level"], parent_id=parent, actor=SYSTEM)
            made.append(f"+ 区划 {one['code']} {one['title']}")
    for one in doc["departments"]:
        if _department(session, one["division"], one["code"]) is None:
            home = _division(session, one["division"])
            identity.add_department(session, one["code"], one["title"], division_id=home, uscc=one.get("uscc"), mark=one.get("mark"), actor=SYSTEM)
            made.append(f"+ 部门 {one['title']}")
    slugs = {each.slug for each in queries.halls(session)}
    for one in doc["halls"]:
        if one["slug"] not in slugs:
            shown = {"theme": one.get("theme", "standard"), "hosts": one.get("hosts", ()), "main": one.get("main", False)}
            identity.add_hall(session, one["slug"], one["title"], division_id=_division(session, one["division"]), actor=SYSTEM, **shown)
            made.append(f"+ 大厅 {one['title']}")
    return made


def _administrators(session: Session, wanted: tuple[Mapping[str, str], ...]) -> list[str]:
    made = []
    for one in wanted:
        if users.exists(one["login"]):
            continue
        department = _department(session, one["division"], one["department"])
        if department is None:
            raise BadInput("cli.no_department", code=one["department"], division=one["division"])
        password = "w7-" + secrets.token_urlsafe(9)
        staff = identity.add_staff(session, users.make_user(one["login"], one["name"], password, ("admin",)), one["name"], actor=SYSTEM)
        identity.add_post(session, staff, department, "admin", actor=SYSTEM)
        made.append(f"+ 管理员 {one['login']}  {password}  (密码只显示这一次 / shown once)")
    return made


def _division(session: Session, code: str) -> str:
    try:
        return queries.division_by_code(session, code).id
    except NotFound as error:
        raise BadInput("cli.no_division", code=code) from error


def _department(session: Session, division: str, code: str) -> str | None:
    try:
        path = queries.division_by_code(session, division).path
    except NotFound:
        return None
    return next((each.id for each in queries.departments(session, Scope(path)) if each.code == code and each.division_path == path), None)
