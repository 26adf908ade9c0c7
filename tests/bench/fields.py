"""The 40-field form that every system in the bench shows (docs: PERFORMANCE): names, kinds and a value for each. Standard library only."""

KINDS = {"text": 12, "long": 4, "number": 4, "date": 4, "select": 6, "check": 4, "email": 2, "radio": 2, "phone": 2}
FIELDS = [(f"{kind}_{n}", kind) for kind, count in KINDS.items() for n in range(1, count + 1)]
CHOICES = [("a", "选项甲"), ("b", "选项乙"), ("c", "选项丙")]
VALUES = {
    "text": "示例文字",
    "long": "第一行说明。\n第二行说明。",
    "number": "42",
    "date": "2026-03-02",
    "select": "b",
    "check": "y",
    "email": "someone@example.com",
    "radio": "a",
    "phone": "13800001234",
}


def answers() -> dict[str, str]:
    """One filled form as HTML field values."""
    return {name: VALUES[kind] for name, kind in FIELDS}
