"""The face of routing: what other slices import."""

from core.routing.actions import actions, buttons, task_title, why_closed
from core.routing.check import check_route
from core.routing.compiling import compile_route
from core.routing.drawing import draw
from core.routing.engine import advance, start
from core.routing.errors import BadRoute, NeedMissing, RouteRefused
from core.routing.estimate import WorstCase, worst_case
from core.routing.evolve import evolve, fold
from core.routing.facts import facts_at, hook_input, taken
from core.routing.guards import excluded, extension, who_may
from core.routing.marking import ActionView, Block, ChildCase, ClockOp, Command, CustodyOp, Marking, OpenTask, Plan, Relayed, RouteEvent
from core.routing.moving import migrate, move
from core.routing.outline import OutlineLine, outline, states_of
from core.routing.relaying import way_back
from core.routing.sentences import sentence
from core.routing.side_actions import side_actions
from core.routing.spec import Holders, RouteSpec

__all__ = [
    "ActionView",
    "BadRoute",
    "Block",
    "ChildCase",
    "ClockOp",
    "Command",
    "CustodyOp",
    "Holders",
    "Marking",
    "NeedMissing",
    "OpenTask",
    "OutlineLine",
    "Plan",
    "Relayed",
    "RouteEvent",
    "RouteRefused",
    "RouteSpec",
    "WorstCase",
    "actions",
    "advance",
    "buttons",
    "check_route",
    "compile_route",
    "draw",
    "evolve",
    "excluded",
    "extension",
    "facts_at",
    "fold",
    "hook_input",
    "migrate",
    "move",
    "outline",
    "sentence",
    "side_actions",
    "start",
    "states_of",
    "taken",
    "task_title",
    "way_back",
    "who_may",
    "why_closed",
    "worst_case",
]
