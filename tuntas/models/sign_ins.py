"""SignIn: where a person is signed in, so that what is not known any more can be ended."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from tuntas.models.audit import Event
from tuntas.models.people import User

KEPT = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=5)  # how exact "last seen" is; more would be a write per page


class SignInQuerySet(models.QuerySet["SignIn"]):
    def running(self) -> SignInQuerySet:
        """Not ended, and not older than a session may become."""
        begun = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return self.filter(ended_at=None, began_at__gt=begun)


class SignIn(models.Model):
    """One session of one person on one device: in words, without address or fingerprint."""

    person = models.ForeignKey(User, models.PROTECT, related_name="sign_ins")
    key = models.CharField(max_length=32, unique=True)  # stands in the session
    device = models.CharField(max_length=80)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at", "-id"]

    def __str__(self) -> str:
        return self.device

    @classmethod
    def begin(cls, person: User, device: str) -> SignIn:
        """Note a new session, and forget those of more than 90 days ago."""
        now = timezone.now()
        person.sign_ins.filter(began_at__lt=now - KEPT).delete()
        return cls.objects.create(
            person=person, key=secrets.token_hex(16), device=device[:80], began_at=now, seen_at=now
        )

    def see(self) -> None:
        """The person is here now."""
        now = timezone.now()
        if now - self.seen_at >= SEEN_EVERY:
            SignIn.objects.filter(pk=self.pk).update(seen_at=now)

    def finish(self) -> None:
        """The person signed out."""
        SignIn.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now())

    @classmethod
    def end_others(cls, person: User, *, but: str) -> int:
        """End every session of this person but the one with the key `but`; how many it were."""
        with transaction.atomic():
            n = person.sign_ins.running().exclude(key=but).update(ended_at=timezone.now())
            if n:
                Event.record("sign-in.others-ended", by=person, about=person, n=n)
        return n

    def end(self) -> None:
        """End this one session."""
        with transaction.atomic():
            if SignIn.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now()):
                Event.record("sign-in.ended", by=self.person, about=self.person)
