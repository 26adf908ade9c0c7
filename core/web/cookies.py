"""The signed session cookie, sent again only when it changed or its time has run down a little.

Flask signs and sends a lasting session with every answer, to push its end back. Half the work of an empty page is too much for
that: here the cookie carries when it was signed, and a session that changed nothing is renewed once it is older than
:data:`RENEW_SECONDS`. Four hours of idleness still end it, give or take that much.
"""

import time

from flask import Flask
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

RENEW_SECONDS = 300
_SIGNED = "_at"


class CalmSessions(SecureCookieSessionInterface):
    """Flask's own interface but for when it sends the cookie, and with one serializer for the life of the process."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs; the keys do not change while the process runs."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:  # noqa: ARG002
        """Whether this answer carries the cookie."""
        if not session.modified:
            at = session.get(_SIGNED, 0)
            if not session.permanent or time.time() - at < RENEW_SECONDS:
                return False
        if session.permanent:
            session[_SIGNED] = int(time.time())
        return True
