"""A plugin that implements every hook there is, each in the smallest way that can be seen from outside."""
