"""Checking an archive: everything is computed again, and what does not fit is named. PURE."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from tuntas.proof import archive, contents, recount
from tuntas.proof.archive import Member
from tuntas.proof.records import (
    DayRoot,
    MonthParts,
    answer_leaf,
    canonical,
    month_records,
)
from tuntas.proof.tree import Tree, leaf_hash, root_of

MOST_JSON = 64 << 20
MOST_FINDINGS = 50  # of one kind: a file that is wrong throughout is told once, not a million times


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which file, where in it, and what."""

    file: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.place else ''}{self.place}: {self.what}"


@dataclass
class Verdict:
    """What checking an archive gave. `sha256`: of closure.json, to compare with what was printed."""

    findings: list[Finding] = field(default_factory=list)
    sha256: str = ""
    root: str = ""
    closure: dict[str, Any] = field(default_factory=dict)
    receipts: int = 0
    answers: int = 0
    days: int = 0

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, file: str, place: str, what: str) -> None:
        same = sum(1 for row in self.findings if row.file == file)
        if same < MOST_FINDINGS:
            self.findings.append(Finding(file, place, what))


Step = Callable[[int], None]


def check(file: BinaryIO, step: Step = lambda _bytes: None) -> Verdict:
    """Check an archive that is open for reading. `step` is told how many bytes were read.

    Never raises for bad contents: whatever they are, it ends as a finding.
    """
    verdict = Verdict()
    try:
        members = {member.name: member for member in archive.read(file)}
        check_frame(file, members, verdict, step)
        check_contents(file, members, verdict, step)
    except archive.NotAnArchive as error:
        verdict.add("zip", "", f"bukan arsip bukti yang utuh ({error})")
    return verdict


def check_frame(file: BinaryIO, members: dict[str, Member], verdict: Verdict, step: Step) -> None:
    """The bytes of the zip itself, and the checksums of the files in it."""
    crcs, sums = {}, {}
    for name, member in members.items():
        crc, digest = 0, hashlib.sha256()
        for chunk in archive.chunks_of(file, member):
            crc = zlib.crc32(chunk, crc)
            digest.update(chunk)
            step(len(chunk))
        crcs[name], sums[name] = crc, digest.hexdigest()
    for fault in archive.faults(file, list(members.values()), crcs):
        told = f"berisi {fault.found:02x}, seharusnya {fault.expected:02x}"
        verdict.add("zip", f"{fault.where}, byte {fault.at}", told)
    for name, member in members.items():
        if crcs[name] != member.crc and not any(row.file == "zip" for row in verdict.findings):
            verdict.add(name, "", "isi berkas tidak sama dengan jumlah periksanya (CRC-32)")
    expected = [f"{sums[name]}  {name}" for name in archive.NAMES[:-1]]
    found = list(archive.lines_of(file, members["SHA256SUMS"]))
    for place, line in enumerate(expected, start=1):
        if len(found) < place or found[place - 1] != line.encode():
            name = archive.NAMES[place - 1]
            verdict.add(
                "SHA256SUMS", f"baris {place}", f"tidak sama dengan isi {name} ({line[:64]})"
            )
    if len(found) > len(expected):
        verdict.add("SHA256SUMS", f"baris {len(expected) + 1}", "baris berlebih")


def check_contents(
    file: BinaryIO, members: dict[str, Member], verdict: Verdict, step: Step
) -> None:
    """Roots, counts and figures, from the rows up to what was published."""
    closure = read_json(file, members["closure.json"], dict, verdict)
    editions = read_json(file, members["editions.json"], list, verdict)
    verdict.closure = closure
    data = archive.bytes_of(file, members["closure.json"], MOST_JSON)
    verdict.sha256 = hashlib.sha256(data).hexdigest()
    days = check_days(file, members, verdict, step)
    found, answers_root = check_answers(file, members["answers.csv"], verdict, step)
    try:
        proof = closure["proof"]
        kept_answers = (int(proof["answers"]["n"]), str(proof["answers"]["root"]))
        check_root(file, members, verdict, days, answers_root)
        if verdict.receipts != verdict.answers:
            told = f"{verdict.receipts} tanda terima untuk {verdict.answers} jawaban"
            verdict.add("receipts.csv", "", told)
        if (verdict.answers, answers_root) != kept_answers:
            told = f"{verdict.answers} baris berakar {answers_root}, penutupan menyimpan "
            verdict.add("answers.csv", "", f"{told}{kept_answers[0]} dan {kept_answers[1]}")
            return  # other figures would only follow from this
        for row in recount.differences(found, closure, editions):
            told = f"penutupan {row.closed}, dihitung ulang {row.recounted}"
            verdict.add("closure.json", row.where, told)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        told = f"isinya tidak berbentuk penutupan ({type(error).__name__}: {str(error)[:80]})"
        verdict.add("closure.json", "", told)


def read_json(file: BinaryIO, member: Member, kind: type, verdict: Verdict) -> Any:
    """The JSON of a file; an empty one of the same kind when it is none, which is a finding."""
    data = archive.bytes_of(file, member, MOST_JSON)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        verdict.add(member.name, "", f"bukan JSON ({str(error)[:80]})")
        return kind()
    if not isinstance(found, kind):
        verdict.add(member.name, "", "bentuk JSON-nya lain")
        return kind()
    if canonical(found) != data:
        verdict.add(member.name, "", "bukan bentuk baku (kunci berurutan, tanpa spasi)")
    return found


# -- days and receipts ---------------------------------------------------------------------------


