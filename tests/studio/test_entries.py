"""Entries that come by a button: their ids are ones that tests, rules and translations may name."""

import pytest

from core.items.studio import entries
from core.items.studio.edits import apply
from core.schemas import service as schemas


@pytest.mark.parametrize("lists", ["situations", "materials", "results"])
def test_a_new_entry_is_named_after_its_list_and_the_schema_takes_the_name(lists):
    content = {"item": {lists: []}, "form": {}}
    for wanted in (f"{lists}_1", f"{lists}_2"):
        made, spot = entries.added(content, ("item", lists), {"title": "新"})
        content = apply(content, made).doc
        assert spot[-1] == f"@{wanted}"
    doc = {"tests": [{"id": "t", "title": "t", "given": {"situation": {wanted: "a"}, "form": {}}, "steps": [], "expect": {}}]}
    assert not [each for each in schemas.validate("item", doc) if each.path.startswith("/tests/0/given")]


def test_a_copy_is_named_after_what_it_is_a_copy_of():
    content = {"item": {"situations": [{"id": "premises-kind", "title": "房子"}]}, "form": {}}
    made, spot = entries.copied(content, ("item", "situations", "@premises-kind"))
    assert spot[-1] == "@premises_kind_1"
    assert [each["title"] for each in apply(content, made).doc["item"]["situations"]] == ["房子", "房子"]
