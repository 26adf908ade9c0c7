"""The licence library: types, identifiers, issue, the printed sheet, public verification. Keeps a case number only, never a case."""
