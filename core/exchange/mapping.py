"""From the values of a case to the record of the format, as the mapping says; and what in it does not hold. All of it is data.

``mapping.json`` says for each column where it comes from and which list of codes turns it; ``record.v1.schema.json`` says what each column must be.
Nothing is cut: a text that is too long for its column is a finding (law/exchange_schema.json, notes).
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from core.exchange.errors import BadMapping
from core.kernel.clock import local
from core.kernel.errors import Finding

_HERE = Path(__file__).resolve().parent
#: Ids of rows are derived from the case, so that a record sent again has the same ones.
_ROWS = uuid.UUID("6f1d1d0e-52a8-5d0a-9c35-6a1f0f6f7c11")

Record = dict[str, Any]


@cache
def schema() -> dict[str, Any]:
    """What a record must be."""
    found: dict[str, Any] = json.loads((_HERE / "record.v1.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


@cache
def shipped() -> dict[str, Any]:
    """The mapping that comes with the platform."""
    found: dict[str, Any] = json.loads((_HERE / "mapping.json").read_text(encoding="utf-8"))
    return checked(found)


def checked(mapping: dict[str, Any]) -> dict[str, Any]:
    """*mapping* when it holds against its own schema and names tables, columns and codes that are there. Raises :class:`BadMapping`."""
    wanted = json.loads((_HERE / "mapping.v1.schema.json").read_text(encoding="utf-8"))
    found = [
        Finding("error", "/" + "/".join(map(str, error.absolute_path)), "exchange.map_shape", {"what": error.message[:200]})
        for error in Draft202012Validator(wanted).iter_errors(mapping)
    ]
    found = found or list(_references(mapping))
    if found:
        raise BadMapping(findings=tuple(found))
    return mapping


def _references(mapping: Mapping[str, Any]) -> Iterator[Finding]:
    for table, part in mapping["tables"].items():
        if table not in schema()["properties"]:
            yield Finding("error", f"/tables/{table}", "exchange.map_table", {"name": table})
            continue
        known = _columns(table)
        for column, source in part["columns"].items():
            at = f"/tables/{table}/columns/{column}"
            if column not in known:
                yield Finding("error", at, "exchange.map_column", {"name": column, "table": table})
            if source.get("code") is not None and source["code"] not in mapping["codes"]:
                yield Finding("error", f"{at}/code", "exchange.map_code", {"name": source["code"]})


def _columns(table: str) -> Mapping[str, Any]:
    part = schema()["properties"][table]
    found: Mapping[str, Any] = part.get("items", part)["properties"]
    return found


def record(mapping: Mapping[str, Any], values: Mapping[str, Any], *, case_id: str, envelope: Mapping[str, Any]) -> Record:
    """The record of one case. Columns without a value are left out."""
    made: Record = {}
    for table, part in mapping["tables"].items():
        rows: Sequence[Mapping[str, Any]] = values[part["each"]] if "each" in part else [{}]
        lines = [
            _line(mapping, part["columns"], {**values, "envelope": envelope, "row": {**row, "guid": _guid(case_id, table, number)}})
            for number, row in enumerate(rows)
        ]
        made[table] = lines if "each" in part else lines[0]
    return made


def _guid(case_id: str, table: str, number: int) -> str:
    return uuid.uuid5(_ROWS, f"{case_id}/{table}/{number}").hex


def _line(mapping: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]], values: Mapping[str, Any]) -> dict[str, Any]:
    line = {name: _value(mapping, source, values) for name, source in columns.items()}
    return {name: value for name, value in line.items() if value not in (None, "")}


def _value(mapping: Mapping[str, Any], source: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    if "value" in source:
        return source["value"]
    found = at_path(values, source["from"])
    if found in (None, ""):
        return source.get("default")
    if "code" in source:
        codes: Mapping[str, str] = mapping["codes"][source["code"]]
        text = str(found).lower() if isinstance(found, bool) else str(found)
        return codes.get(text, codes.get("*"))
    if source.get("as") == "time":
        return f"{local(found):%Y-%m-%d %H:%M:%S}" if isinstance(found, datetime) else str(found)
    if source.get("as") == "integer":
        return int(found)
    return str(found)


def at_path(values: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, ``None`` when there is none."""
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def findings(made: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What in a record does not hold, by column and in words: missing, too long, no such shape."""
    return tuple(_finding(error) for error in sorted(_validator().iter_errors(made), key=lambda error: [str(part) for part in error.absolute_path]))


def _finding(error: Any) -> Finding:
    path = [str(part) for part in error.absolute_path]
    table = path[0] if path else ""
    column = _missing(error) if error.validator == "required" else path[-1] if len(path) > 1 else ""
    title = _columns(table).get(column, {}).get("title", column) if table else column
    key = {"required": "exchange.missing", "maxLength": "exchange.too_long", "minLength": "exchange.missing"}.get(error.validator, "exchange.shape")
    most = error.validator_value if error.validator == "maxLength" else ""
    params = {"table": table, "column": column, "title": title, "most": most, "is": len(error.instance) if error.validator == "maxLength" else ""}
    return Finding("error", "/".join(path + ([column] if error.validator == "required" else [])), key, params)


def _missing(error: Any) -> str:
    gone = [name for name in error.validator_value if name not in error.instance]
    return next((name for name in gone if repr(name) in error.message), gone[0] if gone else "")
