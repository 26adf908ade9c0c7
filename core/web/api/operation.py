"""One decorator makes a route, its access rule and its entry in the OpenAPI document, so that none of the three can be forgotten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal

from flask import Blueprint, Response, g, jsonify, request
from jsonschema import Draft202012Validator

from core.identity.spec import StaffView
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Finding
from core.kernel.ids import is_id
from core.web.api.tokens import Caller, caller_of

Auth = Literal["none", "citizen", "staff"]
Schema = Mapping[str, Any]
blueprint = Blueprint("api", __name__, url_prefix="/v1")


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of one route."""

    method: str
    path: str
    name: str
    summary: str
    auth: Auth
    query: Mapping[str, str]
    body: Schema | None
    answer: Schema
    status: int
    key: bool
    multipart: bool
    media: str
    tags: tuple[str, ...] = field(default=())


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    summary: str,
    *,
    auth: Auth = "none",
    query: Mapping[str, str] | None = None,
    body: Schema | None = None,
    answer: Schema | None = None,
    status: int = 200,
    key: bool = False,
    multipart: bool = False,
    media: str = "application/json",
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Serve a function at ``/v1`+ path``.

    *auth* is checked before anything else; *body* is the JSON Schema of the request, checked before the function runs; *key* says that the
    operation wants an ``Idempotency-Key`` header and answers a repeated one with the same result. A function that answers with a paper returns the
    response itself; *media* says of which type.
    """

    def wrap(function: Callable[..., Any]) -> Callable[..., Response]:
        given = answer or {"type": "object"}
        OPERATIONS.append(Operation(method, path, function.__name__, summary, auth, query or {}, body, given, status, key, multipart, media))
        validator = Draft202012Validator(dict(body)) if body is not None else None

        @wraps(function)
        def served(**parts: Any) -> Response:
            if auth != "none":
                g.caller = caller_of(request.headers.get("Authorization", ""), auth)
            if validator is not None:
                parts["body"] = _checked(validator)
            if key:
                parts["key"] = idempotency_key()
            result = function(**parts)
            response: Response = result if isinstance(result, Response) else jsonify(result)
            response.status_code = status
            return response

        blueprint.add_url_rule(_flask(path), function.__name__, served, methods=[method])
        return served

    return wrap


def _flask(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")  # {int:no} is Flask's own converter


def _checked(validator: Draft202012Validator) -> Any:
    try:
        document = request.get_json(silent=True)
    except RecursionError as error:  # brackets, tens of thousands deep
        raise BadInput("web.api_json") from error
    if document is None:
        raise BadInput("web.api_json")
    findings = tuple(
        Finding("error", "/".join(map(str, error.absolute_path)) or "/", "web.api_shape", {"reason": error.message[:300]})
        for error in validator.iter_errors(document)
    )
    if findings:
        raise BadInput("web.api_body", findings=findings)
    return document


def idempotency_key() -> str:
    """The caller's command id: a UUID, the same when the call is repeated."""
    given = request.headers.get("Idempotency-Key", "")
    if not is_id(given):
        raise BadInput("web.api_key")
    return given


def caller() -> Caller:
    """Who calls."""
    found: Caller = g.caller
    return found


def citizen() -> Actor:
    """The calling citizen as an actor."""
    return Actor("citizen", caller().id)


def staff() -> StaffView:
    """The calling member of staff with posts."""
    found = caller().staff
    if found is None:
        raise TypeError("a citizen's operation asked for staff")
    return found
