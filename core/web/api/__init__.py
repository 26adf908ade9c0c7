"""The API under ``/v1``: the same verbs as the pages, for machines. OpenAPI 3.1 is built from the operations themselves."""
