"""Sign-in through the office's own identity provider (OpenID Connect), for people already invited.

Off until TUNTAS_OIDC_URL names a provider. The first time, the address that the provider has verified
finds the person; from then on only the provider's own name of that person (`sub`) does, so that whoever
is given an old address later does not get the old account. Decision 0015.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tuntas.models import Event, User
from tuntas.staff.access import StaffRequest, staff
from tuntas.staff.accounts import first_office

PROVIDER = "sso"


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Whom the provider speaks of, or a page that says why nobody."""
        if sociallogin.is_existing:
            return
        address = verified_address(sociallogin)
        if not address:
            raise refused(
                request,
                _(
                    "Penyedia identitas tidak menyatakan alamat surel Anda terverifikasi. Hubungi "
                    "pengelolanya, atau masuk dengan sandi."
                ),
            )
        person = User.objects.filter(email=address).first()
        if person is None:
            raise refused(
                request,
                _("Alamat %(address)s belum diundang. Minta tim survei kantor Anda mengundangnya.")
                % {"address": address},
            )
        if not person.is_active:
            sociallogin.user = person  # allauth tells them that they are let in no more
            return
        if SocialAccount.objects.filter(user=person, provider=PROVIDER).exists():
            raise refused(
                request,
                _(
                    "Akun dengan alamat %(address)s terhubung ke identitas lain. Masuk dengan sandi, "
                    "lalu putuskan hubungan itu di Akun saya."
                )
                % {"address": address},
            )
        sociallogin.connect(request, person)

    def on_authentication_error(self, request: HttpRequest, *_args: Any, **_kw: Any) -> None:
        text = _(
            "Penyedia identitas tidak menjawab seperti seharusnya, atau proses ini dibatalkan."
        )
        raise refused(request, f"{text} {_('Coba lagi, atau masuk dengan sandi.')}")


def verified_address(sociallogin: SocialLogin) -> str:
    """The address the provider vouches for, in small letters; empty without one."""
    rows = [row.email for row in sociallogin.email_addresses if row.verified is True]
    return rows[0].strip().lower() if rows else ""


def refused(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    page = render(request, "account/sign_on_refused.html", {"reason": reason}, status=403)
    return ImmediateHttpResponse(page)


def keep_the_subject_only(instance: SocialAccount, **_kw: Any) -> None:
    """What else the provider tells (pictures, telephone, groups) is nobody's business here."""
    instance.extra_data = {}


pre_save.connect(keep_the_subject_only, sender=SocialAccount, dispatch_uid="subject-only")


def cancelled(request: HttpRequest) -> HttpResponse:
    """allauth sends here whoever says no to the provider."""
    messages.info(request, _("Anda batal masuk."))
    return redirect("account_login")


cancelled.is_public = True  # type: ignore[attr-defined]  # read by the permission test


@require_POST
@staff()
def disconnection(request: StaffRequest) -> HttpResponse:
    """Forget which identity of the provider is mine; the next sign-in through it finds me anew."""
    n, _rows = SocialAccount.objects.filter(user=request.user, provider=PROVIDER).delete()
    if n:
        office = first_office(request.user)
        Event.record("person.identity-removed", by=request.user, about=request.user, office=office)
        messages.success(request, _("Hubungan itu diputus."))
    return redirect("account")


urlpatterns: list[URLPattern | URLResolver] = [
    path("cancelled/", cancelled, name="socialaccount_login_cancelled"),
    path("disconnection", disconnection, name="identity-disconnection"),
]
if settings.OIDC_URL:
    urlpatterns.append(path("", include("allauth.socialaccount.providers.openid_connect.urls")))
