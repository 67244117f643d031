"""Limits: how often somebody may knock. Counted in this process's memory only (see `public.traffic`)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# Keys remembered per kind of limit; the longest quiet one is forgotten first.
MOST_KEPT = 20_000


class Limit:
    """So many at once, so many a second from then on, for each key (a leaking bucket)."""

    def __init__(
        self, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.at_once, self.per_second = at_once, per_second
        self.clock, self.lock = clock, threading.Lock()
        self.buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()  # (level, when)

    def take(self, key: bytes | None) -> float:
        """Count one. 0 when it fits, else after how many seconds the next one will."""
        return self._take(key, 1.0)

    def look(self, key: bytes | None) -> float:
        """The same without counting."""
        return self._take(key, 0.0)

    def left(self, key: bytes) -> tuple[int, float]:
        """How many more fit now, and after how many seconds all of them do again."""
        now = self.clock()
        with self.lock:
            level, at = self.buckets.get(key, (0.0, now))
        level = max(0.0, level - (now - at) * self.per_second)
        return int(self.at_once - level), level / self.per_second

    def _take(self, key: bytes | None, amount: float) -> float:
        if key is None:
            return 0.0
        now = self.clock()
        with self.lock:
            level, at = self.buckets.get(key, (0.0, now))
            level = max(0.0, level - (now - at) * self.per_second)
            if level + 1 > self.at_once:
                return (level + 1 - self.at_once) / self.per_second
            if amount:
                self.buckets[key] = (level + amount, now)
                self.buckets.move_to_end(key)
                if len(self.buckets) > MOST_KEPT:
                    self.buckets.popitem(last=False)
        return 0.0

    def forget(self) -> None:
        with self.lock:
            self.buckets.clear()
