"""Advice on a draft, beside what closes the gate: plain words, names that tell apart, conditions that can hold, translations that are there."""
