"""What machines ask of a machine: alive, ready, and figures for those who may have them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Cast, answer
from tests.public.test_form import send
from tuntas import work
from tuntas.logs import JsonLines, WithoutSecrets
from tuntas.models import Tablet
from tuntas.models.leases import Worker
from tuntas.public import health


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    health.OWN.found = []
    yield
    health.OWN.found = []


def figures(**headers: Any) -> dict[str, dict[tuple[str, ...], float]]:
    """Every figure by its name and the values of its labels, as Prometheus reads them."""
    response = Client().get("/metrics", **headers)
    assert response.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_ready_when_all_is_there(db: None) -> None:
    Worker.beat("satu")
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "problems": [], "work": "running"}


def test_a_silent_loop_keeps_no_citizen_out(db: None) -> None:
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["work"] == "silent"


def test_a_database_of_an_older_version_is_not_ready(db: None) -> None:
    MigrationRecorder(connection).record_unapplied("tuntas", "0018_privacy")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == ["migrations"]


def test_a_full_disk_and_a_folder_without_rights_are_named(
    db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LEAST_SPACE", 2**60)
    settings.DATA = tmp_path / "gone"
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert set(response.json()["problems"]) == {"data_folder", "disk_space"}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone_is_not_ready(settings: Any, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the fault tests take a PostgreSQL away; here SQLite's file is")
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(tmp_path / "no" / "such" / "folder.sqlite3")
    try:
        response = Client().get("/readyz")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    assert response.status_code == 503
    assert "database" in response.json()["problems"]
    assert "work" not in response.json()


def test_requests_and_answers_are_counted_by_door(cast: Cast) -> None:
    before = figures()
    form = f"/s/{cast.service.token}/"
    Client().get(form)
    Client().get("/tidak-ada/")
    cast.client("team").get("/home/")
    assert send(cast.service).status_code == 303
    assert send(cast.service, q1="9").status_code == 422
    after = figures()

    def grown(name: str, *labels: str) -> float:
        return after.get(name, {}).get(labels, 0) - before.get(name, {}).get(labels, 0)

    assert grown("tuntas_requests_total", "public", "GET", "2xx") == 2  # the form, and /metrics
    assert grown("tuntas_requests_total", "none", "GET", "4xx") == 1
    assert grown("tuntas_requests_total", "staff", "GET", "2xx") == 1
    assert grown("tuntas_request_seconds_count", "public") == 4
    assert grown("tuntas_form_answers_total") == 1


def test_queues_stand_there_and_no_office_does(cast: Cast) -> None:
    Worker.beat("satu")
    found = figures()
    assert {name for (name,) in found["tuntas_work_waiting"]} == {kind.name for kind in work.KINDS}
    assert found["tuntas_work_silence_seconds"][()] < 5
    assert found["tuntas_dead"] == {("mail",): 0, ("webhook",): 0}
    assert found["tuntas_database_up"][()] == 1
    text = Client().get("/metrics").content.decode()
    for secret in (cast.office.name, cast.service.name, cast.office.code, cast.service.token):
        assert secret not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # this very machine
        ({"REMOTE_ADDR": "10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "10.9.0.1"}, 200),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.5"}, 404),  # through the proxy on this machine
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1, 203.0.113.5"}, 404),  # a lie before the proxy's word
        ({"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer " + "t" * 30}, 200),
        ({"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer " + "u" * 30}, 404),
        ({"REMOTE_ADDR": "nonsense"}, 404),
    ],
)
def test_figures_are_for_those_who_may(
    db: None, settings: Any, headers: dict[str, str], status: int
) -> None:
    import ipaddress

    settings.METRICS_NETWORKS = [ipaddress.ip_network("10.9.0.0/16")]
    settings.METRICS_TOKEN = "t" * 30
    assert Client().get("/metrics", **headers).status_code == status  # type: ignore[arg-type]


def test_log_lines_for_machines_hold_no_secret(
    cast: Cast, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.LOG_REQUESTS = True
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    handler.addFilter(WithoutSecrets())
    _tablet, key = Tablet.add(cast.service, "Kunjungan", "outreach", by=None)
    code = answer(cast.service, suggestion="Tambah kursi.").tracking_code
    loggers = [logging.getLogger(name) for name in ("tuntas", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        Client().post(f"/d/{key}/sync", b"{", "application/json")
        Client().get(f"/t/{code}/")
        try:
            int("Tambah kursi.")
        except ValueError:
            logging.getLogger("tuntas").exception("import failed")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert key not in text
    assert code not in text
    assert "kursi" not in text
    asked = [line for line in lines if line["logger"] == "tuntas.requests"]
    assert [(line["route"], line["status"]) for line in asked] == [
        ("/d/<slug:key>/sync", 400),
        ("/t/<str:code>/", 200),
    ]
    assert all(isinstance(line["ms"], float) for line in asked)
    assert lines[-1]["error"] == "ValueError"
    assert re.fullmatch(r"test_health\.py:\d+", lines[-1]["where"][-1])
    assert all(line["time"].endswith("+00:00") for line in lines)
