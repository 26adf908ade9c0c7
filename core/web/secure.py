"""Security headers, CSRF and the request's size, for every face at once."""

import secrets

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from core.web.hosts import trust_only_own
from core.web.site import Config

#: One strict policy: no inline script, no inline style, nothing from elsewhere. Data images are the previews that the browser makes itself.
_CSP = (
    "default-src 'self'; script-src 'self'{nonce}; style-src 'self'{style}; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'{devices}; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {frame}"
)
#: Flask-AppBuilder's generated list and edit pages write style attributes and carry nonce'd scripts; the rest of the site has neither.
_GENERATED = (
    "/office/admin/",
    "/office/users",
    "/office/roles",
    "/office/resetmypassword",
    "/office/resetpassword",
    "/office/userinfoeditview",
)
#: Shown in a frame of our own pages, and in no other's.
_FRAMED = frozenset(("portal.upload_preview", "studio_preview.show"))

csrf = CSRFProtect()


def secure(app: Flask, config: Config) -> None:
    """Install the check of hosts, CSRF protection and headers."""
    trust_only_own(app, config)  # first: nothing is asked of a request that is not for us
    csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = nonce

    @app.after_request
    def headers(response: Response) -> Response:
        generated = request.path.startswith(_GENERATED)
        response.headers.setdefault(
            "Content-Security-Policy",
            _CSP.format(
                nonce=f" 'nonce-{nonce()}'" if generated else "",
                style=" 'unsafe-inline'" if generated else "",
                devices=f" {config.devices}" if config.devices and request.path.startswith("/office/counter/") else "",
                frame="'self'" if request.endpoint in _FRAMED else "'none'",
            ),
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
        if config.secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if "static" not in (request.endpoint or "") and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store" if g.get("account") or request.path.startswith("/office") else "no-cache"
        return response


def nonce() -> str:
    """This request's script nonce."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    value: str = g.nonce
    return value
