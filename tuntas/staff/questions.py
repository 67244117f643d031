"""The parts of a draft: a question, the fee question, the weights."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.elements import ELEMENTS, FEE_NOTE, REGULATION_ORDER, element
from tuntas.law.instruments import INSTRUMENTS, SKM
from tuntas.law.questionnaires import SKM9
from tuntas.models import Edition
from tuntas.models.drafts import (
    LOCAL_OPTIONS,
    LONGEST_ELEMENT,
    LONGEST_OPTION,
    LONGEST_TEXT,
    MOST_QUESTIONS,
    Draft,
    DraftQuestion,
    FeeQuestion,
    element_code,
)
from tuntas.models.surveys import AlreadyPublished
from tuntas.report import numbers
from tuntas.staff.access import TEAM, StaffRequest, staff
from tuntas.staff.editions import PUBLISHED_MEANWHILE, find_draft

LOCAL, NEW = "local", "new"
SCORES = ("Tidak baik", "Kurang baik", "Baik", "Sangat baik")
MOST_OPTIONS = LOCAL_OPTIONS[1]


class OptionsForm(forms.Form):
    """A question's text and its answers, each in a field of its own, worst first."""

    text = forms.CharField(
        label=gettext_lazy("Pertanyaan"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    most = MOST_OPTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, self.most + 1):
            self.fields[f"option_{number}"] = forms.CharField(
                label=_("Pilihan %(number)s") % {"number": number},
                max_length=LONGEST_OPTION,
                required=False,
                help_text=_("Nilai 1: jawaban terburuk.") if number == 1 else "",
            )

    def options(self) -> tuple[str, ...]:
        """What was filled in, in order; empty fields do not count."""
        given = (self.cleaned_data.get(f"option_{n}", "") for n in range(1, self.most + 1))
        return tuple(text.strip() for text in given if text.strip())

    def complain(self, question: DraftQuestion) -> None:
        for text in question.problems():
            self.add_error("option_1", text)


class QuestionForm(OptionsForm):
    place = forms.ChoiceField(
        label=gettext_lazy("Mengukur"),
        help_text=gettext_lazy(
            "Pertanyaan unsur: tepat empat pilihan, masuk indeks. Pertanyaan lokal: dua sampai enam "
            "pilihan, di luar indeks."
        ),
    )
    new_element = forms.CharField(
        label=gettext_lazy("Nama unsur tambahan"),
        max_length=LONGEST_ELEMENT,
        required=False,
        help_text=gettext_lazy(
            "Hanya bila memilih “Unsur tambahan baru”; misalnya “Keamanan data”."
        ),
    )
    field_order = ("place", "new_element", "text")

    def __init__(self, *args: Any, draft: Draft, question: DraftQuestion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft, self.question = draft, question
        if question.instrument in INSTRUMENTS:  # its statement stays; only the words may change
            del self.fields["place"], self.fields["new_element"]
            return
        extra = [code for code in draft.element_codes if code not in REGULATION_ORDER]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            *((law.code, f"{law.number}. {law.name}") for law in ELEMENTS),
            *((code, element(code).name) for code in extra),
            (NEW, _("Unsur tambahan baru")),
            (LOCAL, _("Pertanyaan lokal (di luar indeks)")),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            self.complain(self.asked())
        return data

    def asked(self) -> DraftQuestion:
        """The question as filled in."""
        said = replace(
            self.question, text=" ".join(self.cleaned_data["text"].split()), options=self.options()
        )
        if "place" not in self.fields:
            return said
        place = self.cleaned_data["place"]
        if place == NEW:
            place = element_code(self.cleaned_data["new_element"])
            if not place or place in REGULATION_ORDER:
                self.add_error("new_element", _("Tulis nama unsur yang belum ada, dengan huruf."))
        return replace(said, element="" if place == LOCAL else place)


class FeeForm(OptionsForm):
    most = 4
    choice = forms.ChoiceField(
        label=gettext_lazy("Unsur biaya/tarif"),
        choices=FeeQuestion.choices,
        widget=forms.RadioSelect,
        help_text=FEE_NOTE,
    )
    field_order = ("choice", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False
        self.fields["text"].label = _("Pertanyaan pengganti")
        self.fields["text"].help_text = _("Hanya bila pertanyaan biaya diganti.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("choice") == FeeQuestion.REPLACED:
            if not data.get("text"):
                self.add_error("text", _("Tulis pertanyaan pengganti."))
            else:
                self.complain(self.replacement())
        return data

    def replacement(self) -> DraftQuestion:
        return DraftQuestion(self.cleaned_data["text"].strip(), self.options(), element="fees")

    def asked(self) -> DraftQuestion | None:
        """What is asked about the fee; None when nothing is."""
        match self.cleaned_data["choice"]:
            case FeeQuestion.REPLACED:
                return self.replacement()
            case FeeQuestion.OMITTED:
                return None
        law = next(row for row in SKM9.questions if row.element == "fees")
        return DraftQuestion(law.text, law.options, element="fees")


WEIGHT = re.compile(r"\d{1,6}(?:[.,]\d{1,12})?|\d{1,6} ?/ ?\d{1,6}")


class WeightField(forms.CharField):
    """An exact fraction from `1/9`, `0,125` or `0.125`."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not WEIGHT.fullmatch(text):
            raise forms.ValidationError(_("Tulis pecahan (1/9) atau desimal (0,125)."))
        try:
            weight = Fraction(text.replace(",", ".").replace(" ", ""))
        except ZeroDivisionError:
            weight = Fraction(0)
        if weight <= 0:
            raise forms.ValidationError(_("Bobot harus lebih dari 0."))
        return weight


class WeightsForm(forms.Form):
    def __init__(self, *args: Any, draft: Draft, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weights = draft.weights
        for code in draft.element_codes:
            self.fields[f"w_{code}"] = WeightField(
                label=element(code).name,
                max_length=20,
                initial=str(weights.get(code, "")).replace(".", ","),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        total = sum(self.weights().values(), Fraction(0))
        if total != 1:
            gap = abs(1 - total)
            words = _(
                "Jumlah bobot %(total)s (%(decimal)s), harus tepat 1: kurang %(gap)s (%(small)s)."
            )
            if total > 1:
                words = _(
                    "Jumlah bobot %(total)s (%(decimal)s), harus tepat 1: lebih %(gap)s (%(small)s)."
                )
            self.add_error(
                None,
                words
                % {
                    "total": total,
                    "decimal": numbers.number(total, 6),
                    "gap": gap,
                    "small": numbers.number(gap, 6),
                },
            )
        return data

    def weights(self) -> dict[str, Fraction]:
        return {name.removeprefix("w_"): value for name, value in self.cleaned_data.items()}


@staff(may=TEAM)
def question_add(request: StaffRequest, pk: int) -> HttpResponse:
    edition = find_draft(request, pk)
    draft = edition.draft
    if len(draft.questions) >= MOST_QUESTIONS:
        messages.error(request, _("Paling banyak %(most)s pertanyaan.") % {"most": MOST_QUESTIONS})
        return redirect("edition", pk)
    initial = {"place": request.GET.get("place", REGULATION_ORDER[0])}
    if initial["place"] != LOCAL:
        initial |= {f"option_{n}": text for n, text in enumerate(SCORES, start=1)}
    empty = DraftQuestion("", ())
    form = QuestionForm(request.POST or None, draft=draft, question=empty, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.asked()
        return changed(request, edition, lambda now: now.with_question(asked), "question-added")
    return form_page(request, edition, form, _("Tambah pertanyaan"))


@staff(may=TEAM)
def question(request: StaffRequest, pk: int, key: int) -> HttpResponse:
    """Change the wording, the answers, or what the question measures."""
    edition = find_draft(request, pk)
    draft = edition.draft
    old = next((row for row in draft.questions if row.key == key), None)
    if old is None:
        raise Http404
    initial = {"text": old.text, "place": old.element or LOCAL}
    initial |= {f"option_{n}": text for n, text in enumerate(old.options, start=1)}
    form = QuestionForm(request.POST or None, draft=draft, question=old, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.asked()
        return changed(request, edition, lambda now: now.with_question(asked), "question-changed")
    title = old.place if old.instrument != SKM else _("Ubah pertanyaan")
    return form_page(request, edition, form, title)


@staff(may=TEAM)
def fee(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask, replace or leave out the fee question, with what the regulation says about it."""
    edition = find_draft(request, pk)
    draft = edition.draft
    initial: dict[str, Any] = {"choice": draft.fee_question}
    if draft.fee_question == FeeQuestion.REPLACED:
        old = next((row for row in draft.questions if row.element == "fees"), None)
        initial |= {"text": old.text if old else ""}
        options = old.options if old else ()
        initial |= {f"option_{n}": text for n, text in enumerate(options, start=1)}
    form = FeeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        choice, asked = form.cleaned_data["choice"], form.asked()
        return changed(request, edition, lambda now: now.with_fee(choice, asked), "fee")
    note = _(
        "Menyimpan mengganti semua pertanyaan unsur biaya. Bila unsur ini tidak ditanyakan, delapan "
        "unsur lain berbobot 1/8 dan setiap hasil menyatakan bahwa ini menyimpang dari peraturan."
    )
    return form_page(request, edition, form, _("Pertanyaan biaya/tarif"), note)


@staff(may=TEAM)
def weights(request: StaffRequest, pk: int) -> HttpResponse:
    """Own weights, checked exactly; `act=equal` goes back to 1/n."""
    edition = find_draft(request, pk)
    draft = edition.draft
    if request.method == "POST" and request.POST.get("act") == "equal":
        return changed(request, edition, lambda now: replace(now, own_weights={}), "weights")
    form = WeightsForm(request.POST or None, draft=draft)
    if request.method == "POST" and form.is_valid():
        own = {code: str(weight) for code, weight in form.weights().items()}
        return changed(request, edition, lambda now: replace(now, own_weights=own), "weights")
    note = _("Tulis pecahan atau desimal. Jumlahnya harus tepat 1; tidak ada pembulatan.")
    context = {"has_own_weights": bool(draft.own_weights)}
    return form_page(request, edition, form, _("Bobot unsur"), note, context)


def changed(request: StaffRequest, edition: Edition, edit: Any, what: str) -> HttpResponse:
    """Write the change and go back to the draft."""
    try:
        edition.change(edit, by=request.user, what=what)
    except AlreadyPublished:
        messages.error(request, PUBLISHED_MEANWHILE)
    else:
        messages.success(request, _("Perubahan disimpan; dapat diurungkan."))
    return redirect("edition", edition.pk)


def form_page(
    request: StaffRequest,
    edition: Edition,
    form: Any,
    title: str,
    note: str = "",
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "edition": edition,
        "title": title,
        "note": note,
        "back": reverse("edition", args=[edition.pk]),
        **(more or {}),
    }
    return render(request, "staff/edition_form.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("<int:pk>/questions/add/", question_add, name="question-add"),
    path("<int:pk>/questions/<int:key>/", question, name="question"),
    path("<int:pk>/fee/", fee, name="edition-fee"),
    path("<int:pk>/weights/", weights, name="edition-weights"),
]
