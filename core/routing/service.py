"""The face of routing: what other slices import."""

from core.routing.actions import actions
from core.routing.check import check_route
from core.routing.commands import excluded
from core.routing.compiling import compile_route
from core.routing.drawing import draw
from core.routing.engine import advance, start
from core.routing.errors import BadRoute, NeedMissing, RouteRefused
from core.routing.estimate import WorstCase, worst_case
from core.routing.evolve import evolve, fold
from core.routing.facts import facts_at, hook_input
from core.routing.marking import ActionView, Block, ClockOp, Command, Marking, OpenTask, Plan, RouteEvent
from core.routing.outline import OutlineLine, outline, states_of
from core.routing.sentences import sentence
from core.routing.spec import Holders, RouteSpec

__all__ = [
    "ActionView",
    "BadRoute",
    "Block",
    "ClockOp",
    "Command",
    "Holders",
    "Marking",
    "NeedMissing",
    "OpenTask",
    "OutlineLine",
    "Plan",
    "RouteEvent",
    "RouteRefused",
    "RouteSpec",
    "WorstCase",
    "actions",
    "advance",
    "check_route",
    "compile_route",
    "draw",
    "evolve",
    "excluded",
    "facts_at",
    "fold",
    "hook_input",
    "outline",
    "sentence",
    "start",
    "states_of",
    "worst_case",
]
