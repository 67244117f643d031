"""A brake on wrong codes: per network address, without keeping the address."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from tuntas.public.traffic import address_of

# A code has 83 bits; the brake is against hammering, not against guessing.
WRONG_CODES, WRONG_SECONDS = 30, 600


def brake_key(request: HttpRequest) -> str:
    text = f"{settings.SECRET_KEY}:{address_of(request) or ''}"
    return "wrong-code:" + hashlib.sha256(text.encode()).hexdigest()[:24]


def is_braked(request: HttpRequest) -> bool:
    return bool(cache.get(brake_key(request), 0) >= WRONG_CODES)


def note_wrong(request: HttpRequest) -> None:
    key = brake_key(request)
    cache.set(key, cache.get(key, 0) + 1, WRONG_SECONDS)
