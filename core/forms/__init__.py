"""Forms: a JSON definition becomes pages a person can fill, values a rule can decide on, and words for what is wrong."""
