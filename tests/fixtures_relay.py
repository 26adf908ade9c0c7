"""A county whose villages and towns pass papers up (村镇县接力): a real item with the levels and days of the county's own plan."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.cases import queries
from core.cases import service as cases
from core.cases.service import custody
from core.cases.service.delivering import HandOver, Proof, hand_over
from core.cases.spec import CaseRef, Handed, PartyOnCase
from core.files import service as files
from core.identity import demo
from core.items import queries as items
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item
from tests.fixtures_site import example, png

#: 镇村延伸服务: the village photographs, the town says whether papers are complete, the county decides; paper follows in 2 and 4 working days.
RELAY = {
    "chain": ["village", "town", "county"],
    "holders": {"role": "agent", "org": "level"},
    "precheck_at": ["town"],
    "paper": {"custody": "required"},
}
ITEM = "disabled_federation/disability-card.json"
VILLAGE, TOWN = "990121101201", "990121101"


def with_relay(doc: dict[str, Any], **more: Any) -> None:
    """The item with the levels of the plan; its own steps and materials stay as they are."""
    doc["route"]["intake"]["relay"] = {**RELAY, **more}


@dataclass
class Relay:
    """Short verbs: every one a transaction of its own."""

    desk: Desk
    version: str

    def hand_in(self, materials: Sequence[str] = ("id_card", "household_book", "photo", "medical"), actor: Actor | None = None, **more: Any) -> CaseRef:
        """The papers are photographed in the village."""
        given, hall = example("disability-card"), self.desk.hall
        who = actor or hall.me
        with self.desk.database.session() as session:
            compiled = items.load(session, self.version)
            handed = [self.photograph(session, each, ("account", who.id)) for each in materials]
            return cases.submit(
                session, compiled=compiled, version_id=self.version, owner=hall.department("disabled_federation", demo.COUNTY), values=given["form"],
                situation=given["situation"], materials=handed, parties=(PartyOnCase(hall.citizen_party),), command_id=new_id(), actor=who,
                **{"handed_at": hall.department("village_committee", VILLAGE), **more},
            )  # fmt: skip

    def photograph(self, session: Any, material: str, holder: tuple[str, str]) -> Handed:
        """A picture of a paper."""
        ref = files.put(session, io.BytesIO(png(material + new_id())), name=f"{material}.png", holder=holder, limits=files.Limits())
        return Handed(material, ref.id, ref.name, ref.media_type, ref.size, ref.digest, holder)

    def task(self, case: str) -> Any:
        """The one open task."""
        (found,) = self.desk.mine(case).tasks
        return found

    def press(self, case: str, action: str, login: str, **more: Any) -> Any:
        """Press a button of the one open task."""
        return self.desk.act(case, self.task(case).no, action, login, **more)

    def mend(self, case: str, materials: Sequence[str], login: str) -> Any:
        """The agent brings what was asked for."""
        actor = self.desk.hall.actor(login)
        with self.desk.database.session() as session:
            values = queries.case_for_party(session, case, actor=self.desk.hall.me).values
            handed = tuple(self.photograph(session, each, ("staff", actor.id)) for each in materials)
            return cases.correct(session, case, values=values or {}, materials=handed, command_id=new_id(), actor=actor)

    def hand_over(self, case: str, login: str) -> HandOver:
        """The result is handed to the applicant, who shows the query code and the identity card."""
        proof = Proof(self.desk.mine(case).query_code or "", demo.CITIZENS[0][3][-6:])
        with self.desk.database.session() as session:
            return hand_over(session, case, proof, command_id=new_id(), actor=self.desk.hall.actor(login))

    def waiting(self, login: str) -> tuple[custody.Line, ...]:
        """What lies at somebody's department and has to go on."""
        with self.desk.database.session() as session:
            return custody.to_send(session, actor=self.desk.hall.actor(login))

    def send(self, login: str, papers: Sequence[str], command: str | None = None) -> custody.Batch:
        """Send a batch."""
        with self.desk.database.session() as session:
            return custody.send(session, papers, command_id=command or new_id(), actor=self.desk.hall.actor(login))

    def receive(self, login: str, batch: str, papers: Sequence[str], command: str | None = None) -> custody.Batch:
        """Take a batch in."""
        with self.desk.database.session() as session:
            return custody.receive(session, batch, papers, command_id=command or new_id(), actor=self.desk.hall.actor(login))

    def pass_papers(self, sender: str, taker: str) -> custody.Batch:
        """Everything that lies at the sender's goes to the taker, who finds all of it."""
        sent = self.send(sender, [line.paper.id for line in self.waiting(sender)])
        return self.receive(taker, sent.id, [line.paper.id for line in sent.lines])

    def of_case(self, case: str, actor: Actor | None = None) -> dict[tuple[str, str], str]:
        """(leg, material) → state, as the applicant sees it."""
        with self.desk.database.session() as session:
            return {(p.leg, p.material): p.state for p in custody.of_case(session, case, actor=actor or self.desk.hall.me)}


def relay_of(desk: Desk, **more: Any) -> Relay:
    """The item published with its levels in the desk's hall."""
    with desk.database.session() as session:
        version = publish_item(session, ITEM, change=lambda doc: with_relay(doc, **more))
    return Relay(desk, version)
