"""Sign-in by allauth, without self sign-up: people are given access, they do not take it."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.models import Event, Office, User
from tuntas.staff.sign_ins import forget


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def logout(self, request: HttpRequest) -> None:
        forget(request)
        super().logout(request)

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kw: Any
    ) -> None:
        """allauth calls this after every change of what protects an account: the audit hears it."""
        action = CHANGES.get(template_prefix.rpartition("/")[2])
        if action:
            Event.record(action, by=user, about=user, office=first_office(user))
        super().send_notification_mail(template_prefix, user, *args, **kw)


# allauth's name of a change of an account, and ours in the audit.
CHANGES = {
    "password_changed": "person.password-changed",
    "password_reset": "person.password-reset",
    "totp_activated": "second-step.app-added",
    "totp_deactivated": "second-step.app-removed",
    "webauthn_added": "second-step.passkey-added",
    "webauthn_removed": "second-step.passkey-removed",
    "recovery_codes_generated": "second-step.codes-made",
    "account_connected": "person.identity-added",
}


def first_office(user: User) -> Office | None:
    """In whose audit a change of the account stands: the first office the person works in."""
    return Office.objects.filter(memberships__user=user).order_by("path").first()


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """In the words of all our pages, with one link for a forgotten password instead of two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("login", _("Alamat surel")), ("password", _("Sandi"))):
            field = self.fields[name]
            field.label, field.help_text = label, ""
            field.widget.attrs.pop("placeholder", None)


class NewPasswordForm(forms.Form):
    """A first password, twice; checked against the name and address of the same form."""

    password1 = forms.CharField(
        label=gettext_lazy("Sandi"),
        strip=False,
        max_length=200,
        help_text=gettext_lazy(
            "Paling sedikit 12 huruf, bukan sandi yang umum, dan tidak mirip nama Anda."
        ),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Sandi sekali lagi"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    @property
    def person(self) -> User:
        """Whom the password must not resemble."""
        data = self.cleaned_data
        return User(email=data.get("email", ""), name=data.get("name", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error(
                "password2", _("Kedua sandi tidak sama. Tulis sandi yang sama dua kali.")
            )
        if first:
            try:
                validate_password(first, self.person)
            except ValidationError as error:
                self.add_error("password1", error)
        return data
