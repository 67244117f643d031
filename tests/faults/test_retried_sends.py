"""Answers sent again and again over a network that fails, to a server that is killed: none is lost,
none is counted twice. `make test` sends a few thousand, `make test-faults` a hundred thousand.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.faults.site import database, under_load

SENDS = int(os.environ.get("TUNTAS_FAULT_SENDS", "2000"))
KILLS = 3


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    with (
        database(tmp_path) as env,
        under_load(env, f"{KILLS} times kill -9 of all of the server") as load,
    ):
        for number in range(1, KILLS + 2):
            while load.ledger.sends < SENDS * number // (KILLS + 1):
                time.sleep(0.02)
            if number <= KILLS:
                load.site.kill()
                load.site.start()
    assert load.ledger.sends >= SENDS
