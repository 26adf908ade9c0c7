"""Street trees: a register, and what the hall does with it."""
