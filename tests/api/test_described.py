"""The API is what its description says, asked with everything the description allows and forbids.

`TUNTAS_EXAMPLES` raises the number of calls for each address (20).
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.api.test_invitations import token
from tests.conftest import Cast, answer
from tests.public.test_results import closed
from tuntas.api import access
from tuntas.api.invitations import api
from tuntas.law.months import Month
from tuntas.limits import Limit
from tuntas.models import Scope
from tuntas.wsgi import application

pytestmark = pytest.mark.slow

OPERATIONS = [
    f"{method.upper()} {path}"
    for path, item in api.get_openapi_schema()["paths"].items()
    for method in item
]
EXAMPLES = int(os.environ.get("TUNTAS_EXAMPLES", "20"))


@pytest.fixture
def described(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An office with something of everything, and a token that may read all of it."""
    # The limits are tested elsewhere; here they would hide all other answers.
    monkeypatch.setattr(access, "calls", Limit(10**6, 10**6))
    closed(cast, Month(2026, 1), "343444333", times=31)
    answer(cast.service, suggestion="Tambah kursi tunggu.")
    # A request that ends gives its connection back; the test's own must stay open.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    schema.config.update(headers={"Authorization": f"Bearer {token(cast.office, *Scope.values)}"})
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("place", range(len(OPERATIONS)), ids=OPERATIONS)
def test_every_answer_is_described(described: Any, place: int, mode: GenerationMode) -> None:
    operation = list(described.get_all_operations())[place].ok()
    assert operation.label == OPERATIONS[place]
    asked = []
    # That the first month is not after the last cannot be said in a description.
    has_order = "from" in str(operation.query)
    excluded = [positive_data_acceptance] if has_order else []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        asked.append(case.call_and_validate(excluded_checks=excluded).status_code)

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("an address without parameters has nothing wrong to be asked with")
    sys.stdout.write(f"{operation.label}: {len(asked)} calls, {dict(Counter(asked))}\n")
    assert asked
