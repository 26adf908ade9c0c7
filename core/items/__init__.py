"""Items (事项) as data: checking, compiling to one immutable bundle, publishing through the gate, diff and export."""
