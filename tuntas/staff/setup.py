"""The first run: an empty installation gets its office, a unit and the person who leads the survey.

Open to whoever holds the code that `tuntas serve` printed, and to nobody once a person exists.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from tuntas.models import SetupCode
from tuntas.models.offices import code_validator
from tuntas.models.setup_codes import FirstPerson, SetupCodeRefused, SetupOver
from tuntas.staff.accounts import NewPasswordForm
from tuntas.staff.forms import ZONES, place_errors


class SetupForm(NewPasswordForm):
    code = forms.CharField(
        label=gettext_lazy("Kode pemasangan"),
        max_length=40,
        help_text=gettext_lazy(
            "Tercetak di konsol server saat “tuntas serve” dijalankan. Hanya yang memegang server "
            "mengetahuinya."
        ),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    office_name = forms.CharField(label=gettext_lazy("Nama kantor"), max_length=200)
    office_code = forms.CharField(
        label=gettext_lazy("Kode kantor"),
        max_length=40,
        validators=[code_validator],
        help_text=gettext_lazy("Huruf kecil, angka, dan tanda hubung, misalnya dinkes-badung."),
    )
    city = forms.CharField(label=gettext_lazy("Kota"), max_length=100, required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Zona waktu"), choices=ZONES)
    unit_name = forms.CharField(
        label=gettext_lazy("Unit kerja pertama"),
        max_length=200,
        help_text=gettext_lazy("Unit lain dapat ditambah kemudian."),
    )
    unit_code = forms.CharField(
        label=gettext_lazy("Kode unit"), max_length=40, validators=[code_validator]
    )
    name = forms.CharField(label=gettext_lazy("Nama Anda"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("Alamat surel Anda"),
        help_text=gettext_lazy("Dengan alamat ini Anda masuk."),
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    field_order = (
        "code", "office_name", "office_code", "city", "time_zone", "unit_name", "unit_code",
        "name", "email", "password1", "password2",
    )  # fmt: skip


@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """The form, as long as the installation is empty; afterwards this page does not exist."""
    if not SetupCode.is_wanted():
        return render(request, "404.html", status=404)
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            SetupCode.redeem(form.cleaned_data["code"], **told(form.cleaned_data))
        except SetupCodeRefused:
            form.add_error(
                "code",
                _(
                    "Kode ini bukan kode yang terakhir dicetak server. Lihat konsol server, atau "
                    "jalankan ulang “tuntas serve” untuk mencetak kode baru."
                ),
            )
        except SetupOver:
            messages.error(
                request, _("Pemasangan sudah diselesaikan orang lain. Masuklah bila itu Anda.")
            )
            return redirect("account_login")
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("Kantor siap. Masuklah dengan alamat dan sandi Anda."))
            return redirect("account_login")
    return render(request, "account/setup.html", {"form": form}, status=422 if form.errors else 200)


setup.is_public = True  # type: ignore[attr-defined]  # guarded by the code; read by the test


def told(data: dict[str, Any]) -> dict[str, Any]:
    """What the form says, as `SetupCode.redeem` takes it."""
    return {
        "person": FirstPerson(data["email"], data["name"], data["password1"]),
        "office": {
            "code": data["office_code"],
            "name": data["office_name"],
            "city": data["city"],
            "time_zone": data["time_zone"],
        },
        "unit": {"code": data["unit_code"], "name": data["unit_name"]},
    }


urlpatterns = [path("setup/", setup, name="setup")]
