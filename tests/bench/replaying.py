"""The process that replays recorded statements, with nothing of the product in it: ``python -m tests.bench.replaying <file> <url> <threads>``.

It says when it is ready, waits for a line, and prints the CPU seconds it took.
"""

import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg


def _run(file: str, url: str, threads: int) -> None:
    submissions = pickle.loads(Path(file).read_bytes())
    connections = [psycopg.connect(url, options="-c timezone=UTC") for _ in range(threads)]
    print("ready", flush=True)
    sys.stdin.readline()
    waiting, lock = iter(submissions), threading.Lock()
    before = time.process_time()

    def work(connection: Any) -> None:
        cursor = connection.cursor()
        while True:
            with lock:
                submission = next(waiting, None)
            if submission is None:
                return
            for transaction in submission:
                for text, parameters, many in transaction:
                    (cursor.executemany if many else cursor.execute)(text, parameters)
                    if cursor.description is not None:
                        cursor.fetchall()
                connection.commit()

    workers = [threading.Thread(target=work, args=(connection,)) for connection in connections]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(time.process_time() - before, flush=True)


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
