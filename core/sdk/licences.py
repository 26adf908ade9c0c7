"""What the licence library knows. A plugin reads; licences are issued by decisions of cases only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from core.kernel.errors import NotFound
from core.licences import queries as library
from core.licences.spec import StatusName, VerifyView
from core.pluginhost.context import Context, whole


@dataclass(frozen=True, slots=True)
class LicenceInfo:
    """A licence as anybody may know it who has its code. ``status`` counts the days; ``holder`` is masked for a person."""

    id: str
    number: str
    type_code: str
    title: str
    status: StatusName
    status_words: str
    valid_from: date
    valid_to: date | None
    verify_code: str
    holder: str
    issuer: str
    case_number: str | None


def of_party(ctx: Context, party_id: str) -> tuple[LicenceInfo, ...]:
    """The licences of a party, newest first. The plugin answers for whoever is shown them."""
    return tuple(_info(ctx, each) for each in library.for_party(whole(ctx), party_id))


def of_case(ctx: Context, case_number: str) -> tuple[LicenceInfo, ...]:
    """The licences that a case led to."""
    return tuple(_info(ctx, each) for each in library.of_case(whole(ctx), case_number))


def verify(ctx: Context, code: str) -> LicenceInfo | None:
    """A licence by its verification code or identifier; ``None`` when there is no such licence."""
    try:
        return _info(ctx, library.verify(whole(ctx), code))
    except NotFound:
        return None


def by_id(ctx: Context, licence_id: str) -> LicenceInfo | None:
    """One licence by its id – what the slot ``portal.verify`` is about; ``None`` when there is none."""
    found = library.versions(whole(ctx), licence_id)
    return next((_info(ctx, each) for each in found if each.id == licence_id), None)


def versions(ctx: Context, licence_id: str) -> tuple[LicenceInfo, ...]:
    """Every version of the licence that *licence_id* is a version of, newest first; empty when there is none. A change makes a new version with an id and
    a verification code of its own; the first of these is the one that counts."""
    return tuple(_info(ctx, each) for each in library.versions(whole(ctx), licence_id))


def newest(ctx: Context, licence_ids: Collection[str]) -> Mapping[str, LicenceInfo]:
    """Many licences at once, each as its newest version, by the id that was asked for; those that are not there are left out."""
    return {asked: _info(ctx, each) for asked, each in library.newest(whole(ctx), licence_ids).items()} if licence_ids else {}


def _info(ctx: Context, view: VerifyView) -> LicenceInfo:
    return LicenceInfo(
        view.id, view.number, view.type_code, view.type_title, view.status, view.status_words(ctx.locale), view.valid_from, view.valid_to, view.verify_code,
        view.holder, view.issuer, view.case_no,
    )  # fmt: skip
