"""Start and stop the servers of the bench: PostgreSQL with fsync on, and WSGI applications on Granian with two workers."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.demo_hall import WANGTING
from tests.services import Postgres, free_port

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
VENV = ROOT / "build" / "bench-venv"
PEER_PACKAGES = ["django>=5.2,<5.3", "django-viewflow>=2.4,<2.5", "psycopg[binary]", "granian>=2.8,<3"]


class DurablePostgres(Postgres):
    """The suite's PostgreSQL as production runs it: every commit reaches the disk."""

    DURABLE = True

    def __init__(self) -> None:
        super().__init__()
        for _ in range(300):  # it listens before it lets anybody in
            try:
                psycopg.connect(self.url.replace("+psycopg", "")).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not come up")


def peer_python() -> str:
    """The interpreter of the peers' own environment, made on first use; nothing in it is ever imported by the product."""
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PEER_PACKAGES], check=True)
    return str(python)


class Server:
    """A WSGI application in two worker processes of four threads each; the product's are started by :meth:`of_the_product`, peers on bare Granian."""

    def __init__(self, command: Sequence[str], port: int, *, cwd: Path, **environ: str) -> None:
        self.port = port
        self.log = Path(tempfile.gettempdir()) / f"bench-{port}.log"
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **environ, "PYTHONPATH": str(cwd)}, stdout=self.log.open("wb"), stderr=subprocess.STDOUT
        )

    @classmethod
    def of_the_product(cls, application: str, **environ: str) -> "Server":
        """``wangting serve``, as in production."""
        port = free_port()
        return cls([WANGTING, "serve", "--application", application], port, cwd=ROOT, **environ, PORT=str(port))

    @classmethod
    def on_granian(cls, target: str, *, python: str = sys.executable, cwd: Path = ROOT, factory: bool = False, **environ: str) -> "Server":
        """Any WSGI application."""
        port = free_port()
        options = f"--interface wsgi --workers 2 --blocking-threads 4 --host 127.0.0.1 --port {port} --no-access-log".split()
        return cls([python, "-m", "granian", *options, *(["--factory"] if factory else []), target], port, cwd=cwd, **environ)

    def ready(self, path: str, **headers: str) -> float:
        """Seconds from the start until *path* answers below 500."""
        for _ in range(1200):
            if self.process.poll() is not None:
                raise RuntimeError(f"server ended:\n{self.log.read_text(errors='replace')[-3000:]}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", path, headers=headers)
                status = connection.getresponse().status
                connection.close()
                if status < 500:
                    return time.perf_counter() - self.began
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"no answer from {path}:\n{self.log.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """End the server and its workers."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.unlink(missing_ok=True)
