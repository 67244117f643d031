"""The verifier in a real browser: an archive is checked there, without network, and sent nowhere."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import answer, make_cast, moment
from tests.proof.test_pack import JANUARY, packed, rewritten
from tuntas.models import Edition, Exclusion, Period, Service
from tuntas.models.closures import Closure
from tuntas.proof import archive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


@pytest.fixture
def closure(live_server: Any) -> Closure:
    """Answers to three editions with gaps and a question asked twice, one left out."""
    cast = make_cast()
    zone = Service.add(
        cast.inka, "zona", "Layanan Zona", edition=Edition.builtin("skm9-zi"), by=None
    )
    for service in (cast.service, cast.service16, zone):
        width = len(service.edition.question_list)
        for start in (0, 3, 7):
            answers = "".join("1234034214"[(start + place) % 10] for place in range(width))
            receipt = answer(service, answers, at=DURING)
    made = Exclusion.propose(
        cast.office,
        JANUARY,
        [receipt.response_id],
        "Uji coba petugas hari itu",
        by=cast.people["team"],
    )
    made.decide(accept=True, by=cast.people["head"])
    return Closure.seal(Period.of(cast.office, JANUARY), by=None, at=AFTER)


@pytest.mark.parametrize("size", ["small", "desktop"])
def test_an_archive_is_checked_without_network(
    closure: Closure, visitor: Any, tmp_path: Path, size: str
) -> None:
    person = visitor(size)
    page = person.open("/v/")
    person.check("verifier")
    data = packed(closure)
    good, bad, forged = (tmp_path / f"{name}.zip" for name in ("bukti", "rusak", "palsu"))
    good.write_bytes(data)
    members = {each.name: each for each in archive.read(io.BytesIO(data))}
    at = members["answers.csv"].start + data[members["answers.csv"].start :].index(b"counted")
    bad.write_bytes(data[:at] + b"C" + data[at + 1 :])
    content = data[members["closure.json"].start :][: members["closure.json"].size]
    value = closure.content["result"]["converted_2"].encode()
    forged.write_bytes(rewritten(data, closure_json=content.replace(value, b"99.99")))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    person.cut_network()
    page.set_input_files("#pack", good)
    page.get_by_text("Arsip ini utuh dan angkanya cocok").wait_for()
    told = page.locator("#verdict").inner_text()
    assert closure.sha256 in told
    assert closure.root in told
    assert closure.content["result"]["converted_2"].replace(".", ",") in told
    person.check("archive that holds")
    page.set_input_files("#pack", bad)
    page.get_by_text("Arsip ini tidak cocok").wait_for()
    assert "answers.csv, baris" in page.locator("#verdict").inner_text()
    person.check("archive that does not hold")
    page.set_input_files("#pack", forged)
    page.get_by_text("result.converted_2").wait_for()
    assert sent == []
    person.restore_network()


def test_every_part_of_an_archive_is_looked_at(
    closure: Closure, visitor: Any, tmp_path: Path
) -> None:
    """A changed byte in each file and in the frame; none passes."""
    page = visitor("desktop").open("/v/")
    data = packed(closure)
    members = archive.read(io.BytesIO(data))
    places = [each.start + each.size // 2 for each in members]
    places += [members[3].start - 20, len(data) - 30, len(data) - 1, 12]
    for number, at in enumerate(places):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        page.evaluate("document.getElementById('verdict').hidden = true")
        page.set_input_files("#pack", path)
        page.locator("#verdict:not([hidden])").wait_for()
        assert "tidak cocok" in page.locator("#verdict h3").inner_text(), at


def test_a_receipt_shows_its_proof(closure: Closure, visitor: Any) -> None:
    person = visitor("small")
    row = closure.period.office.responses.order_by("id").first()
    page = person.open(f"/v/{row.office_id}-{row.id.hex.upper()}/")
    assert closure.root in page.inner_text("main")
    page.get_by_text("Bukti lengkap").first.click()
    person.check("receipt")
    page.locator("a.code").click()
    assert "Penutupan ini tersimpan" in page.inner_text("h1")
    person.check("closure")
    person.open("/v/?l=en")
    person.check("verifier in English")