def check_days(
    file: BinaryIO, members: dict[str, Member], verdict: Verdict, step: Step
) -> list[DayRoot]:
    """The days as days.csv has them, each compared with the root over its receipts."""
    days: list[DayRoot] = []
    for place, line in body(file, members["days.csv"], contents.DAYS_HEAD, verdict, step):
        parsed = contents.parse_day(line)
        if parsed is None or parsed[0] != len(days) + 1:
            verdict.add("days.csv", f"baris {place}", "bukan baris hari yang sah")
            continue
        days.append(parsed[1])
    trees = receipts_of(file, members["receipts.csv"], verdict, step, len(days))
    for number, (day, tree) in enumerate(zip(days, trees, strict=True), start=1):
        if (day.n, day.root) != (tree.n, tree.root.hex()):
            told = f"{day.n} tanda terima berakar {day.root}, receipts.csv memberi {tree.n} dan "
            verdict.add("days.csv", f"hari {number} ({day.day})", told + tree.root.hex())
    verdict.days = len(days)
    return days


def receipts_of(
    file: BinaryIO, member: Member, verdict: Verdict, step: Step, days: int
) -> list[Tree]:
    trees = [Tree() for _day in range(days)]
    last = 1
    for place, line in body(file, member, contents.RECEIPTS_HEAD, verdict, step):
        found = contents.RECEIPT_LINE.fullmatch(line)
        number = int(found[1]) if found else 0
        if not found or not last <= number <= days:
            verdict.add("receipts.csv", f"baris {place}", "bukan baris tanda terima yang sah")
            continue
        leaf = bytes.fromhex(found[2].decode())
        if contents.check_of(leaf) != found[3].decode():
            verdict.add(
                "receipts.csv",
                f"baris {place}",
                f"daun dan digit periksa tidak cocok{bit_of_receipt(leaf, found[3].decode())}",
            )
        trees[number - 1].add(leaf)
        last = number
        verdict.receipts += 1
    return trees


def bit_of_receipt(leaf: bytes, kept: str) -> str:
    """Which single bit of a leaf, set back, makes it fit; empty when none does."""
    for bit in range(len(leaf) * 8):
        if contents.check_of(flipped(leaf, bit)) == kept:
            return f" (bit {bit} dari daun berubah)"
    return ""


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def body(
    file: BinaryIO, member: Member, head: bytes, verdict: Verdict, step: Step
) -> Iterator[tuple[int, bytes]]:
    """The lines below the head with their number in the file, from 2."""
    rows = archive.lines_of(file, member)
    first = next(rows, b"")
    if first != head:
        verdict.add(member.name, "baris 1", f"seharusnya {head.decode()}")
    for place, line in enumerate(rows, start=2):
        step(len(line) + 1)
        yield place, line


# -- answers -------------------------------------------------------------------------------------


def check_answers(
    file: BinaryIO, member: Member, verdict: Verdict, step: Step
) -> tuple[recount.Recount, str]:
    """The answers to count, and the root over them."""
    found, tree, last = recount.Recount(), Tree(), b""
    for place, line in body(file, member, contents.ANSWERS_HEAD, verdict, step):
        parsed = contents.parse_answer(line)
        if parsed is None:
            told = bit_of_answer(line) or "bukan baris jawaban yang sah"
            verdict.add("answers.csv", f"baris {place}", told)
            continue
        leaf, row = parsed
        if answer_leaf(row) != leaf:
            told = bit_of_answer(line) or f"isi baris tidak memberi daunnya ({leaf.hex()})"
            verdict.add("answers.csv", f"baris {place}", told)
        elif leaf <= last:
            verdict.add("answers.csv", f"baris {place}", "tidak menurut urutan daun, atau dua kali")
        tree.add(leaf)
        found.add(row)
        last = leaf
        verdict.answers += 1
    return found, tree.root.hex()


def bit_of_answer(line: bytes) -> str:
    """Which single bit, set back, makes a line fit its leaf; empty when none does."""
    for bit in range(len(line) * 8):
        parsed = contents.parse_answer(flipped(line, bit))
        if parsed is not None and answer_leaf(parsed[1]) == parsed[0]:
            at = bit // 8
            column = contents.ANSWERS_HEAD.decode().split(",")[line[:at].count(b",")]
            was, now = (chr(data[at]) for data in (flipped(line, bit), line))
            return f"kolom {column}, huruf ke-{at + 1} dari baris: {now!r}, semula {was!r}"
    return ""


# -- the month -----------------------------------------------------------------------------------


def check_root(
    file: BinaryIO,
    members: dict[str, Member],
    verdict: Verdict,
    days: Iterable[DayRoot],
    answers_root: str,
) -> None:
    """The root of the month from the parts in the archive. Raises KeyError and the like."""
    closure = verdict.closure
    proof = closure["proof"]
    editions = hashlib.sha256(
        archive.bytes_of(file, members["editions.json"], MOST_JSON)
    ).hexdigest()
    if editions != proof["editions"]:
        verdict.add(
            "editions.json", "", f"SHA-256 {editions}, penutupan menyimpan {proof['editions']}"
        )
    parts = MonthParts(
        office=str(closure["office"]),
        month=str(closure["month"]),
        closure=int(proof["closure"]),
        editions=editions,
        answers=(verdict.answers, answers_root),
        texts=(int(proof["texts"]["n"]), str(proof["texts"]["root"])),
        days=tuple(days),
    )
    if len(parts.days) != proof["days"]:
        verdict.add("days.csv", "", f"{len(parts.days)} hari, penutupan menyimpan {proof['days']}")
    verdict.root = root_of(map(leaf_hash, month_records(parts))).hex()
    if verdict.root != proof["root"]:
        told = f"akar bulan {verdict.root}, penutupan menyimpan {proof['root']}"
        verdict.add("closure.json", "proof.root", told)
