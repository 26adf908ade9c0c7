"""Verbs of identity, one module a family; this is the door."""

from core.identity.holders import resolve_holders, resolve_organisation
from core.identity.queries import account_view, hall_for, staff_of_user
from core.identity.service.accounts import account_by_login, authenticate, check_password, register_account, set_password
from core.identity.service.delegation import delegate, revoke
from core.identity.service.organisation import (
    add_department,
    add_division,
    add_hall,
    add_post,
    add_staff,
    remove_hall,
    remove_post,
    set_active,
    succeed,
    succession,
)
from core.identity.service.parties import (
    acting_for,
    add_company,
    add_party,
    add_represented,
    authorise,
    own_values,
    parties_of,
    party_ids_of,
    party_view,
    printed,
)

__all__ = [
    "account_by_login",
    "account_view",
    "acting_for",
    "add_company",
    "add_department",
    "add_division",
    "add_hall",
    "add_party",
    "add_post",
    "add_represented",
    "add_staff",
    "authenticate",
    "authorise",
    "check_password",
    "delegate",
    "hall_for",
    "own_values",
    "parties_of",
    "party_ids_of",
    "party_view",
    "printed",
    "register_account",
    "remove_hall",
    "remove_post",
    "resolve_holders",
    "resolve_organisation",
    "revoke",
    "set_active",
    "set_password",
    "staff_of_user",
    "succeed",
    "succession",
]
