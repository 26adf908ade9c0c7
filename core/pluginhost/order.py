"""One order for all: what a plugin requires or follows comes before it, names decide the rest. The same at every start, on every machine."""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest


def ordered(manifests: Mapping[str, Manifest]) -> tuple[str, ...]:
    """Names in order; :class:`PluginTrouble` for a circle. Names in ``after`` that are not there are ignored."""
    before = {name: {other for other in (*one.requires, *one.after) if other in manifests} for name, one in manifests.items()}
    behind: dict[str, list[str]] = {name: [] for name in manifests}
    for name, others in before.items():
        for other in others:
            behind[other].append(name)
    waiting = {name: len(others) for name, others in before.items()}
    ready = [name for name, count in waiting.items() if count == 0]
    heapify(ready)
    result: list[str] = []
    while ready:
        name = heappop(ready)
        result.append(name)
        for follower in behind[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heappush(ready, follower)
    if len(result) < len(manifests):
        raise PluginTrouble("pluginhost.circle", names=", ".join(sorted(manifests.keys() - set(result))))
    return tuple(result)
