"""One feedback: read it, answer it, sort it, and everything else that can become of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas import similarity
from tuntas.models import (
    Destination,
    Event,
    Feedback,
    FeedbackKind,
    Merge,
    PublishedAnswer,
    Referral,
    Reply,
    ReplyTemplate,
    SpamMark,
    Unit,
    User,
)
from tuntas.models.feedback import TEXT_LIMIT, FeedbackQuerySet, people_of
from tuntas.staff.access import (
    TEAM,
    TEAM_AND_HEAD,
    TEAM_AND_OFFICERS,
    StaffRequest,
    find,
    staff,
)
from tuntas.staff.forms import DayField, place_errors
from tuntas.typed import whole

MAY_REPLY = TEAM_AND_OFFICERS | TEAM_AND_HEAD
# How many of the office's latest feedback are compared to find similar ones.
COMPARED = 400
WHOLE = ("service", "unit", "office", "assignee", "split_from")
EVENT_WORDS = {
    "feedback.replied": gettext_lazy("menjawab"),
    "feedback.declined": gettext_lazy("menyatakan tidak dapat ditindaklanjuti"),
    "feedback.referred": gettext_lazy("meneruskan"),
    "feedback.withdrawn": gettext_lazy("menarik kembali penerusan atau penolakan"),
    "feedback.classified": gettext_lazy("mengubah jenis"),
    "feedback.handed-over": gettext_lazy("menyerahkan ke unit lain"),
    "feedback.assigned": gettext_lazy("menetapkan petugas"),
    "feedback.split": gettext_lazy("memecah menjadi dua pokok"),
    "feedback.split-off": gettext_lazy("memecah pokok ini dari masukan lain"),
    "feedback.merged": gettext_lazy("menggabungkan ke masukan lain"),
    "feedback.absorbed": gettext_lazy("menggabungkan masukan lain ke sini"),
    "feedback.unmerged": gettext_lazy("membatalkan penggabungan"),
    "feedback.spam": gettext_lazy("menandai sebagai spam"),
    "feedback.not-spam": gettext_lazy("membatalkan tanda spam"),
    "feedback.reopened": gettext_lazy("membuka kembali"),
    "feedback.voted": gettext_lazy("menilai jawaban"),
    "feedback.erased": gettext_lazy("menghapus tulisan pengirim"),
    "contact.given": gettext_lazy("meminta kabar lewat surel"),
    "contact.erased": gettext_lazy("alamat surel dihapus"),
}


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Jawaban"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"data-key": "r", "rows": 6}),
    )


class SortForm(forms.Form):
    """Class and unit of a suggestion; what is left out stays as it is."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Jenis"),
        required=False,
        choices=[row for row in FeedbackKind.choices if row[0] != FeedbackKind.SPAM],
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), required=False, queryset=Unit.objects.none(), empty_label=None
    )

    def __init__(self, data: Any = None, *, feedback: Feedback) -> None:
        initial = {"kind": feedback.kind, "unit": feedback.unit}
        super().__init__(data, initial=initial)
        self.fields["unit"].queryset = feedback.office.units.all()  # type: ignore[attr-defined]


def long_text(label: Any, **attrs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, **attrs})
    return forms.CharField(label=label, max_length=TEXT_LIMIT, widget=widget)


class RefusalForm(forms.Form):
    text = long_text(gettext_lazy("Alasan, dibaca pengirim"))


class ReferralForm(forms.Form):
    destination = forms.ChoiceField(
        label=gettext_lazy("Diteruskan ke"), choices=Destination.choices
    )
    addressee = forms.CharField(label=gettext_lazy("Nama penerima"), max_length=160)
    number = forms.CharField(label=gettext_lazy("Nomor laporan atau surat"), max_length=80)
    on = DayField(label=gettext_lazy("Tanggal diteruskan"))
    text = long_text(gettext_lazy("Keterangan untuk pengirim"))


class SpamForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Alasan, dibaca pengirim"), max_length=300)


class SplitForm(forms.Form):
    passage = long_text(gettext_lazy("Salin bagian yang menjadi pokok kedua"))


class MergeForm(forms.Form):
    into = forms.IntegerField(label=gettext_lazy("Nomor masukan utama"), min_value=1)


