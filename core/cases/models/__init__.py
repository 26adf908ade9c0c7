"""Tables of cases, one file a topic; import them from here."""

from core.cases.models.case import (
    Case,
    CaseClock,
    CaseCommand,
    CaseEvent,
    CaseMaterial,
    CaseNumber,
    CaseParty,
    CasePayload,
    CaseTask,
    CaseTaskDone,
    Correction,
    Draft,
    table,
)
from core.cases.models.evidence import CaseEvidence, CasePledge, CaseSupply
from core.cases.models.moving import CaseMove, CaseMoved
from core.cases.models.rungs import CaseClockFire, CaseClockParked
from core.cases.models.sheets import CaseSheet

__all__ = [
    "Case", "CaseClock", "CaseClockFire", "CaseClockParked", "CaseCommand", "CaseEvent", "CaseEvidence", "CaseMaterial", "CaseMove", "CaseMoved", "CaseNumber",
    "CaseParty", "CasePayload", "CasePledge", "CaseSheet", "CaseSupply", "CaseTask", "CaseTaskDone", "Correction", "Draft", "table",
]  # fmt: skip
