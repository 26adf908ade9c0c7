"""What hooks are called with and what they answer with, where it is no subject of another module."""

from core.cases.hookspecs import Application, CaseChange, Grant, Merged, StepCall, StepView, SubCase

__all__ = ["Application", "CaseChange", "Grant", "Merged", "StepCall", "StepView", "SubCase"]
