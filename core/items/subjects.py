"""Service themes (主题) and events of life: what items name by slugs, and the portal shows by titles."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def subjects() -> Mapping[str, Mapping[str, str]]:
    """Names of service themes (主题): slug → locale → title. The slugs are what items name in ``themes``."""
    found: Mapping[str, Mapping[str, str]] = json.loads(Path(__file__).with_name("subjects.json").read_text(encoding="utf-8"))
    return found


def subject_title(slug: str, locale: str) -> str:
    """The title of a theme; one that nobody named yet shows its slug rather than nothing."""
    titles = subjects().get(slug, {})
    return titles.get(locale) or titles.get("zh") or slug
