"""Messages to people: into the inbox, and by every other channel that the hall has for them."""

from core.identity import queries as people
from core.identity.service import parties
from core.notices import service as notices
from core.notices.spec import Recipient
from core.pluginhost.context import Context, whole
from core.pluginhost.words import Words

TEMPLATE = {"account": "plugin_citizen", "staff": "plugin_staff"}


def tell_party(ctx: Context, party_id: str, title: Words, body: Words, *, key: str, case_id: str | None = None) -> int:
    """Tell everybody who may act for a party; returns how many accounts. *key* names the event: the same one tells nobody twice."""
    accounts = parties.accounts_of(whole(ctx), party_id)
    for account in accounts:
        _post(ctx, ("account", account), title, body, key, case_id)
    return len(accounts)


def tell_staff(ctx: Context, staff_id: str, title: Words, body: Words, *, key: str, case_id: str | None = None) -> None:
    """Tell a member of staff. *key* names the event."""
    people.staff_view(whole(ctx), staff_id)  # NotFound for nobody
    _post(ctx, ("staff", staff_id), title, body, key, case_id)


def _post(ctx: Context, to: Recipient, title: Words, body: Words, key: str, case_id: str | None) -> None:
    params = {"title": {"zh": title.zh, "en": title.en}, "words": {"zh": body.zh, "en": body.en}}
    notices.post(
        whole(ctx), key=f"plugin/{ctx.plugin}/{key}/inbox/{to[0]}:{to[1]}", template=TEMPLATE[to[0]], recipient=to, params=params, case_id=case_id
    )  # fmt: skip
