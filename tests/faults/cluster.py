"""A PostgreSQL of one's own that can be killed, copied and promoted."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from scripts.with_postgres import find_programs, free_port, prepare_owner, run_as
from tests.serving import processes, until


class Cluster:
    """One data folder and its server. `options` are settings as `name=value`; `before`: words before
    each command, to run it somewhere else."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        host: str = "127.0.0.1",
        before: tuple[str, ...] = (),
    ) -> None:
        folder.mkdir(mode=0o755)
        self.folder, self.data = folder, folder / "data"
        self.host, self.port, self.before = host, free_port(), before
        self.options = [f"listen_addresses={host}", f"unix_socket_directories={folder}", *options]
        self.owner = prepare_owner(folder)
        self.programs = find_programs()
        for above in folder.parents:  # the owner must be able to come in
            if above.owner() == "root" and above != Path("/"):
                with suppress(PermissionError):
                    above.chmod(above.stat().st_mode | 0o011)

    @property
    def url(self) -> str:
        return f"postgresql://tuntas@{self.host}:{self.port}/postgres"

    def make(self) -> Cluster:
        initdb = self.programs / "initdb"
        run_as(self.owner, [initdb, "-D", self.data, "-A", "trust", "-U", "tuntas", "-E", "UTF8"])
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.99.0.0/24 trust\n")
        return self

    def copy_of(self, primary: Cluster, name: str) -> Cluster:
        """A standby of `primary`, which knows it by `name`."""
        source = f"host={primary.host} port={primary.port} user=tuntas application_name={name}"
        run_as(
            self.owner,
            [self.programs / "pg_basebackup", "-D", self.data, "-d", source]  # noqa: RUF005
            + ["-R", "-X", "stream", "-c", "fast"],
        )
        return self

    def start(self) -> None:
        words = [*self.before, str(self.programs / "postgres"), "-D", str(self.data)]
        words += ["-p", str(self.port)]
        for option in self.options:
            words += ["-c", option]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                cwd="/",
                user=None if self.before else self.owner,
                group=None if self.before else self.owner,
                start_new_session=True,
            )
        if not self.before:
            until(self.answers, 60)

    def answers(self) -> bool:
        with suppress(psycopg.Error):
            return self.ask("SELECT 1") == 1
        return False

    def ask(self, statement: str) -> Any:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def kill(self) -> None:
        """kill -9 of the postmaster; its children notice by themselves and end."""
        children = {pid for pid, parent, _words in processes() if parent == self.process.pid}
        self.process.kill()
        self.process.wait()
        until(lambda: not children & {pid for pid, *_rest in processes()}, 30)
        for left in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            left.unlink(missing_ok=True)

    def promote(self) -> None:
        run_as(self.owner, [self.programs / "pg_ctl", "-D", self.data, "-w", "promote"])

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGQUIT)  # at once, without tidying up
            self.process.wait(30)
