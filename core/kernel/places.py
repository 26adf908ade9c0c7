"""Where shipped data folders are: beside ``core`` in a checkout, below ``share/wangting`` when the wheel was installed."""

import os
import sysconfig
from pathlib import Path

_BESIDE_CORE = Path(__file__).resolve().parents[2]


def shipped(folder: str, *, beside: Path = _BESIDE_CORE) -> Path:
    """The shipped *folder* (``item_configs``, ``form_definitions``, ``themes``, ``migrations``).

    A wheel's data files go where the installer's scheme says: the environment's prefix, or the user's own base after ``pip install --user``.
    When the folder is in none of these, the environment's place is returned, so that the error names where it should have been.
    """
    installed = [Path(sysconfig.get_path("data", scheme)) / "share" / "wangting" for scheme in (sysconfig.get_default_scheme(), f"{os.name}_user")]
    for root in (beside, *installed):
        if (root / folder).is_dir():
            return root / folder
    return installed[0] / folder
