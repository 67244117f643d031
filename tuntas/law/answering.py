"""How soon the office answers and how long a conversation stays open. Days, each with its source."""

from __future__ import annotations

from datetime import date

from tuntas.law.citation import Citation, in_force_on

# Promises of the system, not law; dated, so that a later change leaves older conversations alone.
OWN_RULE = Citation("Janji layanan Tuntas", "docs/method.md, Feedback", date(2017, 5, 16))

# LAPOR! gives an agency five working days to answer; we promise the same.
REPLY_RULES = ((OWN_RULE, 5),)
# Calendar days after the office's last answer in which the citizen may ask again.
REOPEN_RULES = ((OWN_RULE, 30),)
# Calendar days after the office's last answer after which an e-mail address is erased.
ERASE_RULES = ((OWN_RULE, 30),)


def reply_working_days(day: date) -> int:
    """Working days in which a feedback received on `day` is answered."""
    return in_force_on(REPLY_RULES, day)


def reopen_days(day: date) -> int:
    """Days in which a conversation last answered on `day` may be opened again."""
    return in_force_on(REOPEN_RULES, day)


def erase_days(day: date) -> int:
    """Days after the last answer, given on `day`, until an e-mail address is erased."""
    return in_force_on(ERASE_RULES, day)
