"""``python -m tests.bench [--quick] [--no-peers]``: the product beside its peers, in one run on this machine (docs/performance.md)."""

import argparse
import os
import platform
import sys
from dataclasses import replace
from pathlib import Path

from tests import services
from tests.bench.report import table, write
from tests.bench.run import QUICK, Run, Size

OUT = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def main(arguments: list[str]) -> int:
    """Run, print the table, write ``build/bench.json``; 1 when a goal is missed."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench", description="The product beside its peers, in one run on this machine.")
    reader.add_argument("--quick", action="store_true", help="a minute or two: that the harness works; its figures mean nothing")
    reader.add_argument("--no-peers", action="store_true", help="without setting up and measuring the peers")
    asked = reader.parse_args(arguments)
    size = QUICK if asked.quick else Size()
    if asked.no_peers:
        size = replace(size, peers=False)
    try:
        lines = Run(size).all()
    finally:
        services.close_browser()
    write(lines, OUT)
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(table(lines))
    missed = [line.name for line in lines if line.ok is False]
    print("\n" + (f"goals missed: {len(missed)}" if missed else "every goal met"))
    return 1 if missed and not asked.quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
