"""One licence that carries all: what the grant of a bundle case writes on the merged licence beside its own lines."""

from core.sdk import Context
from core.sdk import rules as item_rules
from core.sdk.hooks import Grant, Merged
from core.sdk.licences import of_case

from .bundles import Part, read

#: Titles of the lines on the licence; a licence is in Chinese.
CARRIED, RECORDED = "合并的证", "一并备案"


def merge(ctx: Context, grant: Grant) -> Merged:
    """The certificates that were decided, each with its own number, and the departments' records that are begun with this very grant.

    What was refused or not chosen is not on the licence. How each stands later is not printed: the public page of the licence says it.
    """
    bundle = read(grant.item.doc, grant.item.options)
    ended = {each.item_code: each for each in grant.parts if each.result == "granted"}
    carried = [_with_number(ctx, part, ended[part.item].number) for part in bundle.parts if part.kind == "decide" and part.item in ended]
    recorded = [part.title.zh for part in bundle.parts if part.kind == "notify" and all(item_rules.holds(rule, grant.facts) for rule in part.when)]
    lines = {CARRIED: "；".join(carried), RECORDED: "、".join(recorded)}
    return Merged(bundle.licence, {title: words for title, words in lines.items() if words})


def _with_number(ctx: Context, part: Part, case_number: str) -> str:
    numbers = "、".join(each.number for each in of_case(ctx, case_number))
    return f"{part.title.zh}（{numbers}）" if numbers else part.title.zh
