"""The signed receipt: one's own only, checked by the page's own script in node, by the command line, by the hall – and no altered one passes."""

import base64
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.cases import receipts
from core.cli.main import main
from core.keys.signing import NotSigned
from tests.office.conftest import CITIZEN, Office
from tests.office.conftest import fresh as fresh
from tests.office.conftest import template as template

SCRIPT = Path(__file__).parents[2] / "core" / "web" / "static" / "js" / "receipt.js"
FOOD = "food-operation-new"


@pytest.fixture
def made(fresh: Office) -> tuple[Office, Any, str, str, str]:
    """A hall, its citizen's browser, a case, its signed receipt and the hall's public key."""
    from tests import fixtures_site as site

    case = fresh.file(FOOD)
    browser = site.Browser(fresh.app).citizen(CITIZEN, fresh.built.passwords[CITIZEN])
    return fresh, browser, case, browser.get(f"/cases/{case}/receipt.json").text, browser.get("/verify/receipt/key").text


def altered(signed: str, **changes: Any) -> str:
    """The same file with another content under the old signature."""
    outer = json.loads(signed)
    content = json.loads(base64.urlsafe_b64decode(outer["payload"] + "=="))
    payload = base64.urlsafe_b64encode(json.dumps({**content, **changes}).encode()).decode().rstrip("=")
    return json.dumps({**outer, "payload": payload})


def in_node(signed: str, key: str) -> dict[str, Any]:
    """What the page's own script says."""
    program = f"import {{ check }} from {json.dumps(SCRIPT.as_uri())}; console.log(JSON.stringify(await check({json.dumps(signed)}, {key})));"
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_receipt_is_checked_by_page_script_command_line_and_hall_and_an_altered_one_by_none(made: Any, tmp_path: Path) -> None:
    _office, browser, case, signed, key = made
    content = receipts.check(signed, json.loads(key))
    assert content["case"] == case
    assert "王" not in signed
    found = in_node(signed, key)
    assert (found["state"], found["content"]["number"]) == ("sound", content["number"])
    sent = browser.post("/verify/receipt", {"receipt": (io.BytesIO(signed.encode()), "r.json")})
    assert "凭证有效" in sent.text
    assert "本厅现在的记录跟凭证一致" in sent.text
    file, public = tmp_path / "r.json", tmp_path / "key.json"
    file.write_text(signed)
    public.write_text(key)
    run = CliRunner().invoke(main, ["receipt", "check", str(file), "--key", str(public)])
    assert run.exit_code == 0, run.output
    for bad in (
        altered(signed, number="990100X"),
        altered(signed, submitted_at="2020-01-01T00:00:00+00:00"),
        signed[:-9] + signed[-8:],
        "{}",
        "[]",
        "x",
        "null",
    ):
        assert in_node(bad, key)["state"] == "altered"
        file.write_text(bad)
        assert CliRunner().invoke(main, ["receipt", "check", str(file), "--key", str(public)]).exit_code == 2
        assert browser.post("/verify/receipt", {"receipt": (io.BytesIO(bad.encode()), "r.json")}).status_code == 422
    other = json.dumps({**json.loads(key), "x": base64.urlsafe_b64encode(bytes(32)).decode().rstrip("="), "kid": "other"})
    assert in_node(signed, other)["state"] == "other-key"
    assert browser.post("/verify/receipt", {}).status_code == 422


def test_the_hall_cannot_rewrite_what_a_receipt_fixed(made: Any) -> None:
    office, browser, _case, signed, _key = made
    with office.session() as session:
        if office.here.database.engine.dialect.name == "sqlite":
            for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'case_event'")).all():
                session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(text("UPDATE case_event SET hash = 'sha256:other' WHERE seq = 2"))
    sent = browser.post("/verify/receipt", {"receipt": (io.BytesIO(signed.encode()), "r.json")}).text
    assert "从第 2 条起跟凭证不一样" in sent


def test_a_receipt_is_ones_own_and_the_page_to_keep_holds_all_it_needs(made: Any) -> None:
    from tests import fixtures_site as site

    office, browser, case, _signed, key = made
    stranger = site.Browser(office.app).citizen("13800000002", office.built.passwords["13800000002"])
    assert stranger.get(f"/cases/{case}/receipt.json").status_code == 404
    assert site.Browser(office.app).get(f"/cases/{case}/receipt.json").status_code == 302
    assert f"/cases/{case}/receipt.json" in browser.get(f"/cases/{case}/receipt").text
    kept = browser.get("/verify/receipt/page")
    assert "attachment" in kept.headers["Content-Disposition"]
    assert "crypto.subtle.verify" in kept.text
    assert json.loads(key)["x"] in kept.text
    assert not re.search(r'(src|href)="', kept.text)  # nothing to fetch


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_nothing_else_is_taken_for_a_receipt(junk: str | bytes) -> None:
    with pytest.raises(NotSigned):
        receipts.check(junk, {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43})
