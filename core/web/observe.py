"""What operations see: request ids, one JSON line a request, ``/healthz``, ``/readyz``, ``/metrics``."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.cases import incidents, sampling
from core.db import months
from core.kernel import clock, traces
from core.kernel.ids import new_id
from core.notices import held
from core.outbox import queries as messages
from core.web.site import site

log = logging.getLogger("wangting.request")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class JsonFormatter(logging.Formatter):
    """One line of JSON a record, with whatever ids the record carries (``request_id``, ``case_id``, ``job_id``). Of an error it keeps the place and the
    type: its words may be somebody's (:mod:`core.kernel.traces`)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in record.__dict__.items() if k in _IDS and v is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = traces.told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


_IDS = frozenset({"request_id", "case_id", "job_id", "method", "path", "status", "ms", "actor"})


def configure_logging(level: int = logging.INFO) -> None:
    """Structured logs to standard error; called by the command line and workers, never at import."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("werkzeug", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def observe(app: Flask) -> None:
    """Give *app* request ids, access log, metrics and the three probes."""
    registry = CollectorRegistry()
    served = Counter("wangting_requests", "Requests served", ["endpoint", "method", "status"], registry=registry)
    took = Histogram("wangting_request_seconds", "Time to answer", ["endpoint"], registry=registry)
    waiting = Gauge("wangting_outbox_waiting", "Outbox messages not yet done", registry=registry)
    parked = Gauge("wangting_outbox_parked", "Outbox messages given up for a person to look at", registry=registry)
    standing = Gauge("wangting_incidents", "Incidents that wait for a person, by kind and by whether somebody took them", ["kind", "state"], registry=registry)
    notices = Gauge("wangting_notices", "Messages outside the house that are not known to have arrived, by state", ["state"], registry=registry)
    strays = Gauge("wangting_history_strays", "Rows of history outside any month (PostgreSQL; should be 0)", ["table"], registry=registry)
    proved = Gauge("wangting_fold_cases", "Cases looked at by the last nightly proof", registry=registry)
    unsound = Gauge("wangting_fold_unsound", "Cases of the last nightly proof whose rows are not what their events say (should be 0)", registry=registry)
    proof_age = Gauge("wangting_fold_age_seconds", "Seconds since the last nightly proof (-1: there was none)", registry=registry)
    ahead = Gauge("wangting_history_months_ahead", "Months of history made after the present one (PostgreSQL; should be 2)", ["table"], registry=registry)

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else new_id()
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if g.get("warming"):
            return response
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        endpoint = request.endpoint or "-"
        served.labels(endpoint, request.method, response.status_code).inc()
        took.labels(endpoint).observe(seconds)
        response.headers["X-Request-ID"] = g.get("request_id", "-")
        if log.isEnabledFor(logging.INFO):
            # The path without its query: queries may hold names and numbers.
            log.info(
                "%s %s",
                request.method,
                endpoint,
                extra={
                    "request_id": g.get("request_id"),
                    "case_id": (request.view_args or {}).get("case_id"),
                    "status": response.status_code,
                    "ms": round(seconds * 1000, 1),
                },
            )
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """The database answers too."""
        try:
            with site().database.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return jsonify(status="database away"), 503
        return jsonify(status="ok"), 200

    @app.get("/metrics")
    def metrics() -> Response:
        """Prometheus text; no personal data, counts only."""
        with site().database.session() as session:
            told = messages.counts(session)
            waiting.set(told.waiting)
            parked.set(told.parked)
            found = incidents.counts(session)
            for kind in incidents.KINDS:
                for how in ("open", "taken"):
                    standing.labels(kind, how).set(found.get((kind, how), 0))
            for how_far, number in held.counts(session).items():
                notices.labels(how_far).set(number)
            last = sampling.last(session)
            proved.set(last.cases if last is not None else 0)
            unsound.set(len(last.unsound) if last is not None else 0)
            proof_age.set((clock.now() - last.at).total_seconds() if last is not None else -1)
            for state in months.states(session):
                strays.labels(state.table).set(state.strays)
                ahead.labels(state.table).set(state.ahead)
        return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST.split(";")[0])
