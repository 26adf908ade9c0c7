"""``receipt``: check a citizen's receipt without the hall, or with it; and give out the public key."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from core.cases import receipts
from core.cli.opening import opened
from core.kernel.errors import BadInput
from core.keys import signing


@click.group()
def receipt() -> None:
    """Receipts that citizens can check offline."""


@receipt.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "key_file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The hall's public key; without it this hall is asked.")
@click.option("--against-hall", is_flag=True, help="Hold it against this hall's record as well.")
def check(file: Path, key_file: Path | None, against_hall: bool) -> None:
    """Check FILE. With --key nothing but the two files is needed. Ends with status 1 when the record differs, 2 when the receipt does not hold."""
    key = _key(key_file) if key_file is not None else None
    if key is None:
        with opened() as (_site, session):
            key = signing.public_key(session)
    content = receipts.check(file.read_bytes(), key)
    click.echo(f"凭证有效 / the receipt holds: {content['number']}  {content['submitted_at']}")
    click.echo(f"事件 / events: {content['chain']['seq']}  {content['chain']['head']}")
    if against_hall:
        _against(content)


def _against(content: dict[str, Any]) -> None:
    with opened() as (_site, session):
        held = receipts.held_against(session, content)
    if not held.known or held.differs_at:
        at = f" #{held.differs_at}" if held.known else ""
        click.echo(f"与本厅记录不符{at} / differs from this hall's record{at}")
        sys.exit(1)
    click.echo("与本厅记录一致 / agrees with this hall's record")


def _key(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(found[name]) for name in ("kty", "crv", "x")}
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("cli.bad_public_key", path=str(path)) from error


@receipt.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), required=False)
def key(target: Path | None) -> None:
    """The public key (JSON Web Key), on the screen or into TARGET. It may be given to anybody."""
    with opened() as (_site, session):
        text = json.dumps(signing.public_key(session), indent=2)
    if target is None:
        click.echo(text)
        return
    target.write_text(text + "\n", encoding="utf-8")
    click.echo(str(target))
