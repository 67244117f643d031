"""A proof of work for a form in a burst, after the idea of ALTCHA: the page finds a number whose
hash was named, which costs a script that sends thousands far more than it costs one citizen.

The number follows from the form's own id under the server's key. So nothing is stored, and a number
that was found for one form says nothing about another: there is nothing to send twice.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from tuntas.models.codes import keyed

# Half of it is tried on average: under a second on a cheap phone, while the citizen reads.
MOST_TRIES = 20_000


def challenge_of(form_id: UUID) -> str:
    """Hash of the form's id and its number: what the page looks for."""
    return hashlib.sha256(f"{form_id}.{number_of(form_id)}".encode()).hexdigest()


def mark_of(form_id: UUID) -> str:
    """Says that the form was opened when no burst was on, so that nobody asked for a proof."""
    return keyed(f"proof:calm:{form_id}").hex()[:24]


def is_proven(form_id: UUID, given: str) -> bool:
    """Whether `given` is the form's number, or its mark."""
    return hmac.compare_digest(given.encode(), str(number_of(form_id)).encode()) or (
        hmac.compare_digest(given.encode(), mark_of(form_id).encode())
    )


def number_of(form_id: UUID) -> int:
    return int.from_bytes(keyed(f"proof:number:{form_id}")[:8], "big") % MOST_TRIES
