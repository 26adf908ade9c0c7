"""The back office: the catalogue of credit information."""

from typing import Any

from core.sdk import BadInput, Words
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import catalogue
from plugins.credit_scoring.views import pages
from plugins.credit_scoring.views.showing import shown
from plugins.credit_scoring.words import DOMAINS, KINDS, NATURES, TERM_TITLES

#: Rows of fields that the form shows: those there are and some to add.
_MORE, _MOST = 3, 20
_BLANK: dict[str, Any] = {
    "code": "", "kind": "company", "domain": "law", "title": {"zh": "", "en": ""}, "nature": "neutral", "term": "none", "public": False, "severe": False,
    "source": {"zh": "", "en": ""}, "fields": [], "basis": "", "assumed": True,
}  # fmt: skip


@pages.office("catalogue", title=Words("信用信息目录", "Credit catalogue"), nav=True, may="manage", methods=("GET", "POST"))
def listed(ask: Ask) -> Answer:
    """Every entry; what comes with the plugin is added by one button."""
    if ask.method == "POST":
        added = catalogue.load_shipped(ask.ctx)
        ask.tell(ask.ctx.say("已加入 %(count)s 项", count=added))
        return ask.go("catalogue")
    return ask.page("catalogue.html", entries=list(catalogue.docs(ask.ctx).values()), counts=catalogue.counts(ask.ctx), **shown(ask.ctx))


@pages.office("catalogue/<code>", title=Words("目录项", "Catalogue entry"), may="manage", methods=("GET", "POST"))
def entry(ask: Ask, code: str) -> Answer:
    """One entry as a form; ``new`` for one that is not there yet."""
    doc, wrong, status = (_BLANK if code == "new" else catalogue.one(ask.ctx, code)), "", 200
    if ask.method == "POST":
        doc = _posted(ask, doc, code)
        try:
            with ask.ctx.session.nested():
                catalogue.save(ask.ctx, doc)
            ask.tell(ask.ctx.say("已保存"))
            return ask.go("catalogue")
        except BadInput as error:
            wrong, status = error.words(ask.ctx.locale), 422
    return ask.page(
        "entry.html", status=status, doc=doc, new=code == "new", wrong=wrong, fields=[*doc["fields"], *({} for _ in range(_MORE))][:_MOST], kinds=KINDS,
        domains=DOMAINS, natures=NATURES, terms=TERM_TITLES, types=catalogue.FIELD_TYPES, **shown(ask.ctx),
    )  # fmt: skip


def _posted(ask: Ask, before: dict[str, Any], code: str) -> dict[str, Any]:
    form = ask.form

    def text(name: str, most: int = 200) -> str:
        return form.get(name, "").strip()[:most]

    parts = ("id", "zh", "en", "type", "choices", "required")
    given = [{name: text(f"field-{number}-{name}", 1000) for name in parts} for number in range(_MOST)]
    fields = [_field(row) for row in given if row["id"] or row["zh"]]
    return {
        **before, "code": text("code") if code == "new" else code, "kind": text("kind") if text("kind") in KINDS else before["kind"],
        "domain": text("domain") if text("domain") in DOMAINS else before["domain"], "title": {"zh": text("zh"), "en": text("en") or text("zh")},
        "nature": text("nature") if text("nature") in NATURES else before["nature"], "term": text("term"), "public": form.get("public") == "yes",
        "source": {"zh": text("source_zh"), "en": text("source_en") or text("source_zh")}, "fields": fields, "basis": text("basis", 500),
        "assumed": form.get("assumed") == "yes",
    }  # fmt: skip


def _field(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row["id"], "title": {"zh": row["zh"], "en": row["en"] or row["zh"]}, "type": row["type"]}
    if row["required"]:
        found["required"] = True
    if row["type"] == "choice":
        lines = [[part.strip() for part in line.split("|")] for line in row["choices"].splitlines() if line.strip()]
        found["choices"] = [_choice(line) for line in lines]
    return found


def _choice(parts: list[str]) -> dict[str, Any]:
    """``value | 中文 | English``; what is left out is the one before it."""
    zh = parts[1] if len(parts) > 1 else parts[0]
    return {"value": parts[0], "title": {"zh": zh, "en": parts[2] if len(parts) > 2 else zh}}
