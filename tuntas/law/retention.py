"""How long each kind of thing is kept, where that comes from, and what an office may choose. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from tuntas.law.answering import ERASE_RULES, OWN_RULE
from tuntas.law.citation import Citation
from tuntas.law.privacy import RETENTION_RULE

HOURS, DAYS, YEARS = "hours", "days", "years"


@dataclass(frozen=True)
class Retention:
    """The rule an office begins with. `amount` None: kept. `choice`: what the office may set it to,
    least and most, keeping included; None where the system itself needs or promises the rule."""

    kind: str
    amount: int | None
    unit: str
    citation: Citation
    choice: tuple[int, int] | None = None


RETENTIONS = (
    # Said in the consent itself, so no office may keep an address longer.
    Retention("contact", ERASE_RULES[0][1], DAYS, RETENTION_RULE),
    Retention("text", None, YEARS, RETENTION_RULE, (1, 30)),
    Retention("evidence", None, YEARS, RETENTION_RULE, (1, 30)),
    # Not sooner than a year: while its row is there, the ticket of a code cannot get another one.
    Retention("invitation", 366, DAYS, OWN_RULE, (366, 3660)),
    Retention("upload", 7, DAYS, OWN_RULE),
    Retention("notice", 180, DAYS, OWN_RULE),
    Retention("session", 12, HOURS, OWN_RULE),
    # Held by the database itself: an audit that can be shortened proves nothing.
    Retention("audit", None, DAYS, OWN_RULE),
    Retention("response", None, DAYS, OWN_RULE),
)


def retention(kind: str) -> Retention:
    """The rule of a kind. Raises LookupError for an unknown one."""
    found = next((row for row in RETENTIONS if row.kind == kind), None)
    if found is None:
        raise LookupError(kind)
    return found
