"""The OpenAPI 3.1 document, built from the operations, and a page that people can read."""

import re
from typing import Any

from core import __version__
from core.web.api.operation import OPERATIONS, Operation

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "request_id": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {"type": "object", "properties": {"path": {"type": "string"}, "key": {"type": "string"}, "detail": {"type": "string"}}},
        },
    },
    "required": ["type", "title", "status"],
}


def document() -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        paths.setdefault("/v1" + re.sub(r"{\w+:", "{", each.path), {})[each.method.lower()] = _entry(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "网厅 Wangting",
            "version": __version__,
            "description": "Items, guides, submissions, progress and the work of staff. Errors are application/problem+json. Lists use keyset cursors. "
            "A repeated Idempotency-Key is answered with the first result.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}, "schemas": {"Problem": _PROBLEM}},
    }


def _entry(each: Operation) -> dict[str, Any]:
    entry: dict[str, Any] = {"operationId": each.name, "summary": each.summary, "parameters": _parameters(each), "responses": _responses(each)}
    if each.auth != "none":
        entry["security"] = [{"bearer": []}]
    if each.body is not None:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": dict(each.body)}}}
    if each.multipart:
        file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        entry["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    return entry


def _parameters(each: Operation) -> list[dict[str, Any]]:
    found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(?:\w+:)?(\w+)}", each.path)]
    found += [{"name": name, "in": "query", "description": text, "schema": {"type": "string"}} for name, text in each.query.items()]
    if each.key:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "a UUID of the caller's",
                "schema": {"type": "string", "format": "uuid"},
            }
        )
    return found


def _responses(each: Operation) -> dict[str, Any]:
    problem = {"description": "what is wrong and how to mend it", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    schema = dict(each.answer) if each.media == "application/json" else {"type": "string", "format": "binary"}
    return {str(each.status): {"description": each.summary, "content": {each.media: {"schema": schema}}}, "default": problem}
