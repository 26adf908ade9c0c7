"""The script in a real browser, under the site's content security policy: conditions, rows, focus, drafts."""

import http.server
import json
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.forms import service as forms
from tests.services import serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site(food, env):
    food = {k: v for k, v in food.items() if k != "ui"}  # everything on one page
    spec = forms.compile_form(food)
    body = forms.render_page(env, spec, None, {"id_kind": "uscc", "by_agent": False})
    html = (
        '<!doctype html><meta charset="utf-8"><script type="module" src="/core/web/static/js/form.js"></script><p data-saved hidden></p>'
        f'<form method="post" action="/post" data-autosave="/save" novalidate><input type="hidden" name="_version" value="1">'
        f'{body}<button name="_next">go</button></form>'
    )
    saves, sent, hold = [], [], threading.Event()
    hold.set()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(ROOT))

        def log_message(self, *args):
            pass

        def answer(self, kind, content):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self'")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            return self.answer("text/html; charset=utf-8", html.encode()) if self.path == "/" else super().do_GET()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/post":
                sent.append(body)
                return self.answer("text/html; charset=utf-8", b"<h1>sent</h1>")
            saves.append(body)
            hold.wait(60)
            return self.answer("application/json", json.dumps({"version": 2, "saved": "已保存 10:32"}).encode())

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/", saves, sent, hold
        hold.set()


@pytest.mark.browser
def test_the_page_acts_at_once_and_saves_itself(site, chromium: Browser):
    address, saves, _sent, _hold = site
    page = chromium.new_page()
    broken = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(address)
    expect(page.locator('[data-f="resident_id"]')).to_be_hidden()
    expect(page.locator("[data-condition]:visible")).to_have_count(0)
    page.check('input[name="id_kind"][value="resident_id"]')
    expect(page.locator('[data-f="resident_id"]')).to_be_visible()
    expect(page.locator('[data-f="uscc"]')).to_be_hidden()
    page.click('button[value="add:staff"]')
    page.click('button[value="add:staff"]')
    assert page.evaluate("document.activeElement.name") == "staff-1-name"
    page.fill('[name="staff-1-name"]', "王芳")
    page.click('[data-f="staff"] button[value="remove:staff:0"]')
    expect(page.locator('[data-f="staff"] [data-entry]')).to_have_count(1)
    expect(page.locator('[data-f="staff"] [data-entry] legend').first).to_contain_text("1")
    expect(page.locator("[data-saved]")).to_have_text("已保存 10:32")
    assert page.input_value('[name="_version"]') == "2"
    page.close()
    assert broken == []
    assert "王芳" in saves[-1]


@pytest.mark.browser
def test_a_page_that_goes_out_while_it_saves_itself_waits_and_names_what_was_saved(site, chromium: Browser):
    """Else its own save would be taken for somebody else's: “changed in another window”."""
    address, saves, sent, hold = site
    page = chromium.new_page()
    page.goto(address)
    hold.clear()
    with page.expect_request("**/save"):
        page.check('input[name="id_kind"][value="resident_id"]')
    page.click("button[name=_next]")
    page.click("button[name=_next]")
    assert not sent
    hold.set()
    page.wait_for_url("**/post")
    expect(page.locator("h1")).to_have_text("sent")
    page.close()
    assert len(saves) == len(sent) == 1 and "_version=2" in sent[0] and "_next=" in sent[0]
