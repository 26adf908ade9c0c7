"""``wangting plugins``: what lies here, what is installed and where it takes part; install, enable, disable, upgrade, remove, work.

Plugins are trusted code. An operator installs one and may demand its digest and a signature; departments enable what is installed. Each step is
written to the audit record; *upgrade* and *remove* show what they would do with ``--dry-run``, and which running cases stand on the plugin.
"""

import importlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import click
from sqlalchemy.orm import Session

from core.app import HOOKSPECS, ROOT, check_ready, keeper, open_site
from core.audit import service as audit
from core.cases.plugin_use import running_on
from core.cli.items import _actor
from core.cli.opening import configured, opened
from core.cli.plugin_making import hooks, new
from core.identity.queries import departments
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.pluginhost import failures, life, signing
from core.pluginhost.apart import LOOK_SECONDS
from core.pluginhost.discovery import ENTRY_POINTS
from core.pluginhost.host import PluginHost
from core.pluginhost.life import Plan
from core.pluginhost.standing import SITE, department, load
from core.web.observe import configure_logging

_who = click.option("--as", "name_of_actor", help="Who does it, for the record (default: your login).")
_dry = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
_where = click.option("--department", "code", help="Code of a department (default: the whole site).")


@click.group()
def plugins() -> None:
    """Departments' plugins: new, list, check, install, enable, disable, upgrade, remove."""


plugins.add_command(new)
plugins.add_command(hooks)


def _host() -> PluginHost:
    """A host that knows what lies here and has imported nothing."""
    return PluginHost(HOOKSPECS).discover(configured().home / "plugins", shipped=ROOT / "plugins")


@plugins.command("list")
def show() -> None:
    """Every plugin that lies here or is installed: version, digest, where it is enabled, and what keeps it out."""
    host = _host()
    with opened() as (_site, session):
        standing = load(session)
        for name in sorted(standing.installed.keys() | {found.manifest.name for found in host.all_found()}):
            click.echo(_line(session, host, name))
    for trouble in host.troubles():
        click.echo(f"! {trouble.words('zh')} / {trouble.words('en')}")


def _line(session: Session, host: PluginHost, name: str) -> str:
    plan, standing = life.planned(session, host, name), load(session)
    installed, lies = plan.version
    state = "未安装 / not installed" if installed is None else "缺少文件 / files missing" if lies is None else f"{installed}"
    if installed and lies and installed != lies:
        state += f" (→ {lies})"
    if name in standing.aside:
        state += "  已隔离 / set aside: " + " / ".join(failures.both(standing.aside[name]).values())
    elif name in standing.failures:
        state += f"  连续失败 / failures in a row: {standing.failures[name]}"
    return f"{name}  {state}  {', '.join(_named(session, plan.places)) or '-'}"


def _named(session: Session, places: Iterable[str]) -> list[str]:
    """Places as an operator knows them: departments by division and code."""
    offices = {department(each.id): f"{each.division_title} {each.code}" for each in departments(session)}
    return [offices.get(place, place) for place in places]


@plugins.command()
@click.argument("name")
def check(name: str) -> None:
    """Check a plugin that lies here: manifest, sdk, what it imports, hooks. Writes nothing."""
    host = _host()
    found = host.found(name)
    life.check(host, found)
    click.echo(f"{name} {found.manifest.version}: 没有问题 / nothing wrong  sha256 {found.digest or '-'}")


