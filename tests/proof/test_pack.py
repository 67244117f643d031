"""The archive: the same bytes every time, and no byte of it can change unnoticed."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Cast, answer, moment
from tuntas.cli import main
from tuntas.law.months import Month
from tuntas.models import Edition, Exclusion, Period, Response, Service
from tuntas.models.closures import Closure, fingerprint
from tuntas.models.proofs import write_pack
from tuntas.proof import archive, checking

JANUARY = Month(2026, 1)
AFTER = moment("2026-02-02 03:00")
CHANCE = random.Random(20260131)


@pytest.fixture
def closure(cast: Cast) -> Closure:
    """Some days with answers to three editions (local and SPAK questions too), two left out."""
    zone = Service.add(
        cast.inka, "zona", "Layanan Zona", edition=Edition.builtin("skm9-zi"), by=None
    )
    keys = []
    for service in (cast.service, cast.service16, zone):
        width = len(service.edition.question_list)
        for day in (3, 14, 20, 31):
            answers = "".join(CHANCE.choices("1234", k=width))
            at = moment(f"2026-01-{day:02} 03:00")
            keys.append(answer(service, answers, at=at, suggestion="Tambah kursi.").response_id)
    for some, reason in (
        (keys[:1], "Uji coba petugas hari itu"),
        (keys[5:7], "Diisi dua kali oleh alat"),
    ):
        made = Exclusion.propose(cast.office, JANUARY, some, reason, by=cast.people["team"])
        made.decide(accept=True, by=cast.people["head"])
    return Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)


def packed(closure: Closure) -> bytes:
    file = io.BytesIO()
    write_pack(closure, file)
    return file.getvalue()


def checked(data: bytes) -> checking.Verdict:
    return checking.check(io.BytesIO(data))


def rewritten(data: bytes, **changes: bytes) -> bytes:
    """The archive with other files in it, its frame made anew: what a forger would do."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = {name: old.read(name) for name in archive.NAMES}
    files |= {name.replace("_", "."): content for name, content in changes.items()}
    sums = "".join(
        f"{__import__('hashlib').sha256(files[name]).hexdigest()}  {name}\n"
        for name in archive.NAMES[:-1]
    )
    files["SHA256SUMS"] = sums.encode()
    file = io.BytesIO()
    archive.write(file, [(name, [content]) for name, content in files.items()])
    return file.getvalue()


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return file.read(name)


def test_an_archive_holds_and_is_the_same_every_time(closure: Closure) -> None:
    data = packed(closure)
    assert packed(closure) == data
    verdict = checked(data)
    assert verdict.findings == []
    assert verdict.root == closure.root
    assert verdict.sha256 == closure.sha256 == fingerprint(closure.content)
    assert (verdict.receipts, verdict.answers, verdict.days) == (12, 12, 4)
    # Everybody's tools read it too.
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert tuple(file.namelist()) == archive.NAMES


def test_nothing_joins_a_receipt_to_its_answers_and_no_text_is_in_it(closure: Closure) -> None:
    data = packed(closure)
    for response in Response.objects.all():
        assert str(response.id).encode() not in data
        assert response.id.hex.encode() not in data
    assert b"kursi" not in data
    assert b"P3--" not in data
    leaves = [line.split(b",")[0] for line in member(data, "answers.csv").splitlines()[1:]]
    assert leaves == sorted(leaves)
    receipts = [line.split(b",")[1] for line in member(data, "receipts.csv").splitlines()[1:]]
    assert not set(leaves) & set(receipts)
    assert member(data, "answers.csv").count(b"left-out-1") == 2
    assert member(data, "answers.csv").count(b"left-out-2") == 1


@pytest.mark.slow
def test_every_changed_bit_is_found(closure: Closure) -> None:
    """Bits over the whole file, and every byte of the frame: none changes unnoticed."""
    data = packed(closure)
    total = len(data) * 8
    starts = [data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")]
    framed = {8 * (start + at) + at % 8 for start in starts for at in range(30)}
    bits = framed | set(range(8 * (len(data) - 22), total)) | set(CHANCE.sample(range(total), 700))
    for bit in sorted(bits):
        verdict = checked(checking.flipped(data, bit))
        assert verdict.findings, f"bit {bit} of byte {bit // 8}"
        assert all(row.file and row.what for row in verdict.findings)


def test_a_changed_bit_is_named_with_its_file_and_row(closure: Closure) -> None:
    data = packed(closure)
    members = {each.name: each for each in archive.read(io.BytesIO(data))}
    for name in archive.NAMES:
        each = members[name]
        for _time in range(25):
            bit = 8 * each.start + CHANCE.randrange(8 * each.size)
            files = {row.file for row in checked(checking.flipped(data, bit)).findings}
            assert name in files, (name, bit)
            # The frame is not blamed for it.
            assert "zip" not in files
    at = members["answers.csv"].start + len("leaf,salt,service,edition,status,answers\n")
    line = data[at:].split(b"\n", 1)[0]
    last = 8 * (at + len(line) - 1)
    told = [str(row) for row in checked(checking.flipped(data, last)).findings]
    now, was = chr(line[-1] ^ 1), chr(line[-1])
    column = f"kolom answers, huruf ke-{len(line)} dari baris: {now!r}, semula {was!r}"
    assert f"answers.csv, baris 2: {column}" in told


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("answers.csv", b"counted", b"left-out-1", "answers.csv"),
        ("closure.json", b'"n":9', b'"n":8', "closure.json"),
        ("closure.json", b'"converted_2":"', b'"converted_2":"9', "result.converted_2"),
        ("editions.json", b'"requirements"', b'"procedures"', "editions.json"),
        ("days.csv", b"1,2026-01-03", b"1,2026-01-04", "proof.root"),
    ],
)
def test_a_forgery_with_its_checksums_made_anew_is_named(
    closure: Closure, name: str, old: bytes, new: bytes, told: str
) -> None:
    data = packed(closure)
    content = member(data, name)
    assert old in content
    forged = rewritten(data, **{name.replace(".", "_"): content.replace(old, new, 1)})
    assert any(told in str(row) for row in checked(forged).findings), checked(forged).findings


