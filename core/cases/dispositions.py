"""What an authority may make of an application (行政许可法 32), and which of it is a legal act with a paper.

1. Not required → told at once that it is not accepted. 2. Not ours → not accepted, and told whose it is. Both are the command ``decline``. 3. A mistake that
can be mended on the spot is mended at the counter before the application is filed: no act, no paper, no correction used up. 4. Papers missing →
the command ``request_correction``, once. 5. All in order → ``accept``. Silence for five days is the fifth (``deem_accepted``).
"""

from collections.abc import Mapping
from typing import Any

from core.kernel.errors import BadInput
from core.kernel.wording import word

#: The grounds of ``decline``, the two of art. 32 first; the others are laid down elsewhere (art. 78, the item's own conditions).
GROUNDS = ("not_required", "not_authority", "not_eligible", "materials_false", "not_corrected", "other")
#: The ground that must name the authority to turn to (32(2)).
ELSEWHERE = "not_authority"


def ground(data: Mapping[str, Any], *, uncorrected: bool = False) -> dict[str, str]:
    """The ground given in a command's data, with the other authority; :class:`BadInput` for one that is none, or that does not say where to go.

    *uncorrected* is a case whose applicant was asked for a correction and did not answer: that is its ground unless another is given.
    """
    chosen = str(data.get("disposition") or ("not_corrected" if uncorrected else "other"))
    if chosen not in GROUNDS:
        raise BadInput("cases.disposition_unknown", given=chosen[:40], known="、".join(GROUNDS))
    authority = str(data.get("authority") or "").strip()
    if chosen == ELSEWHERE and not authority:
        raise BadInput("cases.disposition_elsewhere")
    return {"disposition": chosen} | ({"authority": authority} if authority else {})


def titles(locale: str = "zh") -> dict[str, str]:
    """Every ground in words."""
    return {key: word(f"cases.disposition.{key}", locale) for key in GROUNDS}
