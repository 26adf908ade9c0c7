"""Wangting (网厅): a low-code platform for government service halls."""

#: Read by :func:`core.app.create_app`, which refuses to start when another project's ``core`` shadows this one.
__project__ = "wangting"
__version__ = "0.1.0"
