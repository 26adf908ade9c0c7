"""Tables of cases, one file a topic; import them from here."""

from core.cases.models.bulk import CaseBulk, CaseBulkLine
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
from core.cases.models.children import CaseChild
from core.cases.models.custody import CaseCustody, CustodyBatch
from core.cases.models.delivery import CaseDelivery, CaseReception
from core.cases.models.evidence import CaseEvidence, CasePledge, CaseSupply
from core.cases.models.filing import CaseFiling
from core.cases.models.incidents import CaseIncident
from core.cases.models.library import CaseExport, CaseExportPiece, CaseIndexed, SavedSearch
from core.cases.models.moving import CaseMove, CaseMoved
from core.cases.models.rungs import CaseClockFire, CaseClockParked
from core.cases.models.sheets import CaseSheet

__all__ = [
    "Case", "CaseBulk", "CaseBulkLine", "CaseChild", "CaseClock", "CaseClockFire", "CaseClockParked", "CaseCommand", "CaseCustody", "CaseDelivery",
    "CaseEvent", "CaseEvidence", "CaseExport", "CaseExportPiece", "CaseFiling", "CaseIncident", "CaseIndexed", "CaseMaterial", "CaseMove", "CaseMoved",
    "CaseNumber", "CaseParty", "CasePayload", "CasePledge", "CaseReception", "CaseSheet", "CaseSupply", "CaseTask", "CaseTaskDone", "Correction",
    "CustodyBatch", "Draft", "SavedSearch", "table",
]  # fmt: skip
