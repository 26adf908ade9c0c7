"""社会信用: who is known for what, what follows from it by a published model, and how it is put right."""
