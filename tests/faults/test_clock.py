"""The server's clock jumps by a day, forth and back, while answers come in."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.site import PROLOGUE, database, told, under_load
from tests.serving import until

pytestmark = pytest.mark.fault
SENDS, DAY = 200, 86_400
SHIM = Path(__file__).with_name("clock.c")
SILENCE = f"""{PROLOGUE}
from tuntas import work
print(work.health().silence)
"""


class Clock:
    """Shifts the time of day of every process that was begun with `env`."""

    def __init__(self, folder: Path) -> None:
        self.file, library = folder / "offset", folder / "clock.so"
        self.jump(0)
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler: the clock cannot be made to jump")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SHIM), "-ldl"], check=True
        )
        self.env = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self.file)}

    def jump(self, seconds: int) -> None:
        # In place: the processes look into this very file.
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


def time_of(env: dict[str, str]) -> float:
    script = "import time; print(time.time())"
    return float(
        subprocess.run(
            [sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True
        ).stdout
    )


def test_a_clock_that_jumps_loses_nothing_and_stops_nothing(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    what = "the clock a day ahead, back, a day behind, back"
    with database(tmp_path) as env:
        env |= clock.env
        before = time_of(env)
        clock.jump(DAY)
        assert time_of(env) - before >= DAY  # the shim does what it is for
        clock.jump(0)
        with under_load(env, what) as load:
            for seconds in (DAY, 0, -DAY, 0):
                load.goes_on(SENDS)
                clock.jump(seconds)
                if seconds == DAY:
                    # The loop dies a day ahead; its signs of life there must not pass for later ones.
                    load.site.kill_child("work")
            load.goes_on(SENDS)
            until(lambda: 0 <= float(told(SILENCE, env)) < 15, 60)