@plugins.command()
@click.argument("what", metavar="NAME|WHEEL")
@click.option("--sha256", help="The digest you were given; another one is refused.")
@click.option("--signature", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Ed25519 signature of the wheel.")
@_who
def install(what: str, sha256: str | None, signature: Path | None, name_of_actor: str | None) -> None:
    """Install a plugin that lies here by its NAME, or a WHEEL: its file is held against digest and signature before anything of it runs."""
    actor, name = _actor(name_of_actor), what
    if what.endswith(".whl"):
        name, sha256 = _wheel(Path(what), sha256, signature), None
    host = _host()
    with opened() as (_site, session):
        plan = life.install(session, host, name, actor=actor, sha256=sha256)
        _record(session, "plugin.installed", name, actor, digest=host.found(name).digest)
    _tell(plan)
    click.echo("已安装；启用: wangting plugins enable / installed; web processes load it when they start")


def _wheel(path: Path, sha256: str | None, signature: Path | None) -> str:
    """Put the distribution into this environment with pip, offline and without dependencies; the name of the plugin in it."""
    signing.demand(path, sha256=sha256, signature=signature, trusted=configured().home / "plugins" / "trusted")
    before = {point.value for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", str(path)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's own file, into the operator's own environment
    if done.returncode != 0:
        raise BadInput("cli.pip_failed", path=str(path), why=done.stderr.strip()[-300:])
    importlib.invalidate_caches()
    name = path.name.split("-")[0].lower()
    points = [point for point in importlib.metadata.entry_points(group=ENTRY_POINTS) if point.value not in before or _same(point, name)]
    if len(points) != 1:
        raise BadInput("cli.no_entry_point", path=str(path), group=ENTRY_POINTS)
    return points[0].name


def _same(point: importlib.metadata.EntryPoint, name: str) -> bool:
    return point.dist is not None and point.dist.name.replace("-", "_").lower() == name


@plugins.command()
@click.argument("name")
@_where
@_who
def enable(name: str, code: str | None, name_of_actor: str | None) -> None:
    """Let a plugin take part on the whole site, or in a department."""
    actor = _actor(name_of_actor)
    with opened() as (_site, session):
        for place in _places(session, code):
            life.enable(session, _host(), name, place, actor=actor)
            _record(session, "plugin.enabled", name, actor, place=place)
            click.echo(f"{name}: 已启用 / enabled  {', '.join(_named(session, [place]))}")


@plugins.command()
@click.argument("name")
@_where
@_who
def disable(name: str, code: str | None, name_of_actor: str | None) -> None:
    """Let a plugin take part no longer. Cases that name it stay; what it did by itself is done by hand."""
    actor = _actor(name_of_actor)
    with opened() as (_site, session):
        for place in _places(session, code):
            life.disable(session, _host(), name, place)
            _record(session, "plugin.disabled", name, actor, place=place)
            click.echo(f"{name}: 已停用 / disabled  {', '.join(_named(session, [place]))}")
        _tell_cases(session, name)


@plugins.command()
@click.argument("name")
@_who
def release(name: str, name_of_actor: str | None) -> None:
    """Let a plugin back that was set aside, after its cause was mended."""
    actor = _actor(name_of_actor)
    with opened() as (_site, session):
        life.set_aside(session, name, None)
        _record(session, "plugin.released", name, actor)
    click.echo(f"{name}: 已恢复 / let back")


@plugins.command()
@click.argument("name")
@_dry
@_who
def upgrade(name: str, dry_run: bool, name_of_actor: str | None) -> None:
    """Take the code that lies here now, and bring the plugin's tables up to it."""
    actor, host = _actor(name_of_actor), _host()
    with opened() as (_site, session):
        plan = life.upgrade(session, host, name, actor=actor, dry_run=dry_run)
        _tell(plan)
        _tell_cases(session, name)
        if not dry_run:
            _record(session, "plugin.upgraded", name, actor, digest=host.found(name).digest)


@plugins.command()
@click.argument("name")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Empty folder for the rows of its tables (default: in the hall's folder).")
@_dry
@_who
def remove(name: str, keep: Path | None, dry_run: bool, name_of_actor: str | None) -> None:
    """Write a plugin's rows to a folder, take its tables away and forget it. Its files, or its distribution, are yours to delete afterwards."""
    actor, keep = _actor(name_of_actor), keep or configured().home / "plugins" / "removed" / name
    with opened() as (_site, session):
        _tell_cases(session, name)
        plan = life.remove(session, _host(), name, keep=keep, dry_run=dry_run)
        _tell(plan)
        if not dry_run:
            _record(session, "plugin.removed", name, actor, rows=dict(plan.tables))
            click.echo(f"{name}: 已移除，数据在 / removed, its rows are in {keep}")


@plugins.command()
@click.option("--idle", type=click.FloatRange(1, 86400), default=600, show_default=True, help="Seconds after which its process ends when nothing is due.")
def work(idle: float) -> None:
    """Run plugins' background work as a service of its own: what they observe, their automatic steps, their jobs.

    Without it the hall's worker opens such a process itself while it is wanted. There is one at a time in a hall's home; one that takes longer than
    it may is ended, and its message is tried again.
    """
    asked = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked.set())
    configure_logging()
    site = open_site(configured())
    check_ready(site)
    click.echo("plugins: working")
    mine = keeper(site, idle=idle)
    while not asked.wait(LOOK_SECONDS):
        mine.look()
    mine.stop()


def _places(session: Session, code: str | None) -> tuple[str, ...]:
    if code is None:
        return (SITE,)
    offices = [each for each in departments(session) if each.code == code]
    if not offices:
        raise BadInput("items.department_missing", name=code, known="wangting organisation")
    return tuple(department(each.id) for each in offices)


def _record(session: Session, action: str, name: str, actor: Actor, **detail: object) -> None:
    audit.record(session, action, subject=("plugin", name), actor=actor, detail=detail)


def _tell(plan: Plan) -> None:
    old, new = plan.version
    click.echo(f"{plan.name}: {old or '-'} → {new or '-'}  表 / tables {plan.revision[0] or '-'} → {plan.revision[1] or '-'}")
    for table, count in plan.tables:
        click.echo(f"  {table}: {count}")
    if plan.places:
        click.echo(f"  {len(plan.places)} 处启用 / places where it is enabled")


def _tell_cases(session: Session, name: str) -> None:
    for code, count in running_on(session, name):
        click.echo(f"  {code}: {count} 件在办 / cases run on it")
