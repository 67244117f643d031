"""Three ways to store a response: one compact row (ours), a row per answer, a counter beside."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.rows import Row

RESPONSES = 100_000
SHAPES = ("one row", "row per answer", "one row + counter")
TABLES = (
    "CREATE TABLE one (id {uuid}, service int, month int, answers varchar(60), PRIMARY KEY (id))",
    "CREATE TABLE head (id {uuid}, service int, month int, PRIMARY KEY (id))",
    "CREATE TABLE answer (response {uuid}, question int, score int, PRIMARY KEY (response, question))",
    "CREATE TABLE counter (service int, month int, question int, score int, n int,"
    " PRIMARY KEY (service, month, question, score))",
)


def measure(engine: str, *, quick: bool) -> Iterator[Row]:
    size = 500 if quick else RESPONSES
    single = 100 if quick else 1500
    with connect(engine) as database:
        base: dict[str, float] = {}
        for shape in SHAPES:
            database.reset()
            data = list(sample(size))
            # One transaction a response: what a citizen waits for.
            start = time.perf_counter()
            for row in data[:single]:
                insert(database, shape, [row])
                database.commit()
            each = single / (time.perf_counter() - start)
            for at in range(single, size, 2000):
                insert(database, shape, data[at : at + 2000])
            database.commit()
            start = time.perf_counter()
            n = count(database, shape)
            counted = (time.perf_counter() - start) * 1000
            assert n == size * 9, (shape, n)
            figures = {
                "durable inserts/s": each,
                "ms to count": counted,
                "bytes/response": database.size() / size,
            }
            base = base or figures
            for name, value in figures.items():
                yield Row(f"{engine}: {shape}: {name}, one row", value, base[name])


def sample(size: int) -> Any:
    chance = random.Random(2)
    for n in range(size):
        key = UUID(int=chance.getrandbits(128)).hex
        yield key, n % 5, 1, "".join(chance.choices("1234", (1, 4, 20, 15), k=9))


def insert(database: Any, shape: str, rows: list[Any]) -> None:
    if shape == "row per answer":
        database.many("INSERT INTO head VALUES (?, ?, ?)", [row[:3] for row in rows])
        answers = [(row[0], q, int(score)) for row in rows for q, score in enumerate(row[3], 1)]
        database.many("INSERT INTO answer VALUES (?, ?, ?)", answers)
        return
    database.many("INSERT INTO one VALUES (?, ?, ?, ?)", rows)
    if shape == "one row + counter":
        counts = Counter(
            (row[1], row[2], q, int(n)) for row in rows for q, n in enumerate(row[3], 1)
        )
        database.many(
            "INSERT INTO counter VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (service, month, question, score) DO UPDATE SET n = counter.n + excluded.n",
            [(*key, n) for key, n in counts.items()],
        )


def count(database: Any, shape: str) -> int:
    """Answers counted by question and score."""
    if shape == "one row":
        text = database.value(f"SELECT {database.concat}(answers, '') FROM one WHERE month = 1")
        blob = text.encode()
        return sum(blob[q::9].count(score) for q in range(9) for score in (b"1", b"2", b"3", b"4"))
    if shape == "row per answer":
        return sum(
            database.values(
                "SELECT count(*) FROM answer a JOIN head h ON h.id = a.response WHERE h.month = 1 GROUP BY question, score"
            )
        )
    return int(database.value("SELECT sum(n) FROM counter WHERE month = 1"))


class connect:
    """The two engines behind the same five verbs; both durable at every commit."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.concat = "string_agg" if engine == "postgres" else "group_concat"

    def __enter__(self) -> connect:
        self.folder = tempfile.TemporaryDirectory(prefix="tuntas-storage-")
        if self.engine == "postgres":
            import psycopg

            self.link: Any = psycopg.connect(os.environ["TUNTAS_TEST_POSTGRES_URL"])
        else:
            self.link = sqlite3.connect(Path(self.folder.name) / "db.sqlite3")
            self.link.execute("PRAGMA journal_mode=WAL")
            self.link.execute("PRAGMA synchronous=FULL")
        return self

    def __exit__(self, *_error: object) -> None:
        self.link.close()
        self.folder.cleanup()

    def sql(self, text: str) -> str:
        return text.replace("?", "%s") if self.engine == "postgres" else text

    def reset(self) -> None:
        uuid = "uuid" if self.engine == "postgres" else "char(32)"
        for name in ("one", "head", "answer", "counter"):
            self.link.cursor().execute(f"DROP TABLE IF EXISTS {name}")
        for table in TABLES:
            self.link.cursor().execute(table.format(uuid=uuid))
        self.link.commit()

    def many(self, text: str, rows: list[Any]) -> None:
        self.link.cursor().executemany(self.sql(text), rows)

    def commit(self) -> None:
        self.link.commit()

    def values(self, text: str) -> list[Any]:
        cursor = self.link.cursor()
        cursor.execute(text)
        return [row[0] for row in cursor.fetchall()]

    def value(self, text: str) -> Any:
        return self.values(text)[0]

    def size(self) -> float:
        names = "'one', 'head', 'answer', 'counter'"
        if self.engine == "postgres":
            return float(
                self.value(
                    f"SELECT sum(pg_total_relation_size(relname::regclass)) FROM pg_class WHERE relname IN ({names})"
                )
            )
        pages = (
            self.value(
                f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names}) OR name LIKE 'sqlite_autoindex_%'"
            )
            if self.has_dbstat()
            else 0
        )
        return float(pages or self.value("PRAGMA page_count") * self.value("PRAGMA page_size"))

    def has_dbstat(self) -> bool:
        return "ENABLE_DBSTAT_VTAB" in self.values("PRAGMA compile_options")
