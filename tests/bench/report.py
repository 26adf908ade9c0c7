"""What was measured against what was wanted: one table for people, one file for machines."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One figure. ``goal`` is what it must reach, as ``>=`` or ``<=`` and a number; without one the figure is printed beside, for the reader."""

    name: str
    value: float
    unit: str
    goal: str | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met."""
        if self.goal is None:
            return None
        sign, number = self.goal.split()
        return self.value >= float(number) if sign == ">=" else self.value <= float(number)


def table(lines: Iterable[Line]) -> str:
    """The table of a run, in Markdown."""
    rows = ["| what | value | unit | goal | ok |", "|---|---:|---|---|---|"]
    for line in lines:
        said = {None: "", True: "yes", False: "**no**"}[line.ok]
        rows.append(f"| {line.name} | {line.value:.2f} | {line.unit} | {line.goal or ''} | {said} |")
    return "\n".join(rows)


def write(lines: Iterable[Line], path: Path) -> None:
    """The same as JSON: ``[{name, value, unit, goal, ok}]``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{**asdict(line), "value": round(line.value, 4), "ok": line.ok} for line in lines], ensure_ascii=False, indent=1) + "\n")
