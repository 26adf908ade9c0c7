"""The back office: staff log in, work through their list, decide; administrators keep organisation and calendar.

Flask-AppBuilder lives here and nowhere else: log-in, users and roles, and plain administration tables. The worklist and the case page are
our own views, because they answer by posts and object, not by view permission.
"""
