"""The office itself: its data, its people, its audit log; and the choice of office and language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.models import Event, Membership, Office, Response, Role, Unit, User
from tuntas.staff.access import OFFICE_KEY, OFFICE_READERS, TEAM, StaffRequest, staff
from tuntas.staff.forms import place_errors
from tuntas.staff.language import KNOWN

PER_PAGE = 50


class OfficeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Office
        fields = (
            "name",
            "city",
            "time_zone",
            "weights",
            "signatory_title",
            "signatory_name",
            "signatory_employee_id",
            "signature_anchor",
            "licence",
        )
        widgets = {"signatory_title": forms.Textarea({"rows": 2})}
        help_texts = {
            "weights": gettext_lazy(
                "Peraturan memuat 1/n, 0,111, dan 0,11. Bobot dicetak pada setiap hasil; bulan "
                "yang sudah ditutup memakai bobotnya sendiri."
            ),
            "signatory_title": gettext_lazy("Setiap baris dicetak tersendiri."),
            "signature_anchor": gettext_lazy("Tanda tempat tanda tangan elektronik."),
            "licence": gettext_lazy("Berlaku untuk data hasil yang dapat diunduh siapa saja."),
            "time_zone": "Asia/Jakarta, Asia/Makassar, Asia/Jayapura",
        }

    def _post_clean(self) -> None:
        """Checked by the office's verb."""


class PersonForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("Alamat surel"))
    name = forms.CharField(label=gettext_lazy("Nama"), max_length=120)
    role = forms.ChoiceField(label=gettext_lazy("Peran"), choices=Role.choices)
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        help_text=gettext_lazy("Hanya untuk petugas unit."),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = office.units.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_officer = data.get("role") == Role.UNIT_OFFICER
        if is_officer and not data.get("unit"):
            self.add_error("unit", _("Petugas unit memerlukan unit."))
        if not is_officer:
            data["unit"] = None
        return data


@staff(may=TEAM)
def office_settings(request: StaffRequest) -> HttpResponse:
    form = OfficeForm(request.POST or None, instance=request.office)
    if request.method == "POST" and form.is_valid():
        try:
            request.office.change(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Data kantor tersimpan."))
            return redirect("office-settings")
    month = Month.of(request.office.today)
    context = {
        "form": form,
        "month": month,
        "shares": Response.objects.shares(request.office, month),
    }
    status = 422 if form.errors else 200
    return render(request, "staff/settings.html", context, status=status)


@staff(may=TEAM)
def people(request: StaffRequest) -> HttpResponse:
    """Who works here in which role; POST gives a person a role."""
    form = PersonForm(request.POST or None, office=request.office)
    if request.method == "POST" and form.is_valid():
        grant(request, form.cleaned_data)
        messages.success(
            request,
            _("Peran diberikan. Orang itu membuat sandinya lewat “Lupa sandi” di halaman masuk."),
        )
        return redirect("people")
    rows = request.office.memberships.select_related("user", "unit").order_by("user__name")
    context = {"form": form, "memberships": rows}
    return render(request, "staff/people.html", context, status=422 if form.errors else 200)


def grant(request: StaffRequest, data: dict[str, Any]) -> None:
    """Give the role; a person not known yet is created without a usable password."""
    with transaction.atomic():
        user = User.objects.filter(email=data["email"].lower()).first()
        if user is None:
            user = User.objects.create_user(data["email"], None, name=data["name"])
        Membership.grant(user, request.office, data["role"], by=request.user, unit=data["unit"])


@require_POST
@staff(may=TEAM)
def membership_removal(request: StaffRequest, pk: int) -> HttpResponse:
    membership = request.office.memberships.select_related("user", "office").filter(pk=pk).first()
    if membership is None:
        return render(request, "404.html", status=404)
    if membership.user_id == request.user.pk:
        messages.error(request, _("Peran Anda sendiri tidak dapat Anda cabut."))
    else:
        membership.revoke(by=request.user)
        messages.success(request, _("Peran dicabut."))
    return redirect("people")


@staff(may=OFFICE_READERS)
def audit(request: StaffRequest) -> HttpResponse:
    rows = Event.objects.filter(office=request.office).select_related("by").order_by("-at", "-id")
    action = request.GET.get("action", "").strip()
    if action:
        rows = rows.filter(action__startswith=action[:60])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/audit.html", {"page": page, "action": action})


@staff()
def office_choice(request: StaffRequest) -> HttpResponse:
    """The offices this person may see; POST works in another one from now on."""
    offices = Office.objects.visible_to(request.user).order_by("path")
    if request.method == "POST":
        key = request.POST.get("office", "")
        chosen = offices.filter(pk=key).first() if key.isdigit() else None
        if chosen is None:
            return render(request, "404.html", status=404)
        request.session[OFFICE_KEY] = chosen.pk
        return redirect("home")
    return render(request, "staff/office_choice.html", {"offices": offices})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language for this browser and go back."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = redirect(target)
    chosen = request.POST.get("language", "")
    if chosen in KNOWN:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            365 * 86400,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


urlpatterns = [
    path("settings/", office_settings, name="office-settings"),
    path("settings/people/", people, name="people"),
    path("settings/people/<int:pk>/removal", membership_removal, name="membership-removal"),
    path("settings/audit/", audit, name="audit"),
    path("office/", office_choice, name="office-choice"),
    path("language/", language, name="language"),
]
