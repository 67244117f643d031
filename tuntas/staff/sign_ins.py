"""My account: where I am signed in, and ending what I do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tuntas.models import SignIn
from tuntas.staff.access import StaffRequest, has_second_step, staff

KEY = "sign_in"
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class SignInMiddleware:
    """Notes each new session of a person, and lets an ended one do nothing more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        is_open = getattr(view, "is_public", False) or getattr(view, "is_api", False)
        if is_open or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if not request.user.is_authenticated:
            return None
        key = request.session.get(KEY)
        row = SignIn.objects.filter(key=key, person=request.user).first() if key else None
        if key and (row is None or row.ended_at is not None):
            logout(request)
            messages.info(request, _("Sesi ini sudah diakhiri. Masuklah kembali."))
            return redirect("account_login")
        if row is None:
            row = SignIn.begin(request.user, device_words(request))
            request.session[KEY] = row.key
        row.see()
        return None


def forget(request: HttpRequest) -> None:
    """The person signs out: this session is no longer one to end."""
    row = SignIn.objects.filter(key=request.session.get(KEY, "")).first()
    if row is not None:
        row.finish()


def device_words(request: HttpRequest) -> str:
    """`Chrome, Android`: enough to know one's own device again, and nothing more."""
    told = request.headers.get("User-Agent", "")
    browser = next((name for sign, name in BROWSERS if sign in told), _("Peramban lain"))
    system = next((name for sign, name in SYSTEMS if sign in told), _("perangkat lain"))
    return f"{browser}, {system}"


@staff()
def account(request: StaffRequest) -> HttpResponse:
    """What protects my account, and my sessions."""
    context = {
        "sign_ins": request.user.sign_ins.running(),
        "key": request.session.get(KEY),
        "has_second_step": has_second_step(request.user),
        "identity": SocialAccount.objects.filter(user=request.user).first(),
        "sso_name": settings.OIDC_URL and settings.OIDC_NAME,
    }
    return render(request, "staff/account.html", context)


@require_POST
@staff()
def sign_in_ending(request: StaffRequest) -> HttpResponse:
    """End all my other sessions."""
    n = SignIn.end_others(request.user, but=request.session.get(KEY, ""))
    messages.success(request, _("%(n)s sesi lain diakhiri.") % {"n": n})
    return redirect("account")


@require_POST
@staff()
def sign_in_removal(request: StaffRequest, pk: int) -> HttpResponse:
    """End one of my sessions."""
    get_object_or_404(request.user.sign_ins, pk=pk).end()
    messages.success(request, _("Sesi itu diakhiri."))
    return redirect("account")


urlpatterns = [
    path("", account, name="account"),
    path("sessions/ending", sign_in_ending, name="sign-in-ending"),
    path("sessions/<int:pk>/ending", sign_in_removal, name="sign-in-removal"),
]
