"""What may be there once is held by the database itself, on both engines, where a part is empty."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.conftest import Cast
from tuntas.models import HistoricalResult, Membership, Office, Questionnaire


def test_nothing_with_an_empty_part_is_there_twice(cast: Cast) -> None:
    ministry = Office.objects.filter(parent=None).first()
    assert ministry is not None
    head = Membership.objects.filter(unit=None).first()
    assert head is not None
    value = {"office": cast.office, "month": date(2023, 1, 1), "converted": 80, "source": "Laporan"}
    HistoricalResult.objects.create(**value)
    questionnaire = Questionnaire.objects.filter(office=None).first()
    assert questionnaire is not None
    for model, fields in (
        (Office, {"code": ministry.code, "name": "Kembar"}),
        (Membership, {"user": head.user, "office": head.office, "role": head.role}),
        (HistoricalResult, value),
        (Questionnaire, {"code": questionnaire.code, "name": "Kembar"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.bulk_create([model(**fields)])
