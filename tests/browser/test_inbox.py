"""The inbox by keys alone, and a citizen's whole conversation on a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.test_loop import sign_in
from tests.conftest import Cast, answer, make_cast
from tuntas.models import Batch, Feedback, Merge, PublishedAnswer, Reply, ReplyTemplate, Way

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOTH = pytest.mark.parametrize("size", ["phone", "desktop"])


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def test_fifty_are_answered_by_keys_alone(cast: Cast, visitor: Any) -> None:
    for number in range(50):
        answer(cast.service, suggestion=f"Kursi nomor {number} rusak.")
    ReplyTemplate.add(cast.office, "Umum", "Terima kasih atas masukan Saudara.", by=None)
    who = visitor("desktop")
    sign_in(who, "officer")
    page = who.open(reverse("feedback-list"))
    page.wait_for_load_state()
    keys = page.keyboard
    keys.press("?")
    expect(page.get_by_text("masukan berikutnya", exact=True)).to_be_visible()
    keys.press("?")
    keys.press("/")
    keys.type("jn?")  # in a box the keys are letters
    assert page.input_value("#q") == "jn?"
    keys.press("Escape")
    for key in "jjk":
        keys.press(key)
    keys.press("Enter")
    page.wait_for_url("**/feedback/*/")
    for number in range(50):
        page.wait_for_load_state()
        before = page.url
        if number == 0:
            keys.press("2")
            expect(page.get_by_text("Jenis dan unit disimpan.")).to_be_visible()
            page.wait_for_load_state()
        if number % 5 == 0:
            keys.press("t")
            keys.press("ArrowDown")
        else:
            keys.press("r")
            keys.type(f"Kursi ke-{number} diganti hari ini, mohon maaf.")
        keys.press("Control+Enter")
        page.wait_for_url(lambda url, old=before: url != old)
    expect(page.get_by_text("Tidak ada masukan yang menunggu jawaban.")).to_be_visible()
    assert not Feedback.objects.unanswered().exists()
    assert Reply.objects.count() == 50
    assert Reply.objects.filter(way=Way.TEMPLATE).count() == 10
    assert Feedback.objects.filter(kind="criticism").count() == 1
    assert who.errors == []


def test_several_are_ticked_and_merged_by_keys(cast: Cast, visitor: Any) -> None:
    for text in ("Kursi rusak.", "Kursi patah.", "Lampu mati."):
        answer(cast.service, suggestion=text)
    who = visitor("desktop")
    sign_in(who, "officer")
    page = who.open(reverse("feedback-list"))
    page.wait_for_load_state()
    for key in "jxjx":
        page.keyboard.press(key)
    page.locator("button[value=merge]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Lakukan untuk 2 masukan")).to_be_visible()
    who.check("preview")
    page.get_by_role("button", name="Lakukan untuk 2 masukan").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Batalkan tindakan ini").wait_for()
    who.check("batch")
    assert Merge.objects.filter(undone_at=None).count() == 1
    page.get_by_role("button", name="Batalkan tindakan ini").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dibatalkan untuk 1 masukan.")).to_be_visible()
    assert not Merge.objects.filter(undone_at=None).exists()


def test_a_citizen_goes_through_the_whole_conversation(
    cast: Cast, visitor: Any, settings: Any
) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    code = answer(cast.service, suggestion="Tambah kursi tunggu.").tracking_code
    row = Feedback.objects.get()
    citizen = visitor("phone", java_script_enabled=True)
    page = citizen.open(f"/t/{code}/")
    expect(page.get_by_text("Belum dijawab. Kantor akan menjawab paling lambat")).to_be_visible()
    citizen.check("conversation, waiting")
    page.fill("#email", "warga@contoh.id")
    page.get_by_text("Saya setuju alamat ini").click()
    page.get_by_role("button", name="Beri tahu saya").click()
    expect(page.get_by_text("Anda akan diberi tahu lewat surel")).to_be_visible()
    row.reply("Kursi akan ditambah.", by=cast.people["officer"])
    page.reload()
    page.get_by_text("Tidak", exact=True).click()
    page.get_by_label("Mengapa? (opsional)").fill("Belum ada kursi")
    page.get_by_role("button", name="Kirim penilaian jawaban").click()
    expect(page.get_by_text("Jawaban itu tidak membantu?")).to_be_visible()
    citizen.check("conversation, voted")
    page.fill("#text", "Masih berdiri sejak pagi.")
    page.get_by_role("button", name="Kirim dan buka kembali").click()
    expect(page.get_by_text("Anda membuka kembali percakapan ini.")).to_be_visible()
    citizen.check("conversation, reopened")
    Feedback.objects.get().reply("Dua puluh kursi tiba hari ini.", by=cast.people["officer"])
    page.reload()
    expect(page.get_by_text("Dua puluh kursi tiba hari ini.")).to_be_visible()
    page.get_by_role("button", name="Hapus alamat surel saya sekarang").click()
    expect(page.get_by_role("button", name="Beri tahu saya")).to_be_visible()
    entry = PublishedAnswer.write(row, "Kursi kurang", "Dua puluh kursi ditambah.", by=None)
    entry.publish(by=None)
    page.get_by_role("link", name="Saran lain").click()
    expect(page.get_by_text("Dua puluh kursi ditambah.")).to_be_visible()
    citizen.check("you said, we did")
    assert citizen.context.cookies() == []


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_inbox_is_clean(cast: Cast, visitor: Any, size: str, scheme: str) -> None:
    team = cast.people["team"]
    ReplyTemplate.add(cast.office, "Umum", "Terima kasih atas masukan Saudara.", by=None)
    rows = []
    for text in ("Kursi ruang tunggu rusak", "Kursi ruang tunggu patah. AC mati.", "Iklan murah"):
        code = answer(cast.service, suggestion=text).tracking_code
        rows.append(Feedback.by_code(code))
    main, other, third = rows
    assert main
    assert other
    assert third
    other.split("AC mati.", by=team)
    third.decline("Bukan kewenangan kantor.", by=team, at=timezone.now() - timedelta(hours=1))
    batch = Batch.classify(cast.office, [main], "complaint", by=team)
    PublishedAnswer.write(main, "Kursi rusak", "Kursi diganti.", by=team)
    who = visitor(size, color_scheme=scheme)
    sign_in(who, "team")
    for name, arguments in {
        "feedback-list": [], "feedback-groups": [], "template-list": [], "holiday-list": [],
        "template-edit": [ReplyTemplate.objects.get().pk], "published-list": [],
        "batch": [batch.pk],
    }.items():  # fmt: skip
        who.open(reverse(name, args=arguments))
        who.check(name)
    Merge.make(main, [other], by=team)
    for row in rows:
        page = who.open(reverse("feedback", args=[row.pk]))  # type: ignore[union-attr]
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        who.check(f"feedback {row}")
    page = who.open(reverse("holiday-list"))
    page.fill("#id_lines", "2027-01-01 Tahun Baru")
    page.get_by_role("button", name="Periksa", exact=True).click()
    expect(page.get_by_role("button", name="Simpan kalender")).to_be_visible()
    who.check("holidays, preview")
