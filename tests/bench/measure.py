"""Closed-loop load and the CPU that it cost: operations a second beside CPU-milliseconds an operation (server and database, from /proc)."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(root: int) -> set[int]:
    """*root* and every process below it."""
    parents = {int(p.name): int(s[1]) for p in Path("/proc").iterdir() if p.name.isdigit() and (s := _stat(int(p.name)))}
    found, size = {root}, 0
    while size != len(found):
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def cpu_seconds(*roots: int) -> float:
    """User and system time of the trees, including children that have ended."""
    total = 0
    for pid in set().union(*(tree(root) for root in roots)):
        if stat := _stat(pid):
            total += sum(map(int, stat[11:15]))
    return total / _TICK


def pss_megabytes(root: int) -> float:
    """Proportional memory of a tree."""
    kilobytes = 0
    for pid in tree(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        kilobytes += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024


@dataclass(frozen=True)
class Rate:
    """One measured operation."""

    per_second: float
    cpu_ms: float
    calls: float
    operations: int

    def __str__(self) -> str:
        return f"{self.per_second:8.1f}/s  {self.cpu_ms:7.2f} CPU-ms  {self.calls:4.1f} calls  ({self.operations} ops)"


def load(make: Callable[[int], Callable[[], int]], *, seconds: float, roots: tuple[int, ...], clients: int = 8, most: int | None = None) -> Rate:
    """Run *clients* loops for *seconds* (or until *most* operations). ``make(n)`` gives client *n* its operation, which returns the number of HTTP calls."""
    done, calls, failures = [0] * clients, [0] * clients, []
    operations = [make(n) for n in range(clients)]
    for operation in operations:
        operation()  # warm
        operation()
    stop = threading.Event()

    def loop(n: int) -> None:
        try:
            while not stop.is_set():
                calls[n] += operations[n]()
                done[n] += 1
                if most and sum(done) >= most:
                    stop.set()
        except Exception as error:  # noqa: BLE001 - carried to the caller
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(clients)]
    before, began = cpu_seconds(*roots), time.perf_counter()
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    took, used, count = time.perf_counter() - began, cpu_seconds(*roots) - before, sum(done)
    if failures:
        raise failures[0]
    return Rate(count / took, used * 1000 / max(count, 1), sum(calls) / max(count, 1), count)
