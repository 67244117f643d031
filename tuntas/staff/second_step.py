"""The second step of signing in, by allauth: our QR code, secrets under the server's key."""

from __future__ import annotations

import base64
from typing import Any

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.utils.translation import gettext as _

from tuntas.models import Office
from tuntas.models.codes import keyed
from tuntas.staff.access import TEAM_AND_HEAD


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    def build_totp_svg(self, url: str) -> str:
        drawn: str = segno.make(url, error="m").svg_inline(scale=5, border=4, light="white")
        return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)

    def encrypt(self, text: str) -> str:
        """Whoever reads the database alone cannot make codes."""
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Empty, which fits no code, when the server's key is not the one of then."""
        try:
            return box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Not the last one of a person of whom an office wants a second step."""
        person = authenticator.user
        wanted = Office.objects.filter(
            second_step_required=True,
            memberships__user=person,
            memberships__role__in=TEAM_AND_HEAD,
        )
        others = person.authenticator_set.exclude(pk=authenticator.pk).exclude(
            type=authenticator.Type.RECOVERY_CODES
        )
        return bool(others.exists() or not wanted.exists())

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        n = user.authenticator_set.filter(type=type).count() + 1
        return _("Kunci sandi %(n)s") % {"n": n}

    def _get_site_name(self) -> str:
        return "Tuntas"


def box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keyed("second-step")))