class AssignForm(forms.Form):
    assignee = forms.ModelChoiceField(
        label=gettext_lazy("Petugas"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Belum ditetapkan"),
    )


class PublishForm(forms.Form):
    said = forms.CharField(label=gettext_lazy("Yang disarankan, dengan kata-kata kantor"), max_length=300)  # fmt: skip
    did = forms.CharField(label=gettext_lazy("Yang kami lakukan"), max_length=600)


def merge_into(row: Feedback, data: dict[str, Any], by: User) -> None:
    main = Feedback.objects.visible_to(by).filter(office=row.office, pk=data["into"]).first()
    if main is None or main.pk == row.pk:
        raise ValidationError({"into": _("Tidak ada masukan lain dengan nomor itu.")})
    Merge.make(main, [row], by=by)


Verb = Callable[[Feedback, dict[str, Any], User], Any]
# Act: its form, what it does, and what is said afterwards.
OUTCOMES: dict[str, tuple[type[forms.Form], Verb, Any]] = {
    "refusal": (
        RefusalForm,
        lambda row, data, by: row.decline(data["text"], by=by),
        gettext_lazy("Dicatat sebagai tidak dapat ditindaklanjuti; pengirim membaca alasannya."),
    ),
    "referral": (
        ReferralForm,
        lambda row, data, by: Referral.make(row, data.pop("text"), by=by, **data),
        gettext_lazy("Penerusan dicatat; pengirim membaca nomornya."),
    ),
    "spam": (
        SpamForm,
        lambda row, data, by: SpamMark.put(row, data["reason"], by=by),
        gettext_lazy("Ditandai sebagai spam. Tanda ini dapat dibatalkan."),
    ),
    "split": (
        SplitForm,
        lambda row, data, by: row.split(data["passage"], by=by),
        gettext_lazy("Pokok kedua menjadi masukan tersendiri dengan kode pelacakan yang sama."),
    ),
    "merge": (
        MergeForm,
        merge_into,
        gettext_lazy("Digabungkan. Pengirimnya membaca jawaban masukan utama."),
    ),
    "assignment": (
        AssignForm,
        lambda row, data, by: row.assign(data["assignee"], by=by),
        gettext_lazy("Petugas disimpan."),
    ),
}


@staff()
def feedback_page(request: StaffRequest, pk: int) -> HttpResponse:
    return show(request, find(Feedback.objects.select_related(*WHOLE), request, pk=pk), ReplyForm())


def outcome_form(act: str, row: Feedback, data: Any = None) -> forms.Form:
    initial = {"assignee": row.assignee} if act == "assignment" else None
    form = OUTCOMES[act][0](data, prefix=act, initial=initial)
    if act == "assignment":
        form.fields["assignee"].queryset = people_of(row.unit)  # type: ignore[attr-defined]
    return form


def mine(request: StaffRequest) -> FeedbackQuerySet:
    return Feedback.objects.visible_to(request.user).filter(office=request.office)


def next_of(request: StaffRequest, row: Feedback) -> Feedback | None:
    """The next one that waits: due after this one, else the first of all."""
    waiting = mine(request).unanswered().exclude(pk=row.pk)
    return waiting.after(row).first() or waiting.order_by("due_on", "id").first()


def show(
    request: StaffRequest,
    row: Feedback,
    form: forms.Form,
    status: int = 200,
    **bound: forms.Form,
) -> HttpResponse:
    """The page of a feedback. `bound` holds a form that was refused, by its act."""
    following = next_of(request, row)
    before = mine(request).unanswered().before(row).first()
    merge = row.merge
    may_sort = bool(request.roles & TEAM_AND_OFFICERS)
    context = {
        "feedback": row,
        "replies": thread(row),
        "plans": row.plans.visible_to(request.user),
        "form": form,
        "sort_form": SortForm(feedback=row),
        "kinds": [r for r in FeedbackKind.choices if r[0] != FeedbackKind.SPAM],
        "forms": {act: bound.get(act) or outcome_form(act, row) for act in OUTCOMES},
        "refused": next(iter(bound.values()), None),
        "publish_form": PublishForm(prefix="publication"),
        "templates": [
            (each, each.fill(row.words))
            for each in ReplyTemplate.objects.filter(office=row.office, retired_at=None)
        ],
        "next_pk": following.pk if following else None,
        "previous_pk": before.pk if before else None,
        "merge": merge,
        "merged": row.merged.filter(undone_at__isnull=True).select_related("merged"),
        "parts": row.parts.visible_to(request.user),
        "erasures": (row.split_from or row).erasures.select_related("by"),
        "spam": row.spam_marks.filter(undone_at__isnull=True).select_related("by").first(),
        "similar": similar(request, row),
        "events": history(row),
        "may_reply": bool(request.roles & MAY_REPLY),
        "may_sort": may_sort,
        "may_publish": bool(request.roles & TEAM),
    }
    return render(request, "staff/feedback.html", context, status=status)


def thread(row: Feedback) -> list[Reply]:
    """The messages about this feedback, with what those merged into it wrote, in order of time."""
    joined = Feedback.objects.filter(merges__main=row, merges__undone_at__isnull=True)
    replies = Reply.objects.filter(feedback=row) | Reply.objects.filter(feedback__in=joined)
    return list(
        replies.select_related("by", "template", "referral", "withdrawn_by", "feedback")
        .prefetch_related("votes")
        .order_by("at", "id")
        .distinct()
    )


def history(row: Feedback) -> list[dict[str, Any]]:
    events = Event.objects.filter(about=f"feedback:{row.pk}").select_related("by")
    return [
        {
            "at": event.at,
            "who": event.by.name if event.by else _("Pengirim"),
            "what": EVENT_WORDS.get(event.action, event.action),
            "was": event.details.get("was", ""),
            "now": event.details.get("now", "") if event.action != "feedback.assigned" else "",
        }
        for event in events.order_by("at", "id")[:200]
    ]


def similar(request: StaffRequest, row: Feedback) -> list[dict[str, Any]]:
    """Feedback that says alike among the latest, and the shared words."""
    latest = list(
        mine(request).needing_reply().exclude(pk=row.pk).order_by("-received_at", "-id")[:COMPARED]
    )
    found = similarity.nearest(row.text, [each.text for each in latest])
    return [{"row": latest[place], "words": ", ".join(words)} for place, words in found]


@require_POST
@staff(may=MAY_REPLY)
def feedback_reply(request: StaffRequest, pk: int) -> HttpResponse:
    row = find(Feedback.objects.select_related(*WHOLE), request, pk=pk)
    if request.POST.get("act") == "fill":
        return show(request, row, filled(request, row))
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return show(request, row, form, status=422)
    try:
        row.reply(form.cleaned_data["text"], by=request.user)
    except ValidationError as error:
        place_errors(form, error)
        return show(request, row, form, status=422)
    messages.success(
        request, _("Jawaban terkirim. Pengirim dapat membacanya dengan kode pelacakan.")
    )
    following = next_of(request, row)
    return redirect("feedback", following.pk) if following else redirect("feedback-list")


def filled(request: StaffRequest, row: Feedback) -> ReplyForm:
    """The reply form with the chosen template's text below what was typed, without a script."""
    chosen = request.POST.get("template", "")
    template = ReplyTemplate.objects.filter(
        office=request.office, retired_at=None, pk=whole(chosen) or 0
    ).first()
    text = template.fill(row.words) if template else ""
    typed = request.POST.get("text", "").strip()
    return ReplyForm(initial={"text": f"{typed}\n\n{text}".strip()})


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def feedback_sorting(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the class, or hand the suggestion to another unit."""
    row = find(Feedback.objects.select_related(*WHOLE), request, pk=pk)
    form = SortForm(request.POST, feedback=row)
    if not form.is_valid():
        messages.error(request, _("Pilihan tidak dikenal; tidak ada yang diubah."))
        return redirect("feedback", pk)
    kind, unit = form.cleaned_data["kind"], form.cleaned_data["unit"]
    try:
        if kind and kind != row.kind:
            row.classify(kind, by=request.user)
        if unit and unit != row.unit:
            row.hand_over(unit, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("feedback", pk)
    messages.success(request, _("Jenis dan unit disimpan."))
    still_mine = Feedback.objects.visible_to(request.user).filter(pk=pk).exists()
    return redirect("feedback", pk) if still_mine else redirect("feedback-list")


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def feedback_outcome(request: StaffRequest, pk: int, act: str) -> HttpResponse:
    """Refuse, refer, mark as spam, split, merge or assign; what was typed comes back when refused."""
    row = find(Feedback.objects.select_related(*WHOLE), request, pk=pk)
    if act not in OUTCOMES:
        raise Http404
    _form, verb, words = OUTCOMES[act]
    form = outcome_form(act, row, request.POST)
    if form.is_valid():
        try:
            verb(row, dict(form.cleaned_data), request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, str(words))
            return redirect("feedback", pk)
    return show(request, row, ReplyForm(), status=422, **{act: form})


@require_POST
@staff(may=TEAM_AND_OFFICERS)
def feedback_undoing(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back a merge, a referral or refusal, or a mark as spam."""
    row = find(Feedback.objects.select_related(*WHOLE), request, pk=pk)
    what, key = request.POST.get("what", ""), request.POST.get("key", "")
    number = whole(key) or 0
    sources: dict[str, Any] = {
        "merge": Merge.objects.select_related("merged__office").filter(main=row)
        | Merge.objects.select_related("merged__office").filter(merged=row),
        "reply": row.replies.all(),
        "spam": row.spam_marks.all(),
    }
    found = sources[what].filter(pk=number).first() if what in sources else None
    if found is None:
        messages.error(request, _("Tidak ada yang dapat dibatalkan."))
        return redirect("feedback", pk)
    try:
        if isinstance(found, Reply):
            found.withdraw(by=request.user)
        else:
            found.undo(by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Dibatalkan."))
    return redirect("feedback", pk)


@require_POST
@staff(may=TEAM)
def feedback_publication(request: StaffRequest, pk: int) -> HttpResponse:
    """Prepare an entry of "you said, we did" from this feedback."""
    row = find(Feedback.objects.select_related(*WHOLE), request, pk=pk)
    form = PublishForm(request.POST, prefix="publication")
    if form.is_valid():
        try:
            PublishedAnswer.write(row, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Tersimpan sebagai rancangan. Periksa, lalu terbitkan."))
            return redirect("published-list")
    return show(request, row, ReplyForm(), status=422, publication=form)


urlpatterns = [
    path("<int:pk>/", feedback_page, name="feedback"),
    path("<int:pk>/reply", feedback_reply, name="feedback-reply"),
    path("<int:pk>/sorting", feedback_sorting, name="feedback-sorting"),
    path("<int:pk>/undoing", feedback_undoing, name="feedback-undoing"),
    path("<int:pk>/publication", feedback_publication, name="feedback-publication"),
    path("<int:pk>/outcome/<slug:act>", feedback_outcome, name="feedback-outcome"),
]
