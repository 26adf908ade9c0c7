"""``audit`` and ``keys``: prove the record, turn the keys."""

import json
import sys
from pathlib import Path

import click

from core.audit import service as records
from core.audit.spec import Root
from core.cases import sampling
from core.cases import service as cases
from core.cli.opening import configured, opened
from core.kernel.errors import BadInput
from core.keys import service as keyrings
from core.keys import store as key_store
from core.licences import chain as licences


@click.group()
def audit() -> None:
    """The append-only record."""


@audit.command()
@click.option("--root", "root_file", type=click.Path(path_type=Path, exists=True), help="A root exported earlier, to find truncation.")
def verify(root_file: Path | None) -> None:
    """Check every chain; against an exported root also that nothing is missing at the end."""
    root = _root(root_file) if root_file else None
    with opened() as (_site, session):
        faults = [f"{p.stream} #{p.seq}: {p.fault}" for p in records.verify(session, root)]
        faults += [*cases.verify_all(session), *licences.faults(session)]
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} 处不符 / faults" if faults else "记录完整 / the record is whole")
    sys.exit(1 if faults else 0)


@audit.command()
@click.option("--sample", default=sampling.SAMPLE, show_default=True, type=click.IntRange(min=1), help="How many cases, at random.")
def fold(sample: int) -> None:
    """Prove a random sample of cases: what their events say is what their rows say. Differences are recorded, never mended."""
    with opened() as (_site, session):
        count, unsound = sampling.check(session, sample)
    for case in unsound:
        for problem in case.problems:
            click.echo(f"{case.number}: {problem}")
    click.echo(f"查了 {count} 件，{len(unsound)} 件不符 / {count} cases looked at, {len(unsound)} unsound")
    sys.exit(1 if unsound else 0)


def _root(path: Path) -> Root:
    try:
        return Root.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadInput("cli.bad_root", path=str(path)) from error


@audit.command("export-root")
@click.argument("target", type=click.Path(path_type=Path))
def export_root(target: Path) -> None:
    """Write today's root to TARGET, to be kept outside the database."""
    with opened() as (_site, session):
        target.write_text(json.dumps(records.export_root(session).to_json(), indent=2), encoding="utf-8")
    click.echo(str(target))


@click.group()
def keys() -> None:
    """Master keys: status and rotation."""


@keys.command()
def rotate() -> None:
    """Make a new master key and wrap every data key anew; the old one stays until the last wrap is gone."""
    config = configured()
    key_store.rotate(config.home)
    count, after = 0, None
    while True:
        with opened() as (_site, session):
            done, after = keyrings.rewrap(session, after=after)
        count += done
        if after is None:
            break
    click.echo(f"{count} 个数据密钥已重新包裹 / data keys wrapped anew")
