"""IdempotencyKey: that a caller sent this request before, so that it is done once.

Only hashes are kept, for a day: neither the request nor the answer, which may hold a one-time code.
The act itself is repeatable: with the same `uid` it finds what it made the first time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import models, transaction
from django.utils import timezone

from tuntas.models.tokens import ApiToken

KEPT = timedelta(hours=24)


class OtherRequest(Exception):
    """The key was used for another request within the day."""


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def expired(self, now: datetime) -> IdempotencyKeyQuerySet:
        return self.filter(at__lte=now - KEPT)


class IdempotencyKey(models.Model):
    """One key of one token, with the hash of what was asked."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    key_sha256 = models.CharField(max_length=64)
    request_sha256 = models.CharField(max_length=64)
    uid = models.UUIDField(default=uuid4, editable=False)
    at = models.DateTimeField()

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key_sha256"], name="key_once")]

    def __str__(self) -> str:
        return str(self.uid)

    @classmethod
    def take(cls, token: ApiToken, key: str, request: bytes) -> IdempotencyKey:
        """The row of the key, made on its first use within a day: of two calls at once both get
        the same one. Raises OtherRequest."""
        asked, now = hashlib.sha256(request).hexdigest(), timezone.now()
        digest = hashlib.sha256(f"{token.pk}:{key}".encode()).hexdigest()
        with transaction.atomic():
            mine = cls.objects.filter(token=token, key_sha256=digest)
            mine.expired(now).delete()
            row, _is_new = cls.objects.get_or_create(
                token=token, key_sha256=digest, defaults={"request_sha256": asked, "at": now}
            )
        if row.request_sha256 != asked:
            raise OtherRequest
        return row
