"""The network is cut and comes back: between site and database, and between citizens and site.

Site and citizens live in one network of their own, the database in another, joined by a cable.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.test_commands import environment
from tests.faults.cluster import Cluster
from tests.faults.site import told, under_load

pytestmark = pytest.mark.fault
SENDS = 200  # acknowledged answers between two faults
CUT = 8.0  # seconds
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
# The database stands in another network: only from beside the site can be seen whether it is there.
UNTIL_LET_IN = """
import os, time, psycopg
for _each in range(100):
    try:
        psycopg.connect(os.environ["TUNTAS_DATABASE_URL"]).close()
        break
    except psycopg.Error:
        time.sleep(0.2)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Networks:
    """Two network namespaces, `here` with 10.99.0.1 and `there` with 10.99.0.2."""

    def __init__(self) -> None:
        mark = uuid4().hex[:6]
        self.here, self.there = f"tuntas-a{mark}", f"tuntas-b{mark}"
        self.near, self.far = f"ta{mark}", f"tb{mark}"

    def lay(self) -> None:
        for name in (self.here, self.there):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", self.near, "netns", self.here, "type", "veth", "peer", self.far)
        ip("link", "set", self.far, "netns", self.there)
        for name, card, address in (
            (self.here, self.near, "10.99.0.1/24"),
            (self.there, self.far, "10.99.0.2/24"),
        ):
            ip("-n", name, "addr", "add", address, "dev", card)
            ip("-n", name, "link", "set", card, "up")

    def remove(self) -> None:
        for name in (self.here, self.there):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def within(self, name: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", name)

    def enter(self) -> None:
        """Put the calling thread into `here`."""
        handle = os.open(f"/run/netns/{self.here}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(handle, NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(handle)

    @contextmanager
    def cut(self, card: str) -> Iterator[None]:
        ip("-n", self.here, "link", "set", card, "down")
        try:
            time.sleep(CUT)
            yield
        finally:
            ip("-n", self.here, "link", "set", card, "up")


@pytest.fixture
def networks() -> Iterator[Networks]:
    if os.geteuid() or not shutil.which("ip") or not shutil.which("setpriv"):
        pytest.skip("only root, with iproute2 and util-linux, may make networks")
    laid = Networks()
    try:
        laid.lay()
        yield laid
    except subprocess.CalledProcessError as error:
        pytest.skip(f"networks cannot be made here: {error.stderr.decode().strip()}")
    finally:
        laid.remove()


def test_cut_cables_lose_nothing(networks: Networks, tmp_path: Path) -> None:
    here = networks.within(networks.here)
    there = (*networks.within(networks.there), "setpriv", "--reuid=postgres", "--regid=postgres")
    far = Cluster(tmp_path / "pg", host="10.99.0.2", before=(*there, "--clear-groups")).make()
    what = f"{CUT:.0f} s without network, twice on either side of the site"
    with far:
        env = environment(tmp_path, TUNTAS_DATABASE_URL=far.url)
        told(UNTIL_LET_IN, env, here)
        with under_load(env, what, here, networks.enter) as load:
            load.goes_on(SENDS)
            for _each in range(2):
                with networks.cut(networks.near):  # between site and database
                    before = len(load.ledger.acknowledged)
                    time.sleep(1)
                    assert len(load.ledger.acknowledged) == before  # nothing is claimed meanwhile
                load.goes_on(SENDS)
                with networks.cut("lo"):  # between citizens and site
                    pass
                load.goes_on(SENDS)
