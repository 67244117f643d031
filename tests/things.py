"""One of everything: what a unit and what an office may have, with the keys the addresses need."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.imports.excerpts import excerpt_of
from tuntas.law.months import Month, Span
from tuntas.models import (
    ActionPlan,
    ApiToken,
    Batch,
    Edition,
    EditionStart,
    Exclusion,
    Feedback,
    Import,
    InvitationBatch,
    Notice,
    Office,
    PaperBatch,
    Period,
    Publication,
    PublishedAnswer,
    ReplyTemplate,
    ReportOrder,
    StaffInvitation,
    Tablet,
    WallScreen,
    Webhook,
)
from tuntas.models.aggregate_file import build
from tuntas.models.aggregates import confirm, receive
from tuntas.models.closures import Closure
from tuntas.models.papers import SheetValues

ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)

DURING, AFTER = moment("2026-01-15 03:00"), moment("2026-02-02 03:00")


def asked_things(cast: Cast) -> dict[str, Any]:
    """What citizens sent in January, of which one answer shall not count."""
    for _each in range(3):
        answer(cast.service, suggestion="Tambah kursi tunggu.", at=DURING)
    exclusion = Exclusion.propose(
        cast.office,
        Month(2026, 1),
        [answer(cast.service, at=DURING).response_id],
        "Uji coba petugas pada hari itu",
        by=cast.people["team"],
    )
    mine = Feedback.objects.filter(unit=cast.pensiun)
    return {"feedback": mine[0].pk, "exclusion": exclusion.pk}


def close_january(cast: Cast) -> None:
    Closure.seal(Period.of(cast.office, Month(2026, 1)), by=None, at=AFTER)


def unit_things(cast: Cast) -> dict[str, Any]:
    """What belongs to the unit pensiun."""
    mine = list(Feedback.objects.filter(unit=cast.pensiun)[:1])
    plan = ActionPlan.add(
        cast.pensiun, by=None, survey_month=DURING.date().replace(day=1), action="Menambah kursi."
    )
    evidence = plan.add_file("bukti.png", ONE_PIXEL, by=None)
    progress = plan.add_progress(by=None, kind="planned", text="Lelang", on=DURING.date())
    obstacle = plan.add_obstacle(by=None, text="Menunggu anggaran.")
    cast.service.change(by=None, codes="optional")
    paper = PaperBatch.add(cast.service, "Loket", 3, by=None)
    values = SheetValues("343444333", "P3--", timezone.localdate())
    paper.type_first(1, values, by=cast.people["team"])
    return {
        "paper": paper.pk,
        "place": 1,
        "number": 1,
        "plan": plan.pk,
        "progress": progress.pk,
        "obstacle": obstacle.pk,
        "evidence": evidence.pk,
        "service": cast.service.pk,
        "unit": cast.pensiun.pk,
        "import": uploaded(cast).pk,
        "tablet": Tablet.add(cast.service, "Loket 1", "kiosk", by=None)[0].pk,
        "batch": InvitationBatch.make(
            cast.service, "slip", 5, expires_on=cast.office.today, by=None
        )[0].pk,
        "several": Batch.classify(cast.office, mine, "complaint", by=cast.people["team"]).pk,
        "published": PublishedAnswer.write(mine[0], "Kursi kurang", "Kursi ditambah.", by=None).pk,
    }


def office_things(cast: Cast) -> dict[str, Any]:
    """What belongs to the whole office, and the words of addresses."""
    edition = Edition.begin(cast.office, "Milik kami", Edition.builtin("skm9"), by=None)
    edition.publish(by=None)
    start = EditionStart.plan(cast.service, edition, Month.of(cast.office.today) + 1, by=None)
    draft = Edition.begin(cast.office, "Draf kami", edition, by=None)
    far = Office.add(f"jauh-{cast.office.code}", "Wilayah Jauh", by=None)
    brought = receive(cast.office, "jauh.json", build(far, Span.parse("2026")), by=None)
    confirm(brought, by=None, key_compared=True)
    made = report.make(cast.office, "processing", Span.parse("2026-01"))
    hook = Webhook.add(
        cast.office, "Dasbor", "https://dasbor.contoh.go.id/", ["month.closed"], by=None
    )
    return {
        "cast": cast,
        "a4": "a4",
        "csv": "csv",
        "below": cast.office.pk,
        "outside": cast.office.outside_offices.get().uid,
        "aggregate": receive(cast.office, "lagi.json", build(far, Span.parse("2026")), by=None).pk,
        "table": "months",
        "publication": Publication.register(
            cast.office,
            Span.parse("2026-01"),
            "printed",
            "Papan loket",
            AFTER.date(),
            by=None,
            file=("foto.png", ONE_PIXEL),
            at=AFTER,
        ).pk,
        "report": made.code,
        "token": ApiToken.add(
            cast.office, "Helpdesk", ["services"], expires_on=cast.office.today, by=None
        )[0].pk,
        "hook": hook.pk,
        "delivery": hook.test(by=cast.people["team"]).pk,
        "screen": WallScreen.add(cast.office, "Lobi", by=None)[0].pk,
        "notice": Notice.objects.create(
            person=cast.people["officer"],
            office=cast.office,
            kind="plan-soon",
            path="/",
            key=f"k{cast.office.pk}",
            made_at=AFTER,
            not_before=AFTER,
        ).pk,
        "person": cast.people["head"].pk,
        "staff_invitation": StaffInvitation.invite(
            cast.office, f"baru@{cast.office.code}.go.id", "Baru", [("auditor", None)], by=None
        )[0].pk,
        "membership": cast.office.memberships.get(role="auditor").pk,
        "edition": edition.pk,
        "draft": draft.pk,
        "question": draft.question_list[0].pk,
        "start": start.pk,
        "year": 2026,
        "template": ReplyTemplate.add(cast.office, "Umum", "Terima kasih.", by=None).pk,
        "refusal": "refusal",
        "month": "2026-01",
        "kind": "follow-up",
        "section": "tujuan",
        "order": ReportOrder.put(cast.office, by=None, kind="monthly", span="2026-01").pk,
        "sha256": made.add_signed("laporan.pdf", b"%PDF-1.7 bertanda tangan", by=None).sha256,
        "pdf": "pdf",
        "svg": "svg",
        "kept": "text",
        "link": "link",
        "png": "png",
    }


def uploaded(cast: Cast) -> Import:
    file = ContentFile(b"u1,u2,u3,u4,u5,u6,u7,u8,u9\n3,3,3,3,3,3,3,3,3\n")
    found = Import.add(cast.service, file, "isian.csv", by=cast.people["team"])
    excerpt = excerpt_of(found.path, "isian.csv", cast.service.edition)
    found.accept(excerpt.data(), by=cast.people["team"])
    return found
