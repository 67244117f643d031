"""Signs that a response deserves a second look. PURE.

A sign is kept, counted and shown; it never drops a response by itself (PermenPANRB 14/2017 knows no
such rule). Only an exclusion with a reason and a second person takes a response out of the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntFlag


class Sign(IntFlag):
    """Signs stored with a response, as a sum. New ones are added at the end."""

    FAST = 1  # faster than anyone reads
    STRAIGHT = 2  # the same answer to every question
    REPEAT = 4  # the device says that it rated this service before on the same day
    UNPROVEN = 8  # came in a burst, without the proof of work that the form asked for


# Reading a question and four options takes longer than this; below it somebody only tapped.
SECONDS_PER_QUESTION = 1
# A straight line through a handful of questions says nothing yet.
STRAIGHT_FROM = 9
# More responses than this to one service within a minute come in no queue of citizens.
BURST_MOST = 8
BURST_WINDOW = timedelta(minutes=1)


def signs_of(
    answers: str, seconds: int | None, *, is_repeat: bool = False, is_unproven: bool = False
) -> Sign:
    """Signs of one response: `answers` one digit per question ("0" = not answered), `seconds` from
    opening the form to sending it, None when unknown."""
    given = answers.replace("0", "")
    found = Sign(0)
    if seconds is not None and seconds < SECONDS_PER_QUESTION * len(given):
        found |= Sign.FAST
    if len(given) >= STRAIGHT_FROM and len(set(given)) == 1:
        found |= Sign.STRAIGHT
    if is_repeat:
        found |= Sign.REPEAT
    if is_unproven:
        found |= Sign.UNPROVEN
    return found


def bursts(times: Iterable[datetime]) -> list[tuple[datetime, datetime, int]]:
    """Stretches with more than BURST_MOST arrivals in every window of a minute they are made of:
    (first, last, how many), in order of time. `times` in any order."""
    ordered = sorted(times)
    inside = [False] * len(ordered)
    start = 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] >= BURST_WINDOW:
            start += 1
        if end - start + 1 > BURST_MOST:
            inside[start : end + 1] = [True] * (end - start + 1)
    found: list[tuple[datetime, datetime, int]] = []
    run: list[datetime] = []
    for moment, is_inside in zip(ordered, inside, strict=True):
        if run and (not is_inside or moment - run[-1] >= BURST_WINDOW):
            found.append((run[0], run[-1], len(run)))
            run = []
        if is_inside:
            run.append(moment)
    if run:
        found.append((run[0], run[-1], len(run)))
    return found