def test_rows_that_are_left_out_added_or_swapped_are_found(closure: Closure) -> None:
    data = packed(closure)
    head, *rows = member(data, "answers.csv").splitlines(keepends=True)
    for changed in (rows[1:], [*rows, rows[-1]], [rows[1], rows[0], *rows[2:]]):
        forged = rewritten(data, answers_csv=head + b"".join(changed))
        assert any(row.file == "answers.csv" for row in checked(forged).findings)
    head, *rows = member(data, "receipts.csv").splitlines(keepends=True)
    for changed in (rows[1:], [*rows, rows[-1]], [rows[1], rows[0], *rows[2:]]):
        forged = rewritten(data, receipts_csv=head + b"".join(changed))
        assert checked(forged).findings


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"not a zip at all" * 100,
        b"\x00" * 5000,
        b"PK\x03\x04" + b"\xff" * 3000,
    ],
)
def test_what_is_no_archive_is_refused_in_one_sentence(data: bytes) -> None:
    (found,) = checked(data).findings
    assert found.file == "zip"


def test_bombs_and_paths_are_refused_without_being_unfolded(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        for name in archive.NAMES:
            file.writestr(name, b"\x00" * 10_000_000)
    assert len(bomb.getvalue()) < 100_000
    assert checked(bomb.getvalue()).findings[0].file == "zip"
    outside = io.BytesIO()
    with zipfile.ZipFile(outside, "w") as file:
        for name in archive.NAMES:
            file.writestr(f"../../etc/{name}", b"x" * 500)
    assert next(row.file for row in checked(outside.getvalue()).findings) == "zip"


def test_appended_bytes_are_found(closure: Closure) -> None:
    data = packed(closure)
    for forged in (data + b"\x00", b"\x00" + data, data[:-1]):
        assert checked(forged).findings


# -- the command ---------------------------------------------------------------------------------


def tuntas(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_the_command_writes_and_checks_without_a_database(closure: Closure, tmp_path: Path) -> None:
    out = tmp_path / "bukti.zip"
    made = json.loads(tuntas("pack", "kanreg", "2026-01", "--out", str(out), "--json").stdout)
    assert (made["sha256"], made["root"]) == (closure.sha256, closure.root)
    assert [path.name for path in tmp_path.iterdir()] == ["bukti.zip"]
    # Another process, in which the framework may not even be imported.
    program = (
        "import sys; sys.modules['django'] = None; sys.argv = ['tuntas', *sys.argv[1:]];"
        "from tuntas.cli import main; main()"
    )
    words = [sys.executable, "-c", program, "verify", str(out), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (
        json.loads(done.stdout)["result"]["converted_2"] == closure.content["result"]["converted_2"]
    )
    assert "Utuh" in tuntas("verify", str(out)).output
    assert tuntas("verify", str(out), "--sha256", closure.sha256).exit_code == 0
    assert tuntas("verify", str(out), "--sha256", "0" * 64).exit_code == 1
    data = out.read_bytes()
    at = data.index(b"counted")
    out.write_bytes(data[:at] + b"C" + data[at + 1 :])
    wrong = tuntas("verify", str(out))
    assert wrong.exit_code == 1
    assert "SALAH answers.csv, baris" in wrong.output


def test_the_command_says_what_is_missing(cast: Cast, tmp_path: Path) -> None:
    out = str(tmp_path / "bukti.zip")
    open_month = tuntas("pack", "kanreg", "2026-01", "--out", out)
    assert open_month.exit_code == 2
    assert "belum ditutup" in open_month.output
    assert tuntas("verify", out).exit_code == 2
    assert tuntas("verify", out, "2026-01").exit_code == 2


def altered_closure(cast: Cast) -> Any:
    """A closure from before there were proofs."""
    period = Period.of(cast.office, JANUARY)
    content = {"n": 0, "services": [], "exclusions": [], "result": None}
    return Closure.objects.create(
        period=period, number=1, at=AFTER, content=content, sha256=fingerprint(content)
    )


def test_a_closure_from_before_stays_valid_and_says_so(cast: Cast, tmp_path: Path) -> None:
    old = altered_closure(cast)
    assert old.root == ""
    done = tuntas("pack", "kanreg", "2026-01", "--out", str(tmp_path / "bukti.zip"))
    assert "sebelum ada akar bukti" in done.output
    assert tuntas("verify", "--database", "kanreg", "2026-01").exit_code == 0
