"""Settings: declared, typed values for the site, a department or an item. Knows what a setting is called, not what it is for."""
