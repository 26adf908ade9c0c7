"""What several pages show alike: titles of codes, numbers as people write them, where a subject is."""

from collections.abc import Mapping
from typing import Any

from core.sdk import Context, NotFound
from plugins.credit_scoring import subjects, words
from plugins.credit_scoring.scoring.explain import number, signed

#: Grade → how a tag is coloured.
TONES = {"A": "go", "B": "go", "C": "wait", "D": "stop"}
STATE_TONES = {"valid": "", "disputed": "wait", "repaired": "go", "withdrawn": "", "filed": "wait", "granted": "go", "refused": "stop"}
RUN_TONES = {"running": "a", "done": "go", "stopped": "wait", "new": "wait", "ready": "a"}


def shown(ctx: Context) -> dict[str, Any]:
    """The helpers that every template of this plugin may use."""
    return {
        "own": lambda texts: words.own(ctx, texts),
        "industry": lambda key: words.titled(ctx, words.INDUSTRIES, key),
        "size": lambda key: words.titled(ctx, words.SIZES, key),
        "grade_words": lambda key: words.titled(ctx, words.GRADES, key),
        "domain": lambda key: words.titled(ctx, words.DOMAINS, key),
        "kind_words": lambda key: words.titled(ctx, words.KINDS, key),
        "nature_words": lambda key: words.titled(ctx, words.NATURES, key),
        "term_words": lambda key: words.titled(ctx, words.TERM_TITLES, key),
        "state_words": lambda key: words.titled(ctx, words.STATES, key),
        "request_state": lambda key: words.titled(ctx, words.REQUEST_STATES, key),
        "run_state": lambda key: words.titled(ctx, words.RUN_STATES, key),
        "run_kind": lambda key: words.titled(ctx, words.RUN_KINDS, key),
        "look_words": lambda key: words.titled(ctx, words.LOOKS, key),
        "tell": lambda key, params=None: words.tell(ctx, key, params),
        "value_words": lambda field, value: value_words(ctx, field, value),
        "values_of": lambda record: record.values(ctx.locale),
        "points": number,
        "signed": signed,
        "tones": TONES,
        "state_tones": STATE_TONES,
        "run_tones": RUN_TONES,
        "today": ctx.today(),
        "locale_": ctx.locale,
    }


def value_words(ctx: Context, field: Mapping[str, Any], value: Any) -> str:
    """A value of a field of the catalogue in words: the title of a choice, anything else as it is."""
    found = next((choice["title"] for choice in field.get("choices", ()) if choice["value"] == value), None)
    return str(value) if found is None else words.own(ctx, found)


def where(ctx: Context, party_id: str) -> str:
    """The subject that a party is. :class:`NotFound` for whom nothing is known."""
    found = subjects.of_party(ctx, party_id)
    if found is None:
        raise NotFound("credit_scoring.no_subject")
    return found
