"""Who is who: divisions, departments, posts and delegation; citizens' accounts, people and companies; halls and their scope."""
