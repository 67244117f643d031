"""The inbox's list: filters, search, order, pages, the list as a file, and groups of feedback that say alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas import similarity
from tuntas.law.months import Month
from tuntas.models import (
    ActionPlan,
    AnsweredShare,
    Event,
    Feedback,
    FeedbackKind,
    Membership,
    Office,
    Reopened,
    Reply,
    ReplyTemplate,
    Unit,
    User,
    Way,
    search,
)
from tuntas.models.feedback import MERGED, NEEDS_NO_REPLY, FeedbackQuerySet
from tuntas.report import sheets
from tuntas.report.suggestions import anonymous, answer_words
from tuntas.staff.access import TEAM, TEAM_AND_OFFICERS, StaffRequest, staff
from tuntas.staff.downloads import listed
from tuntas.staff.paging import counted, key_page
from tuntas.typed import whole

PER_PAGE = 25
# Grouping reads this many waiting feedback, the most urgent first.
GROUPED = 1000
STATES = {
    "waiting": gettext_lazy("Menunggu jawaban"),
    "overdue": gettext_lazy("Melewati tenggat"),
    "answered": gettext_lazy("Sudah dijawab"),
    "all": gettext_lazy("Semua"),
}
SORTS = {
    "due": (gettext_lazy("Tenggat terdekat"), ["due_on", "id"]),
    "newest": (gettext_lazy("Terbaru"), ["-received_at", "-id"]),
    "oldest": (gettext_lazy("Terlama"), ["received_at", "id"]),
}
MARKS = {
    "plan": gettext_lazy("Ada rencana aksi"),
    "reopened": gettext_lazy("Dibuka kembali"),
    "template": gettext_lazy("Dijawab dengan templat"),
}
# What narrows the list beside the state it shows.
NARROWING = ("kind", "unit", "mark", "assignee", "month", "q")
WORDS = {**dict(Way.choices), MERGED: gettext_lazy("Digabungkan dan dijawab")}


@staff()
def feedback_list(request: StaffRequest) -> HttpResponse:
    office = request.office
    rows, state, sort = chosen(request)
    page = key_page(rows, SORTS[sort][1], request.GET, PER_PAGE)
    today = office.today
    for row in page:
        row.tag = tag_of(row, today)  # type: ignore[attr-defined]  # for the template only
    context = {
        "page": page,
        "n": counted(rows),
        "share": AnsweredShare.of(mine(request), today=today),
        "state": state,
        "sort": sort,
        "states": STATES.items(),
        "sorts": [(key, label) for key, (label, _order) in SORTS.items()],
        "marks": MARKS.items(),
        "kinds": FeedbackKind.choices,
        "units": Unit.objects.visible_to(request.user).filter(office=office),
        "people": colleagues(request),
        "query": request.GET,
        "is_narrowed": any(request.GET.get(name) for name in NARROWING),
        "may_batch": bool(request.roles & TEAM_AND_OFFICERS),
        "may_manage": bool(request.roles & TEAM),
        "templates": ReplyTemplate.objects.filter(office=office, retired_at=None),
        "all_units": office.units.all(),
        "batch_kinds": [row for row in FeedbackKind.choices if row[0] != FeedbackKind.SPAM],
    }
    return render(request, "staff/feedback_list.html", context)


def mine(request: StaffRequest) -> FeedbackQuerySet:
    return Feedback.objects.visible_to(request.user).filter(office=request.office)


def chosen(request: StaffRequest) -> tuple[FeedbackQuerySet, str, str]:
    """The rows that are asked for, the state they are in, and their order."""
    state = request.GET.get("state", "waiting")
    sort = request.GET.get("sort", "")
    if sort not in SORTS:
        sort = "due" if state in ("waiting", "overdue") else "newest"
    # Not joined: the engine would rather begin with the few services, and sort all of their rows.
    rows = filtered(mine(request), request, state).prefetch_related("service", "unit", "assignee")
    return rows, state, sort


@staff()
def feedback_export(request: StaffRequest, format: str) -> HttpResponseBase:
    """The filtered list with its answers as a file: no name, no contact, no tracking code, and without mail
    addresses and long numbers in the words. Who takes it stands in the audit log, what was searched does not."""
    if format not in sheets.TYPES:
        raise Http404
    rows, state, sort = chosen(request)
    if format == "xlsx" and rows[: sheets.MOST_IN_XLSX + 1].count() > sheets.MOST_IN_XLSX:
        messages.error(request, _("Terlalu banyak baris untuk XLSX; persempit atau unduh CSV."))
        return redirect(f"{reverse('feedback-list')}?{request.GET.urlencode()}")
    narrowed = {name: request.GET[name] for name in NARROWING if request.GET.get(name)}
    narrowed.pop("q", None)
    Event.record(
        "feedback.exported",
        by=request.user,
        about=request.office,
        office=request.office,
        format=format,
        filter={"state": state, **{name: text[:40] for name, text in narrowed.items()}},
    )
    heads = (
        _("Nomor"), _("Diterima"), _("Bulan survei"), _("Unit"), _("Layanan"), _("Jenis"),
        _("Masukan"), _("Keadaan"), _("Tenggat"), _("Dijawab pada"), _("Jawaban kantor"), _("Petugas"),
    )  # fmt: skip
    table = cells(rows.order_by(*SORTS[sort][1]), request.office)
    name = f"masukan-{request.office.code}-{request.office.today}.{format}"
    return listed(format, _("Masukan"), heads, table, name)


def cells(rows: FeedbackQuerySet, office: Office) -> Iterator[tuple[Any, ...]]:
    """Lines of the file, a few hundred at a time."""
    now, today = timezone.now(), office.today
    for row in rows.prefetch_related("replies", "merges__main__replies").iterator(chunk_size=500):
        answered = row.answered_at.astimezone(office.zone).date() if row.answered_at else None
        yield (
            row.pk,
            row.received_at.astimezone(office.zone).date(),
            row.month,
            row.unit.label,
            row.service.name,
            str(row.get_kind_display()),
            anonymous(row.text) or _("[tulisan dihapus]"),
            tag_of(row, today)[1] or _("Menunggu jawaban"),
            row.due_on,
            answered,
            answer_words(row, now) if answered else "",
            row.assignee.name if row.assignee else "",
        )


def colleagues(request: StaffRequest) -> Any:
    """People who work in this office, to choose whose feedback to see."""
    members = Membership.objects.filter(office=request.office).values("user")
    return User.objects.filter(pk__in=members, is_active=True).order_by("name")


def tag_of(row: Feedback, today: date) -> tuple[str, str]:
    """Tone and words of a row's state; empty words for one that simply waits."""
    if row.waits and row.is_answered:
        return ("bad" if row.due_on < today else "now", _("Dibuka kembali"))
    if row.waits:
        return ("bad" if row.due_on < today else "now", "")
    if row.kind in NEEDS_NO_REPLY:
        return ("", _("Tanpa jawaban"))
    if row.is_answered:
        return ("good", str(WORDS[row.answered_as]))
    return ("", _("Digabungkan, menunggu jawaban"))


