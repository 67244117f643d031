"""The seven plans of the semester report, entered from nothing through the pages and counted.

The estimate: 2 s per click (seeing, moving, pressing) and 0.25 s per step of typing or pasting: a
long text is pasted, which is one step for its field; a short one counts one step per word. Choosing
in a list or a date field is a click and a step. Measured: 144 clicks and 91 steps, about
5 minutes. Reading is not in it: the person has the report's
draft beside the page, as offices do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.test_loop import sign_in
from tests.conftest import Cast, make_cast
from tuntas import demo, report
from tuntas.law.months import Month, Span
from tuntas.models import ActionPlan, Office, Unit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SEED = json.loads((Path(demo.__file__).with_name("kanreg10.json")).read_text(encoding="utf-8"))
CLICK, STEP, LONG = 2.0, 0.25, 60
MONTHS = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
]


class Hand:
    """A person at the page: counts clicks and steps of typing."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.steps = page, 0, 0

    def press(self, name: str, *, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        self.clicks += 1

    def write(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)
        self.clicks += 1
        self.steps += 1 if len(text) > LONG else len(text.split())

    def choose(self, selector: str, value: str) -> None:
        self.page.select_option(selector, value)
        self.clicks += 1
        self.steps += 1

    def open(self, summary: str) -> None:
        """Open a folded form, when it is not open already."""
        details = self.page.locator("details", has=self.page.get_by_text(summary, exact=True))
        if details.get_attribute("open") is None:
            details.locator("summary").click()
            self.clicks += 1

    @property
    def minutes(self) -> float:
        return (self.clicks * CLICK + self.steps * STEP) / 60


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def units_of(cast: Cast) -> dict[str, Unit]:
    """The report's units, in its order, with the names it prints."""
    found = {"pensiun": cast.pensiun, "inka": cast.inka}
    found["pdsk"] = Unit.add(
        cast.office, "pdsk", "Bidang Pengembangan dan Supervisi", short_name="PdSK", by=None
    )
    return found


def activity_line(row: dict[str, Any]) -> str:
    """The line as the report writes it."""
    if "on" not in row:
        return str(row["text"])
    year, month, day = row["on"].split("-")
    when = f"{MONTHS[int(month) - 1]} {year}"
    if row.get("month_only"):
        return f"{row['text']} bulan {when};"
    last = f"-{int(row['until'].split('-')[2])}" if "until" in row else ""
    return f"{row['text']} tanggal {int(day)}{last} {when};"


def enter(hand: Hand, row: dict[str, Any], unit: Unit) -> None:
    """One plan from the empty form to its evidence."""
    hand.press("Tambah rencana", role="link")
    hand.choose("#id_unit", str(unit.pk))
    hand.write("#id_survey_month", row["survey"])
    hand.choose("#id_element", row["element"])
    hand.write("#id_action", row["action"])
    hand.write("#id_start_month", row["start"])
    if row["end"]:
        hand.write("#id_end_month", row["end"])
    hand.press("Simpan")
    if len(row["progress"]) > 1:
        hand.press("Tempel daftar kegiatan bertanggal", role="link")
        hand.write("#id_paste-lines", "\n".join(map(activity_line, row["progress"])))
        hand.press("Baca daftar")
        hand.press("Simpan semua")
    for note in row["progress"] if len(row["progress"]) == 1 else []:
        hand.open("Tambah progres")
        hand.write("#id_progress-text", note["text"])
        hand.choose("#id_progress-kind", "note")
        hand.press("Simpan progres")
    for obstacle in row["obstacles"]:
        hand.open("Tambah kendala")
        hand.write("#id_obstacle-text", obstacle["text"])
        if "depends_on" in obstacle:
            hand.write("#id_obstacle-depends_on", obstacle["depends_on"])
        hand.press("Simpan kendala")
    hand.open("Tambah data dukung")
    hand.write("#id_evidence-url", "\n".join(row["evidence"]))
    hand.press("Simpan data dukung")
    if row["finished"]:
        hand.press("Usulkan selesai")
    hand.press("Rencana aksi", role="link")


def rows_of(office: Office) -> list[dict[str, Any]]:
    made = report.make(office, "follow-up", Span.parse("2023-S1"))
    return [row for group in made.content["annex"]["groups"] for row in group["rows"]]


def test_the_seven_plans_are_entered_in_less_than_twenty_minutes(cast: Cast, visitor: Any) -> None:
    units = units_of(cast)
    team: Visitor = visitor("desktop")
    sign_in(team, "team")
    hand = Hand(team.page)
    hand.press("Rencana aksi", role="link")
    for row in SEED["plans"]:
        enter(hand, row, units[row["unit"]])
    assert ActionPlan.objects.count() == 7
    head: Visitor = visitor("desktop")
    sign_in(head, "head")
    reviewer = Hand(head.page)
    for plan in ActionPlan.objects.waiting_for_review():
        head.open(reverse("plan", args=[plan.pk]))
        reviewer.clicks += 1
        reviewer.press("Terima")
    assert team.errors == head.errors == []
    minutes = hand.minutes + reviewer.minutes
    told = f"{hand.clicks + reviewer.clicks} clicks, {hand.steps} steps, {minutes:.1f} minutes"
    assert minutes < 20, told
    demo.load()
    entered, known = rows_of(cast.office), rows_of(Office.objects.get(code="kanreg10"))
    for row in known:
        row["figures"] = None
    for row in entered:
        row["figures"] = None
    assert entered == known


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_page_of_a_plan_passes_axe(cast: Cast, visitor: Any, size: str) -> None:
    plan = ActionPlan.add(
        cast.pensiun, by=cast.people["officer"], survey_month=Month(2026, 1).first_day,
        element="facilities", action="Menambah kursi tunggu.",
        start_month=Month(2026, 2).first_day,
    )  # fmt: skip
    wrong = plan.add_progress(by=cast.people["team"], kind="note", text="Salah.")
    plan.correct_progress(wrong, by=cast.people["team"], kind="note", text="Sudah diukur.")
    waiting = plan.add_progress(
        by=None, kind="planned", text="Lelang kursi", on=Month(2026, 3).first_day
    )
    plan.add_obstacle(by=None, text="Menunggu anggaran.", depends_on="BKN Pusat")
    plan.add_link("https://contoh.go.id/" + "panjang" * 20, by=None)
    plan.propose(by=cast.people["officer"])
    team: Visitor = visitor(size)
    sign_in(team, "team")
    pages = {
        "plan": reverse("plan", args=[plan.pk]),
        "list": reverse("plan-list") + "?state=review",
        "proposals": reverse("plan-proposals"),
        "activities": reverse("plan-activities", args=[plan.pk]),
        "correction": reverse("progress-correction", args=[plan.pk, waiting.pk]),
        "publications": reverse("publication-list"),
        "pekppp": reverse("pekppp") + "?year=2026",
        "table": reverse("plan-table") + "?span=2026-S1",
    }
    for name, path in pages.items():
        team.open(path)
        team.check(name)
    team.open(pages["activities"])
    team.page.fill("#id_paste-lines", "Bimtek KP tanggal 9 Februari 2026\nTanpa tanggal")
    team.page.get_by_role("button", name="Baca daftar").click()
    team.check("activities read")
    team.open(pages["list"])
    team.page.keyboard.press("o")
    team.page.wait_for_url("**" + pages["plan"])
