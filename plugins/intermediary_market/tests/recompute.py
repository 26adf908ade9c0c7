"""Compute a draw again from its package, as a stranger would: nothing but the standard library, nothing of the plugin, other code than the plugin's.

    python recompute.py draw.json

Reads ``list``, ``seed``, ``commitment`` and ``value`` of the package, prints the result as JSON, and ends with 1 when the package is not sound.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any


def numbers(key: bytes, label: str) -> Iterator[int]:
    """The endless stream of 64-bit words of one label."""
    for block in count():
        digest = hmac.digest(key, b"%s\n%d" % (label.encode(), block), "sha256")
        for at in (0, 8, 16, 24):
            yield int(digest[at : at + 8].hex(), 16)


def under(stream: Iterator[int], n: int) -> int:
    """The next number below n; words of the last, incomplete round of n are passed over."""
    return next(word for word in stream if word // n < 2**64 // n) % n


def mixed(key: bytes, label: str, members: Iterable[int]) -> list[int]:
    stream, left = numbers(key, label), list(members)
    for last in reversed(range(1, len(left))):
        chosen = under(stream, last + 1)
        left[last], left[chosen] = left[chosen], left[last]
    return left


def in_rank(key: bytes, members: Iterable[int], measure: Callable[[int], tuple[int, ...]]) -> list[int]:
    """Members by measure; those with the same measure in the order their own stream gives."""
    shelves: dict[tuple[int, ...], list[int]] = {}
    for no in sorted(members):
        shelves.setdefault(measure(no), []).append(no)
    ranked: list[int] = []
    for value in sorted(shelves):
        shelf = shelves[value]
        ranked.extend(mixed(key, "tie/" + "/".join(map(str, value)), shelf) if shelf[1:] else shelf)
    return ranked


def result(text: str, seed: str, value: str) -> dict[str, Any]:
    """What the list, the seed and the public value come to."""
    rows = [line.split("|") for line in text.splitlines()]
    name, project, method, _fund, least, long, short, lower = rows[0]
    if name != "wangting-draw/1":
        raise SystemExit(f"unknown format {name}")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    key = hmac.digest(bytes.fromhex(seed), f"{name}\n{project}\n{digest}\n{' '.join(value.split())}".encode(), "sha256")
    good = [row for row in rows[1:] if row[5] == ""]
    price = {int(row[0]): int(row[3] or 0) for row in good}
    score = {int(row[0]): int(row[4]) for row in good}
    if len(good) < max(1, int(least)):
        return {"failed": True}
    if method == "random":
        return {"ranking": mixed(key, "order", sorted(price))}
    if method == "lowest":
        return {"ranking": in_rank(key, price, lambda no: (price[no],))}
    if method == "best":
        k = 95 + under(numbers(key, "base"), 4)
        trimmed = sorted(price.values())
        if len(trimmed) > 2:
            del trimmed[0], trimmed[-1]
        away = {no: abs(100 * len(trimmed) * paid - k * sum(trimmed)) for no, paid in price.items()}
        return {"base": k, "ranking": in_rank(key, price, lambda no: (away[no], price[no]) if lower == "1" else (away[no],))}
    if method == "credit":
        by_score = sorted(score, key=lambda no: (-score[no], no))
        members = [no for no in by_score if score[no] >= score[by_score[min(int(long), len(by_score)) - 1]]]
        if len(members) <= int(short):
            return {"shortlist": members}
        stream, lots, drawn = numbers(key, "numbers"), [(no, max(score[no], 1)) for no in members], []
        for _ in range(int(short)):
            ticket = under(stream, sum(weight for _no, weight in lots))
            passed = 0
            for index, (no, weight) in enumerate(lots):  # noqa: B007
                passed += weight
                if ticket < passed:
                    break
            drawn.append(no)
            del lots[index]
        return {"shortlist": drawn}
    return {"shortlist": sorted(price)}


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        package = json.load(file)
    if hashlib.sha256(bytes.fromhex(package["seed"])).hexdigest() != package["commitment"]:
        raise SystemExit("the seed is not the one that was committed to")
    if hashlib.sha256(package["list"].encode("utf-8")).hexdigest() != package["list_sha256"]:
        raise SystemExit("the list is not the one that was frozen")
    json.dump(result(package["list"], package["seed"], package["value"]), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
