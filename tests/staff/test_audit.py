"""Jejak audit: words for every act, filter, pages by time, files, and nothing of another office."""

from __future__ import annotations

import ast
import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from tests.conftest import Cast, answer
from tuntas.models import Event, Feedback
from tuntas.report import sheets
from tuntas.staff import audit

PACKAGE = Path(__file__).parents[2] / "tuntas"
ADDRESS = "/settings/audit/"


def page(cast: Cast, who: str = "auditor", **query: str) -> str:
    response = cast.client(who).get(f"{ADDRESS}?{urlencode(query)}")
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def rows(html: str) -> list[list[str]]:
    """Text of the cells of each line."""
    found = []
    html = unescape(html)
    for line in html.partition("<tbody>")[2].split("<tr>")[1:]:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", line, re.S)
        found.append([" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in cells])
    return found


def at(cast: Cast, day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(cast.office.time_zone))


def record(cast: Cast, action: str, day: str, who: str | None = "team", **details: object) -> Event:
    by = cast.people[who] if who else None
    return Event.record(
        action, by=by, about=cast.service, office=cast.office, at=at(cast, day), **details
    )


def test_every_act_has_words_and_a_group() -> None:
    """All that the code writes down; a name put together at run time is listed by hand."""
    found = {"webhook.on", "webhook.off", "exclusion.accepted", "exclusion.rejected"}
    for file in PACKAGE.rglob("*.py"):
        if "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "Event"
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    assert len(found) > 80
    assert found <= set(audit.WORDS)
    starts = [start for _label, group in audit.GROUPS.values() for start in group]
    for action in audit.WORDS:
        assert sum(action.startswith(start) for start in starts) == 1, action


def test_an_act_stands_there_in_words_with_its_page(cast: Cast) -> None:
    record(cast, "service.changed", "2026-03-05 09:30", fields=["name"])
    html = page(cast, until="2026-03-31")
    assert rows(html)[0] == [
        "5 Maret 2026 09.30",
        cast.people["team"].name,
        "mengubah layanan",
        f"Layanan {cast.service.name} riwayatnya Layanan {cast.service.name}",
        "Rincian 5 Maret 2026 09.30 fields ['name']",
    ]
    assert f'href="/services/{cast.service.pk}/"' in html


def test_what_it_is_narrowed_to(cast: Cast) -> None:
    record(cast, "service.changed", "2026-03-05 23:59")
    record(cast, "period.closed", "2026-03-06 00:00", "head")
    record(cast, "report.made", "2026-03-07 08:00", None)

    def acts(**query: str) -> list[str]:
        return [cells[2] for cells in rows(page(cast, **query))]

    everything = ["membuat laporan", "menutup bulan", "mengubah layanan"]
    assert acts(since="2026-03-01", until="2026-03-31") == everything
    assert acts(since="2026-03-06", until="2026-03-31") == everything[:2]  # the office's midnight
    assert acts(since="2026-03-01", until="2026-03-05") == everything[2:]
    assert acts(by="system", until="2026-03-31") == everything[:1]
    assert acts(by=str(cast.people["head"].pk), until="2026-03-31") == everything[1:2]
    assert acts(group="index", until="2026-03-31") == everything[1:2]
    assert acts(about=f"service:{cast.service.pk}", action="report.") == everything[:1]
    assert "Tidak ada catatan yang cocok." in page(cast, since="2020-01-01", until="2020-01-02")


@pytest.mark.parametrize(
    "query",
    [
        "until=9999-12-31",
        "since=0001-01-01",
        "since=kemarin",
        "since=2026-02-30",
        "since=2026-03-02&until=2026-03-01",
        "by=abc",
        "group=x",
    ],
)
def test_a_wrong_filter_is_named(cast: Cast, query: str) -> None:
    for address in (ADDRESS, "/settings/audit.csv"):
        response = cast.client("auditor").get(f"{address}?{query}")
        assert response.status_code == 422
        assert 'href="#id_' in response.content.decode()
    assert not Event.objects.filter(action="audit.exported").exists()


def test_pages_go_on_where_they_ended_whatever_comes_in(cast: Cast) -> None:
    for number in range(2 * audit.PER_PAGE + 10):
        # Two at each moment: the key decides between them.
        record(cast, "plan.progress", f"2026-03-01 00:{number // 2 % 60:02}", n=number)
    query = {"since": "2026-03-01", "until": "2026-03-01"}
    seen, html = [], page(cast, **query)
    for _page in range(3):
        seen += re.findall(r"<dd>(\d+)</dd>", html)
        record(cast, "plan.progress", "2026-03-01 12:00", n=9999)  # while somebody reads
        older = re.search(r'href="\?([^"]*)" rel="next"', html)
        if older:
            html = cast.client("auditor").get(f"{ADDRESS}?{older[1].replace('&amp;', '&')}")
            html = html.content.decode()
    numbers = [int(text) for text in seen]
    assert sorted(numbers) == list(range(2 * audit.PER_PAGE + 10))
    assert len(numbers) == len(set(numbers))
    newer = re.search(r'href="\?([^"]*)" rel="prev"', html)
    assert newer is not None
    back = cast.client("auditor").get(f"{ADDRESS}?{newer[1].replace('&amp;', '&')}")
    assert re.findall(r"<dd>(\d+)</dd>", back.content.decode()) == seen[50:100]


def test_a_page_costs_the_same_however_long_the_list(cast: Cast) -> None:
    def fill(count: int) -> None:
        moment = at(cast, "2026-01-01 00:00")
        Event.objects.bulk_create(
            Event(
                at=moment + timedelta(seconds=n),
                office=cast.office,
                action="plan.progress",
                about=f"service:{cast.service.pk}",
            )
            for n in range(count)
        )

    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(cast, after='["2026-01-01T00:02:00+00:00", "1"]')
        return [row["sql"] for row in asked.captured_queries]

    fill(200)
    few = queries()
    fill(5000)
    many = queries()
    assert len(few) == len(many)
    (the_list,) = [sql for sql in many if "LIMIT 51" in sql]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE tuntas_event")
        cursor.execute(
            ("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + the_list
        )
        plan = " ".join(str(row) for row in cursor.fetchall())
    # With one office alone PostgreSQL may go by the time only; never row by row, nor by sorting all.
    if connection.vendor == "postgresql":
        assert "Seq Scan on tuntas_event" not in plan
    else:
        assert "event_office_at" in plan


def test_the_file_holds_what_is_seen_and_taking_it_is_an_act(cast: Cast) -> None:
    record(cast, "service.changed", "2026-03-05 09:30", note="=1+1")
    record(cast, "period.closed", "2026-03-06 10:00", "head")
    response = cast.client("auditor").get("/settings/audit.csv?since=2026-03-01&until=2026-03-31")
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert [line[2] for line in lines] == ["Tindakan", "menutup bulan", "mengubah layanan"]
    assert lines[2][0].startswith("2026-03-05 09:30:00+")
    assert lines[2][6] == f"service:{cast.service.pk}"
    taken = Event.objects.get(action="audit.exported")
    assert taken.by == cast.people["auditor"]
    assert taken.details == {
        "format": "csv",
        "filter": {"since": "2026-03-01", "until": "2026-03-31"},
    }
    file = cast.client("head").get("/settings/audit.xlsx?group=index")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0)
    assert [row[2] for row in sheet.to_python()] == ["Tindakan", "menutup bulan"]
    assert cast.client("head").get("/settings/audit.pdf").status_code == 404


def test_a_workbook_too_large_is_refused_with_a_way_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_IN_XLSX", 1)
    record(cast, "service.changed", "2026-03-05 09:30")
    record(cast, "service.changed", "2026-03-05 09:31")
    response = cast.client("auditor").get("/settings/audit.xlsx")
    assert response.status_code == 422
    assert "unduh CSV" in response.content.decode()


def test_names_of_other_offices_and_words_of_citizens_stay_away(cast: Cast) -> None:
    answer(cast.service, suggestion="Tolong tambah kursi.")
    mine = Feedback.objects.get()
    Event.record("feedback.classified", by=None, about=mine, office=cast.office)
    # As if a row of ours spoke of a thing of another office: its name is not looked up.
    Event.record("service.changed", by=None, about=cast.other_service, office=cast.office)
    Event.record("unit.changed", by=None, about=cast.other_unit, office=cast.other)
    html = page(cast)
    assert "kursi" not in html
    assert f"Masukan #{mine.pk}" in " ".join(" ".join(cells) for cells in rows(html))
    assert f"Layanan #{cast.other_service.pk}" in " ".join(rows(html)[0])
    assert cast.other_service.name not in html
    assert cast.other_unit.name not in html
    assert "mengubah unit" not in html


def test_every_link_opens_for_whoever_reads(cast: Cast) -> None:
    answer(cast.service, suggestion="Tolong tambah kursi.")
    Event.record("feedback.classified", by=None, about=Feedback.objects.get(), office=cast.office)
    record(cast, "service.changed", "2026-03-05 09:30")
    for who in ("auditor", "head", "team"):
        links = re.findall(r'<td[^>]*>[^<]*<a href="([^"?]+)"', page(cast, who))
        assert len(links) >= 2
        for link in links:
            assert cast.client(who).get(link).status_code == 200, link
