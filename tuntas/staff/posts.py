"""The roles that can be given in an office, as the choices of a form: a unit officer's per unit."""

from __future__ import annotations

from tuntas.models import Office, Role
from tuntas.models.staff_invitations import Post

SIGN = ":"


def post_choices(office: Office) -> list[tuple[str, str]]:
    """`survey_team` …, and `unit_officer:12` for each unit."""
    whole = [(role.value, str(role.label)) for role in Role if role != Role.UNIT_OFFICER]
    officer = Role.UNIT_OFFICER
    units = [
        (f"{officer.value}{SIGN}{unit.pk}", f"{officer.label} – {unit.label}")
        for unit in office.units.all()
    ]
    return whole[:1] + units + whole[1:]


def post_of(office: Office, choice: str) -> Post:
    """The role and unit of one of these choices."""
    role, _sign, key = choice.partition(SIGN)
    return role, office.units.get(pk=int(key)) if key else None
