"""A rule that cannot be used, with every reason at once."""

from core.kernel.errors import BadInput, Finding


class RuleError(BadInput):
    """The rule is refused. ``findings`` name each spot by its path inside the rule (``and[1].>[0]``)."""

    key = "rules.refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(None, findings=findings, reasons="; ".join(f.words("zh") for f in findings))
