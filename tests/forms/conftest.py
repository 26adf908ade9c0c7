"""What the tests of forms share: the macros' environment and a browser of the simplest kind."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parents[2]


class Browser(HTMLParser):
    """Reads a page and posts it back untouched, as a browser without JavaScript would: named controls in order, templates left alone."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.posted: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.points: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inert = 0
        self._select: dict[str, Any] | None = None
        self._area: str | None = None
        self._text = ""
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "template":
            self._inert += 1
        if self._inert:
            return
        self.tags.append((tag, named))
        if named.get("id"):
            self.ids.append(str(named["id"]))
        self.points += [str(named[a]) for a in ("for",) if named.get(a)]
        self.points += [p for a in ("aria-describedby", "aria-labelledby") for p in str(named.get(a) or "").split()]
        name = named.get("name")
        if tag == "input" and name and named.get("type") not in ("file",) and (named.get("type") not in ("radio", "checkbox") or "checked" in named):
            self.posted.append((name, named.get("value") or ""))
        elif tag == "select" and name:
            self._select = {"name": name, "first": None, "chosen": None}
        elif tag == "option" and self._select is not None:
            value = named.get("value") or ""
            self._select["first"] = value if self._select["first"] is None else self._select["first"]
            self._select["chosen"] = value if "selected" in named else self._select["chosen"]
        elif tag == "textarea" and name:
            self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._area is not None and not self._inert:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif self._inert:
            return
        elif tag == "select" and self._select is not None:
            chosen = self._select["chosen"] if self._select["chosen"] is not None else self._select["first"]
            self.posted.append((self._select["name"], chosen or ""))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # HTML drops one line feed right after the tag, and sends line ends as CRLF.
            self.posted.append((self._area, self._text.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None

    def form(self) -> dict[str, list[str]]:
        """What is posted: name → values."""
        posted: dict[str, list[str]] = {}
        for name, value in self.posted:
            posted.setdefault(name, []).append(value)
        return posted


@pytest.fixture
def browse() -> type[Browser]:
    """Read a page: ``browse(html).form()``."""
    return Browser


@pytest.fixture(scope="session")
def env() -> Environment:
    """The macros as the site has them: autoescaping, nothing else of the site."""
    return Environment(loader=FileSystemLoader(ROOT / "core" / "web" / "templates"), autoescape=True)


def definition(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A small form around *properties*."""
    return {
        "$schema": "https://wangting.example/schemas/form.v1.schema.json",
        "schema_version": 1,
        "id": "probe",
        "title": "试验表",
        "type": "object",
        "properties": properties,
        "required": list(required),
        **more,
    }


@pytest.fixture
def make() -> Any:
    """``make({"a": {...}}, ("a",))`` – a definition."""
    return definition


@pytest.fixture(scope="session")
def food() -> dict[str, Any]:
    """The reference form."""
    return json.loads((ROOT / "form_definitions" / "food_operation.json").read_text(encoding="utf-8"))


def schema(kind: str) -> dict[str, Any]:
    """A published schema."""
    return json.loads((ROOT / "core" / "schemas" / f"{kind}.v1.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def item_schema() -> dict[str, Any]:
    """The schema of an item, as published."""
    return schema("item")


@pytest.fixture
def form_schema() -> dict[str, Any]:
    """The schema of a form, as published."""
    return schema("form")
