"""Documents that belong to the hall rather than to an item – notices, themes – edited in the studio and put in force by a second administrator."""