def filtered(rows: FeedbackQuerySet, request: StaffRequest, state: str) -> FeedbackQuerySet:
    get = {key: str(value).strip() for key, value in request.GET.items()}
    if state == "waiting":
        rows = rows.unanswered()
    elif state == "overdue":
        rows = rows.overdue(request.office.today)
    elif state == "answered":
        rows = rows.answered()
    if get.get("kind") in FeedbackKind.values:
        rows = rows.filter(kind=get["kind"])
    if get.get("unit"):
        rows = rows.filter(unit__code=get["unit"][:40])
    rows = marked(rows, get.get("mark", ""))
    rows = of_person(rows, get.get("assignee", ""), request.user)
    try:
        rows = rows.filter(month=Month.parse(get["month"]).first_day) if get.get("month") else rows
    except ValueError:
        rows = rows.none()
    return search.among(rows, request.office.pk, get.get("q", ""))


def marked(rows: FeedbackQuerySet, mark: str) -> FeedbackQuerySet:
    if mark == "plan":
        links = ActionPlan.source_feedback.through.objects
        return rows.filter(Exists(links.filter(feedback=OuterRef("pk"))))
    if mark == "reopened":
        return rows.filter(Exists(Reopened.objects.filter(feedback=OuterRef("pk"))))
    if mark == "template":
        sent = Reply.objects.filter(feedback=OuterRef("pk"), way=Way.TEMPLATE)
        return rows.filter(Exists(sent))
    return rows


def of_person(rows: FeedbackQuerySet, who: str, user: User) -> FeedbackQuerySet:
    if who == "me":
        return rows.filter(assignee=user)
    if who == "none":
        return rows.filter(assignee__isnull=True)
    key = whole(who)
    return rows if key is None else rows.filter(assignee=key)


@staff()
def feedback_groups(request: StaffRequest) -> HttpResponse:
    """Waiting feedback that says alike, with the shared words; only a help for reading."""
    waiting = (
        Feedback.objects.visible_to(request.user)
        .filter(office=request.office)
        .unanswered()
        .select_related("unit")
        .order_by("due_on", "id")[:GROUPED]
    )
    rows = list(waiting)
    found = [
        {"words": group.words, "rows": [rows[place] for place in group.places]}
        for group in similarity.groups([row.text for row in rows])
    ]
    context = {
        "groups": found[:50],
        "n": len(rows),
        "may_batch": bool(request.roles & TEAM_AND_OFFICERS),
        "templates": ReplyTemplate.objects.filter(office=request.office, retired_at=None),
    }
    return render(request, "staff/feedback_groups.html", context)


urlpatterns = [
    path("", feedback_list, name="feedback-list"),
    path("groups/", feedback_groups, name="feedback-groups"),
    path("export.<str:format>", feedback_export, name="feedback-export"),
]
