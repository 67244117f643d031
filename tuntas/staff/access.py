"""The guard of every staff page: who is signed in, for which office, in which roles.

Not allowed to see looks like 404; allowed to see but not to do is 403. Every view carries one of
these decorators; tests/test_permissions.py proves it for each URL and each role.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from tuntas.models import Office, Role, User

ALL_ROLES = frozenset(Role.values)
OFFICE_KEY = "office"


class StaffRequest(HttpRequest):
    """A request of a signed-in person who works for `office`, there in `roles`."""

    user: User
    office: Office
    roles: set[str]


StaffView = Callable[..., HttpResponseBase]


def current_office(request: HttpRequest, user: User) -> Office:
    """The office chosen in this session, else the first one the person may see.

    Raises Http404 for a person without any office.
    """
    offices = Office.objects.visible_to(user)
    chosen = request.session.get(OFFICE_KEY)
    office = offices.filter(pk=chosen).first() if chosen else None
    office = office or offices.filter(pk__in=user.reach.member).order_by("path").first()
    if office is None:
        raise Http404
    return office


def staff(
    *, may: frozenset[str] | set[str] = ALL_ROLES, own: bool = False
) -> Callable[[StaffView], StaffView]:
    """Only for signed-in people with an office; only those in a role of `may` get in.

    Pages that write name their roles, pages that read let all roles in and show what the person
    may see. `own`: the role must be the person's own, not held for somebody on leave.
    """

    def decorate(view: StaffView) -> StaffView:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            staff_request = cast(StaffRequest, request)
            staff_request.user.reach_now = staff_request.user.reach
            staff_request.office = current_office(request, staff_request.user)
            staff_request.roles = staff_request.user.roles_in(staff_request.office)
            if must_add_second_step(staff_request):
                return redirect("mfa_index")
            if not staff_request.roles & may or (own and not has_own_role(staff_request, may)):
                raise PermissionDenied
            # Every moment on the page is told by the office's own clock.
            with timezone.override(staff_request.office.zone):
                return view(staff_request, *args, **kwargs)

        guarded.staff_roles = frozenset(may)  # type: ignore[attr-defined]  # read by the test
        return guarded

    return decorate


def has_own_role(request: StaffRequest, may: frozenset[str] | set[str]) -> bool:
    """Whether a role of `may` is the person's own. A deputy who could give roles, ask people in or make
    tokens would keep what was only lent."""
    return bool(request.user.own_roles_in(request.office) & may)


def must_add_second_step(request: StaffRequest) -> bool:
    """Whether the office wants a second step of this person, who has none yet."""
    wanted = request.office.second_step_required and request.roles & TEAM_AND_HEAD
    return bool(wanted) and not has_second_step(request.user)


def has_second_step(user: User) -> bool:
    """An app or a passkey; recovery codes alone are none."""
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


TEAM = frozenset({Role.SURVEY_TEAM.value})
TEAM_AND_HEAD = TEAM | {Role.HEAD.value}
TEAM_AND_OFFICERS = TEAM | {Role.UNIT_OFFICER.value}
OFFICE_READERS = frozenset(ALL_ROLES - {Role.UNIT_OFFICER.value})


def find(queryset: Any, request: StaffRequest, **key: Any) -> Any:
    """The one row of `queryset` with this key that the person may see, in the current office."""
    return get_object_or_404(queryset.visible_to(request.user).filter(office=request.office), **key)
