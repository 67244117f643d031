"""Run a command with a throw-away PostgreSQL, named by TUNTAS_TEST_POSTGRES_URL.

    python scripts/with_postgres.py COMMAND [ARG ...]

The server listens on loopback only, lives in a temporary folder and ends with the command. When
the variable is set already, the command simply runs: calls may be nested.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "TUNTAS_TEST_POSTGRES_URL"


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    if os.environ.get(VARIABLE):
        return subprocess.run(command, check=False).returncode
    with postgres() as url:
        return subprocess.run(command, check=False, env={**os.environ, VARIABLE: url}).returncode


@contextmanager
def postgres() -> Iterator[str]:
    """A running server; yields the URL of its maintenance database."""
    programs = find_programs()
    with tempfile.TemporaryDirectory(prefix="tuntas-postgres-") as folder:
        data, port = Path(folder) / "data", free_port()
        user = prepare_owner(Path(folder))
        run_as(user, [programs / "initdb", "-D", data, "-A", "trust", "-U", "tuntas", "-E", "UTF8"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        log = Path(folder) / "log"
        run_as(user, [programs / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start"])
        try:
            yield f"postgresql://tuntas@127.0.0.1:{port}/postgres"
        finally:
            run_as(user, [programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])


def find_programs() -> Path:
    """Folder of initdb and pg_ctl, the newest version first."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    if found is None:
        sys.exit("PostgreSQL tidak ditemukan. Jalankan: make setup")
    return Path(found).resolve().parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare_owner(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: give the folder to its own system user."""
    if os.geteuid() != 0:
        return None
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return owner.pw_name


def run_as(user: str | None, command: list[str | Path]) -> None:
    """Run a program, showing what it said only when it fails."""
    words = [str(word) for word in command]
    done = (
        subprocess.run(
            words,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
        )
        if "start" not in words
        else subprocess.run(
            words,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
        )
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout or ''}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
