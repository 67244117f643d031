"""Questionnaires: the office's own editions, from draft to publication to the month they start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.instruments import INSTRUMENTS
from tuntas.law.months import Month
from tuntas.law.questionnaires import BUILTIN
from tuntas.models import Edition, EditionStart, Service
from tuntas.models.drafts import Draft
from tuntas.models.starts import AlreadyStarted, MonthNotComing, SameEdition, StartWaiting
from tuntas.models.surveys import AlreadyPublished, DraftWaiting, NothingToUndo, NotReady
from tuntas.report import numbers
from tuntas.staff.access import TEAM, StaffRequest, find, staff
from tuntas.staff.forms import MonthField, SeveralField
from tuntas.typed import whole


class EditionForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nama kuesioner"),
        max_length=200,
        help_text=gettext_lazy("Misalnya “Kuesioner SKM layanan daring”."),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Mulai dari"),
        help_text=gettext_lazy("Isinya disalin; yang asli tidak berubah."),
    )

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = edition_choices(request)  # type: ignore[attr-defined]


class StartForm(forms.Form):
    """Which services ask the edition from which month on."""

    month = MonthField(
        label=gettext_lazy("Mulai bulan"),
        help_text=gettext_lazy(
            "Edisi berganti pada tanggal 1, sehingga satu bulan tidak pernah memuat dua edisi."
        ),
    )
    services = SeveralField(
        label=gettext_lazy("Layanan"),
        queryset=Service.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Pilih paling sedikit satu layanan.")},
    )

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.visible_to(request.user).filter(office=request.office).open()
        self.fields["services"].queryset = services.with_editions()  # type: ignore[attr-defined]
        self.fields["month"].widget.attrs["min"] = str(Month.of(request.office.today) + 1)


def edition_choices(request: StaffRequest) -> list[tuple[str, str]]:
    """Built-in questionnaires by their code and the office's published editions by their key."""
    own = Edition.objects.published().filter(questionnaire__office=request.office)
    return [(code, builtin.name) for code, builtin in BUILTIN.items()] + [
        (str(edition.pk), edition.label) for edition in own.select_related("questionnaire")
    ]


def chosen_edition(request: StaffRequest, choice: str) -> Edition:
    """The edition a value of `edition_choices` stands for."""
    if choice in BUILTIN:
        return Edition.builtin(choice)
    return Edition.objects.published().get(pk=choice, questionnaire__office=request.office)


def find_edition(request: StaffRequest, pk: int) -> Edition:
    """A built-in edition or one of the current office's."""
    editions = Edition.objects.visible_to(request.user).of_office(request.office)
    people = ("made_by", "changed_by", "published_by", "questionnaire__office")
    return get_object_or_404(editions.select_related(*people), pk=pk)


def find_draft(request: StaffRequest, pk: int) -> Edition:
    """A draft of the office. A published edition has none of the draft's pages."""
    edition = find_edition(request, pk)
    if edition.published_at is not None:
        raise Http404
    return edition


@staff()
def edition_list(request: StaffRequest) -> HttpResponse:
    editions = Edition.objects.of_office(request.office).prefetch_related("questions")
    own = editions.filter(questionnaire__office=request.office)
    services = Service.objects.visible_to(request.user).filter(office=request.office).open()
    used: dict[int, list[str]] = {}
    for service in services.with_editions():
        used.setdefault(service.edition_id, []).append(service.name)
    context = {
        "own": [(row, used.get(row.pk, [])) for row in own.select_related("changed_by")],
        "builtin": [
            (row, used.get(row.pk, []))
            for row in editions.filter(questionnaire__office__isnull=True)
        ],
        "starts": coming_starts(request),
        "may_write": bool(request.roles & TEAM),
    }
    return render(request, "staff/edition_list.html", context)


def coming_starts(request: StaffRequest, edition: Edition | None = None) -> Any:
    """Starts whose month has not begun, which can still be withdrawn."""
    rows = (
        EditionStart.objects.visible_to(request.user)
        .holding()
        .filter(office=request.office, month__gt=request.office.today)
        .select_related("service", "edition__questionnaire", "made_by")
    )
    return rows.filter(edition=edition) if edition else rows


