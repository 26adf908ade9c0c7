"""Pages and slots of plugins: what a plugin says it has (``pages``, ``slots``), served under its own addresses ``/x/<plugin>/`` and ``/office/x/<plugin>/``."""
