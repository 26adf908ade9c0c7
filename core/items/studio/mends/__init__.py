"""Ways to mend what is found, by what they mend: shapes, items, forms, routes, documents, writing."""