@staff(may=TEAM)
def edition_add(request: StaffRequest) -> HttpResponse:
    """Begin a draft with what another edition says."""
    form = EditionForm(request.POST or None, request=request, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        source = chosen_edition(request, form.cleaned_data["source"])
        made = Edition.begin(request.office, form.cleaned_data["name"], source, by=request.user)
        messages.success(request, _("Draf dibuat. Belum ada layanan yang memakainya."))
        return redirect("edition", made.pk)
    context = {"form": form, "title": _("Kuesioner baru")}
    status = 422 if form.errors else 200
    return render(request, "staff/edition_form.html", context, status=status)


@staff()
def edition_page(request: StaffRequest, pk: int) -> HttpResponse:
    return shown(request, find_edition(request, pk))


def shown(
    request: StaffRequest, edition: Edition, form: StartForm | None = None, status: int = 200
) -> HttpResponse:
    draft = edition.draft
    may_write = bool(request.roles & TEAM)
    is_draft = edition.published_at is None
    context = {
        "edition": edition,
        "draft": draft,
        "measures": draft.measures(),
        "notes": draft.notes(),
        "may_write": may_write,
        "may_edit": is_draft and may_write,
        "problems": draft.problems() if is_draft else [],
        "rows": question_rows(draft, request.GET.get("at", ""), request.GET.get("act", "")),
        "instruments": [
            (row.code, row.name, row.code in draft.instruments) for row in INSTRUMENTS.values()
        ],
        "starts": coming_starts(request, edition),
        "form": form or (StartForm(request=request) if may_write and not is_draft else None),
    }
    return render(request, "staff/edition.html", context, status=status)


def question_rows(draft: Draft, at: str, act: str) -> list[dict[str, Any]]:
    """The questions as the page lists them. The button pressed last keeps the focus, or the other
    one when the question has come to an end of the list."""
    last = len(draft.questions)
    rows = []
    for number, question in enumerate(draft.questions, start=1):
        is_here = str(question.key) == at
        focus = "" if not is_here else "down" if number == 1 else "up" if number == last else act
        rows.append(
            {
                "number": number,
                "question": question,
                "is_first": number == 1,
                "is_last": number == last,
                "focus": focus,
            }
        )
    return rows


@csp_update({"frame-src": [SELF]})
@staff()
def edition_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """The form exactly as citizens see it, at the width of a phone, beside what it measures."""
    edition = find_edition(request, pk)
    draft = edition.draft
    context = {
        "edition": edition,
        "address": reverse("survey-preview", args=[edition.preview_key]),
        "measures": draft.measures(),
        "notes": draft.notes(),
    }
    return render(request, "staff/edition_preview.html", context)


@require_POST
@staff(may=TEAM)
def edition_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """One change of the whole draft: move or remove a question, SPKP or SPAK, name, undo."""
    edition = find_draft(request, pk)
    act = request.POST.get("act", "")
    key = request.POST.get("question", "")
    edits: dict[str, Callable[[Draft], Draft]] = {}
    number = whole(key)
    if number is not None:
        edits["up"] = lambda draft: draft.moved(number, -1)
        edits["down"] = lambda draft: draft.moved(number, 1)
        edits["remove"] = lambda draft: draft.without(number)
    code = request.POST.get("instrument", "")
    if code in INSTRUMENTS:
        edits["with"] = lambda draft: draft.with_instrument(code, wanted=True)
        edits["without"] = lambda draft: draft.with_instrument(code, wanted=False)
    name = request.POST.get("name", "").strip()[:200]
    if name:
        edits["rename"] = lambda draft: draft.named(name)
    try:
        if act == "undo":
            edition.undo(by=request.user)
            messages.success(request, _("Perubahan terakhir diurungkan."))
        elif act in edits:
            edition.change(edits[act], by=request.user, what=act)
            messages.success(request, _("Perubahan disimpan; dapat diurungkan."))
        else:
            messages.error(request, _("Tidak ada yang diubah."))
    except NothingToUndo:
        messages.error(request, _("Tidak ada perubahan yang dapat diurungkan."))
    except AlreadyPublished:
        messages.error(request, PUBLISHED_MEANWHILE)
    address = reverse("edition", args=[pk])
    # Without a #fragment, beside which browsers ignore the focus that the page asks for.
    return redirect(f"{address}?at={key}&act={act}" if act in ("up", "down") else address)


PUBLISHED_MEANWHILE = gettext_lazy(
    "Edisi ini baru saja diterbitkan dan tidak dapat diubah lagi. Buatlah edisi berikutnya."
)


@staff(may=TEAM)
def edition_publication(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the checks first (GET), then publish (POST)."""
    edition = find_draft(request, pk)
    problems = edition.draft.problems()
    if request.method == "POST":
        try:
            edition.publish(by=request.user)
        except NotReady as error:
            problems = error.problems
        except AlreadyPublished:
            return redirect("edition", pk)
        else:
            messages.success(
                request,
                _(
                    "Edisi %(number)s diterbitkan dan tidak berubah lagi. Pilih kapan ia mulai dipakai."
                )
                % {"number": edition.number},
            )
            return redirect("edition", pk)
    context = {
        "edition": edition,
        "problems": problems,
        "measures": edition.draft.measures(),
        "notes": edition.draft.notes(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "staff/edition_publication.html", context, status=status)


@staff(may=TEAM)
def edition_removal(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask first (GET), then throw the draft away (POST)."""
    edition = find_draft(request, pk)
    if request.method != "POST":
        return render(request, "staff/edition_removal.html", {"edition": edition})
    edition.discard(by=request.user)
    messages.success(request, _("Draf dibuang."))
    return redirect("edition-list")


@require_POST
@staff(may=TEAM)
def edition_next(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin the next edition of an own questionnaire with what this one says."""
    edition = find_edition(request, pk)
    if edition.is_builtin or edition.published_at is None:
        raise Http404
    try:
        made = edition.begin_next(by=request.user)
    except DraftWaiting as waiting:
        messages.error(request, _("Kuesioner ini sudah memiliki draf; lanjutkan draf itu."))
        return redirect("edition", waiting.draft.pk)
    messages.success(request, _("Draf edisi %(number)s dibuat.") % {"number": made.number})
    return redirect("edition", made.pk)


@require_POST
@staff(may=TEAM)
def edition_start_add(request: StaffRequest, pk: int) -> HttpResponse:
    """Let some services ask the edition from a coming month on; each is told for itself."""
    edition = find_edition(request, pk)
    if edition.published_at is None:
        raise Http404
    form = StartForm(request.POST, request=request)
    if not form.is_valid():
        return shown(request, edition, form, status=422)
    month, done = Month.of(form.cleaned_data["month"]), 0
    for service in form.cleaned_data["services"]:
        try:
            EditionStart.plan(service, edition, month, by=request.user)
        except MonthNotComing:
            form.add_error("month", _("Pilih bulan yang belum mulai, paling cepat bulan depan."))
            return shown(request, edition, form, status=422)
        except SameEdition:
            messages.error(request, _("%(name)s sudah memakai edisi ini.") % {"name": service.name})
        except StartWaiting as waiting:
            messages.error(
                request,
                _("%(name)s sudah menunggu edisi lain mulai %(month)s; batalkan dahulu yang itu.")
                % {"name": service.name, "month": numbers.month(waiting.start.as_month)},
            )
        else:
            done += 1
    if done:
        messages.success(
            request,
            _("%(n)s layanan memakai edisi ini mulai 1 %(month)s.")
            % {"n": done, "month": numbers.month(month)},
        )
    return redirect("edition", pk)


@require_POST
@staff(may=TEAM)
def edition_start_withdrawal(request: StaffRequest, pk: int) -> HttpResponse:
    start = find(EditionStart.objects.select_related("office"), request, pk=pk)
    try:
        start.withdraw(by=request.user)
    except AlreadyStarted:
        messages.error(request, _("Edisi ini sudah mulai dipakai; rencanakan edisi berikutnya."))
    else:
        messages.success(request, _("Rencana dibatalkan; layanan tetap memakai edisi sekarang."))
    return redirect("edition", start.edition_id)


urlpatterns = [
    path("", edition_list, name="edition-list"),
    path("add/", edition_add, name="edition-add"),
    path("<int:pk>/", edition_page, name="edition"),
    path("<int:pk>/edit", edition_edit, name="edition-edit"),
    path("<int:pk>/preview/", edition_preview, name="edition-preview"),
    path("<int:pk>/publication", edition_publication, name="edition-publication"),
    path("<int:pk>/removal", edition_removal, name="edition-removal"),
    path("<int:pk>/next", edition_next, name="edition-next"),
    path("<int:pk>/starts", edition_start_add, name="edition-start-add"),
    path("starts/<int:pk>/withdrawal", edition_start_withdrawal, name="edition-start-withdrawal"),
]
