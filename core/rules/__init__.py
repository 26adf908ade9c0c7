"""The condition language: compile, evaluate (three-valued), explain in Chinese. Pure; the browser has a twin of it."""
