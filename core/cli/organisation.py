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
from core.identity.service import log_ins
from core.identity.spec import Scope
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput, NotFound
from core.kernel.wording import word
from core.schemas import service as schemas
from core.web import edge


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
    """Give the staff log-in LOGIN a new password and print it; its owner has to change it at the next log-in. The way for auditors, whose password no
    administrator may set; recorded."""
    from core.web.backoffice import users  # with Flask-AppBuilder: a third of what a command would load

    app = application()
    with app.app_context():
        session, new = edge.session(), "w7-" + secrets.token_urlsafe(9)
        found = users.user_id(login)
        if found is None:
            raise NotFound("cli.no_such_login", name=login)
        users.set_password(login, new)
        log_ins.lend(session, found, actor=SYSTEM)
        audit.record(session, "user.password_reset", subject=("user", found), actor=SYSTEM, detail={"login": login})
        session.commit()
    click.echo(f"{login}  {new}  (密码只显示这一次 / shown once)")


@organisation.command()
@click.argument("old")
@click.argument("into")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def merge(old: str, into: str, dry_run: bool) -> None:
    """Department INTO takes the place of OLD (机构改革), each named as DIVISION/DEPARTMENT by their codes.

    The people of OLD get their posts in INTO too and work off what lies in the old queues; papers and results on their way to OLD go to INTO. The items
    that OLD answers for are named: each is transferred on its own page, with its review.
    """
    from core.cases.queries import waiting_in  # only this command asks cases and items
    from core.items.catalogue import power

    app = application()
    with app.app_context():
        session = edge.session()
        found, by = _named(session, old), _named(session, into)
        done = identity.succession(session, found, by) if dry_run else identity.succeed(session, found, by, actor=SYSTEM)
        cases, tasks = waiting_in(session, found)
        items = sorted(power.owned(session, [found]))
        session.commit()
    click.echo(f"{done.old.title} → {done.by.title}{'  (预演，没有改动 / dry run, nothing changed)' if dry_run else ''}")
    for _staff, name, role in done.posts:
        click.echo(f"+ 岗位 {name}  {done.by.title} · {word(f'routing.role.{role}', 'zh')} ({role})")
    for _staff, name, role in done.held_back:
        said = f"{name} · {word(f'routing.role.{role}', 'zh')} ({role})"
        click.echo(f"! 岗位 {said}：{done.by.title}在另一个区划，没有带过去，需要时由那里的管理员任命 / not taken along: it would reach over another division")
    click.echo(f"在办 {cases} 件、待办 {tasks} 项留在原部门，由原来的人办完 / {cases} open cases and {tasks} tasks stay in the old queues for the same people")
    for code in items:
        click.echo(f"! 事项 {code} 还由{done.old.title}负责：在业务后台“事项”里移交 / transfer it under Items in the back office")


def _named(session: Session, code: str) -> str:
    """The id of a department that is named as ``division/department``."""
    division, _slash, department = code.partition("/")
    found = _department(session, division, department)
    if found is None:
        raise BadInput("cli.no_department", code=department, division=division)
    return found


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
    from core.web.backoffice import users  # as above

    made = []
    for one in wanted:
        if users.exists(one["login"]):
            continue
        department = _department(session, one["division"], one["department"])
        if department is None:
            raise BadInput("cli.no_department", code=one["department"], division=one["division"])
        password = "w7-" + secrets.token_urlsafe(9)
        user_id = users.make_user(one["login"], one["name"], password, ("admin",))
        staff = identity.add_staff(session, user_id, one["name"], actor=SYSTEM)
        log_ins.lend(session, user_id, actor=SYSTEM)
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
