"""Small cells: which groups' answers may be shown, so that nobody's can be worked out.

How many people of a group answered is public once the month is closed: the regulation's own
publication form prints it (P14 Lampiran IV). What a small group *answered* is not shown, and neither is anything from which it could
be computed: the total minus the groups shown, or a quarter minus its months.

The groups of a period (the categories of one profile question) add up to everybody, whose result is
published, and a long period is the sum of its parts. Every hidden group then stands in exactly two of
these sums, so that the sums form a network with the hidden groups as its edges. A hidden group can be
computed from all the rest exactly when its edge is a bridge: when no other hidden group connects the
two ends. `shown` hides further groups, the smallest first, until no small one is a bridge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

# Groups with fewer respondents are not shown, nor what is left of a total. The regulation sets no
# such limit; ten is a usual one for results of surveys. Ours, from this day.
LEAST_GROUP = 10
LEAST_GROUP_SINCE = date(2026, 11, 25)

Edge = tuple[object, object, int]


@dataclass(frozen=True)
class Cells:
    """Respondents of each group in one period. `parts`: the shorter periods it is the sum of, for
    which the same table is shown as well; none for a month."""

    counts: Mapping[str, int]
    parts: tuple[Cells, ...] = field(default=())


@dataclass(frozen=True)
class Judged:
    """What may be shown of a period: `shown` groups; of each hidden group how many respondents
    stand in no shown part (`left`); and the judged parts."""

    counts: Mapping[str, int]
    shown: frozenset[str]
    left: Mapping[str, int]
    parts: tuple[Judged, ...]


def shown(cells: Cells) -> frozenset[str]:
    """The groups whose answers may be shown in this period; empty groups are never among them."""
    return judge(cells).shown


def judge(cells: Cells) -> Judged:
    """Decide the parts first, then this period: what a month showed once is never taken back.

    A group that is everybody in a month is shown: it is the published result itself.
    """
    parts = tuple(judge(part) for part in cells.parts)
    there = {code: n for code, n in cells.counts.items() if n}
    left = {code: left_of(code, n, parts) for code, n in there.items()}
    if len(there) == 1 and not parts:
        return Judged(cells.counts, frozenset(there), {}, parts)
    visible = {
        code
        for code, n in there.items()
        # Nothing left: the sum of parts that are all shown tells nothing new.
        if left[code] == 0 or (n >= LEAST_GROUP and left[code] >= LEAST_GROUP)
    }
    order = sorted(there, key=lambda code: (there[code], code))
    while True:
        hidden = {code: left[code] for code in there if code not in visible}
        found = Judged(cells.counts, frozenset(visible), hidden, parts)
        next_one = next((code for code in order if code in visible and left[code]), None)
        if next_one is None or is_safe(found):
            return found
        visible.remove(next_one)


def left_of(code: str, n: int, parts: tuple[Judged, ...]) -> int:
    """Respondents of a group outside the parts that show it; all of them in a month."""
    return sum(part.left.get(code, 0) for part in parts) if parts else n


def is_safe(period: Judged) -> bool:
    """Whether what is hidden here stays together large enough and no small group is a bridge."""
    hidden = list(period.left.values())
    if hidden and (len(hidden) < 2 or sum(hidden) < LEAST_GROUP):
        return False
    edges = list(network(period, "whole"))
    return not any(edges[place][2] < LEAST_GROUP for place in bridges(edges))


def network(period: Judged, above: object, key: tuple[int, ...] = ()) -> Iterator[Edge]:
    """The hidden groups as edges between the two sums each stands in: (sum, sum, respondents).

    A month's groups stand in the month's total; a longer period's group in the sum of its parts;
    both in the same group's sum one level up, or, at the top, in the total of everything.
    """
    for code, n in period.left.items():
        below = ("parts", key, code) if period.parts else ("total", key)
        over = ("parts", key[:-1], code) if key else above
        yield below, over, n
    for place, part in enumerate(period.parts):
        yield from network(part, above, (*key, place))


def bridges(edges: list[Edge]) -> set[int]:
    """Places of the edges without which their two ends are no longer connected."""
    around: dict[object, list[tuple[object, int]]] = {}
    for place, (one, other, _n) in enumerate(edges):
        around.setdefault(one, []).append((other, place))
        around.setdefault(other, []).append((one, place))
    seen: dict[object, int] = {}
    lowest: dict[object, int] = {}
    found: set[int] = set()

    def visit(node: object, by: int) -> None:
        seen[node] = lowest[node] = len(seen)
        for other, place in around[node]:
            if place == by:
                continue
            if other in seen:
                lowest[node] = min(lowest[node], seen[other])
                continue
            visit(other, place)
            lowest[node] = min(lowest[node], lowest[other])
            if lowest[other] > seen[node]:
                found.add(place)

    for node in around:
        if node not in seen:
            visit(node, -1)
    return found
