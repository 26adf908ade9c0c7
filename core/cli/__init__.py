"""The command line ``wangting``: set up, run and look after a hall. An edge: commands open a session and commit it."""
