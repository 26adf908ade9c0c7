"""The face of the rules: everything other slices import."""

from core.rules.errors import RuleError
from core.rules.holding import Domain, may_hold
from core.rules.rule import Rule, compile_rule
from core.rules.sentence import Labels
from core.rules.spec import Label, Type

__all__ = ["Domain", "Label", "Labels", "Rule", "RuleError", "Type", "compile_rule", "may_hold"]
