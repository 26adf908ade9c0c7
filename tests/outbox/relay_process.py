"""A relay in a process of its own, to be killed: ``python relay_process.py URL``. Each effect is two rows with a pause between them."""

import sys
import time

from sqlalchemy import text

from core.db.database import Database
from core.kernel.ids import new_id
from core.outbox import relay, service


@service.handler("note")
def note(session, body, message_id):  # type: ignore[no-untyped-def]
    insert = text("INSERT INTO test_kill_seen (id, message_id, half) VALUES (:id, :message, :half)")
    for half in ("first", "second"):
        session.execute(insert, {"id": new_id(), "message": message_id, "half": half})
        time.sleep(0.003)


def main(url: str) -> None:
    database = Database(url)
    print("ready", flush=True)
    while True:
        if relay.run_once(database, limit=8, lease=relay.timedelta(seconds=0.5)) == 0:
            time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1])
