"""The office itself: its data; and the choice of office and language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tuntas.law.months import Month
from tuntas.models import Office, Response
from tuntas.staff.access import OFFICE_KEY, TEAM, StaffRequest, has_own_role, staff
from tuntas.staff.forms import ZONES, place_errors
from tuntas.staff.language import KNOWN
from tuntas.typed import whole


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
            "second_step_required",
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
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.time_zone
        # `tuntas office add` takes any zone; saving another field must not change it.
        own = [] if zone in dict(ZONES) else [(zone, zone)]
        self.fields["time_zone"] = forms.ChoiceField(
            label=self.fields["time_zone"].label, choices=[*ZONES, *own]
        )

    def _post_clean(self) -> None:
        """Checked by the office's verb."""


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
        "holds_team_role": has_own_role(request, TEAM),  # a deputy is refused behind some links
    }
    status = 422 if form.errors else 200
    return render(request, "staff/settings.html", context, status=status)


@staff()
def office_choice(request: StaffRequest) -> HttpResponse:
    """The offices this person may see; POST works in another one from now on."""
    offices = Office.objects.visible_to(request.user).order_by("path")
    if request.method == "POST":
        key = request.POST.get("office", "")
        chosen = offices.filter(pk=whole(key) or 0).first()
        if chosen is None:
            return render(request, "404.html", status=404)
        request.session[OFFICE_KEY] = chosen.pk
        return redirect("home")
    return render(request, "staff/office_choice.html", {"offices": offices})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language for this browser and go back."""
    target = request.POST.get("next", "/")
    is_here = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    # A path only: a bare word would be looked up as the name of a page.
    response = HttpResponseRedirect(target if is_here and target.startswith("/") else "/")
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
    path("office/", office_choice, name="office-choice"),
    path("language/", language, name="language"),
]
