"""Lighthouse's marks for the public form, on a slow phone, from the server that offices run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from scripts.with_postgres import free_port
from tests.cli.test_commands import environment, run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.filterwarnings("default:Lighthouse diulang"),
]
LIGHTHOUSE = Path(__file__).parent / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
)
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST_PERFORMANCE = 98
FIGURES = {
    "LCP": "largest-contentful-paint",
    "CLS": "cumulative-layout-shift",
    "TBT": "total-blocking-time",
}
SECONDS = 120
LOST_TRACE = "Please run Lighthouse again"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """`tuntas serve` on a port of its own, with one service of 9 and one of 16 questions."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("serve")
    env = environment(folder, PORT=str(port), TUNTAS_PUBLIC_URL=address)
    command = [sys.executable, "-m", "tuntas.cli", "serve"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(f"{address}/healthz")
            yield made_forms(env)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def made_forms(env: dict[str, str]) -> dict[str, str]:
    """Addresses of the forms, made by the commands of an office."""
    assert run("office", "add", "kantor", "--name", "Kantor Uji", env=env).returncode == 0
    assert run("unit", "add", "kantor", "umum", "--name", "Umum", env=env).returncode == 0
    found = {}
    for edition in ("skm9", "skm16"):
        words = ("service", "add", "kantor", "umum", edition, "--name", "Layanan Uji")
        made = run(*words, "--edition", edition, env=env)
        found[edition] = made.stdout.split()[-1]
    return found


def wait_for(address: str) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            urlopen(address).close()
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{address} does not answer")


@pytest.mark.parametrize(("edition", "language"), [("skm9", "id"), ("skm16", "ban")])
def test_lighthouse_finds_nothing_to_mend(
    forms: dict[str, str], tmp_path: Path, edition: str, language: str, capsys: Any
) -> None:
    """Other work on the machine only ever makes a page look slower, so the best of five counts;
    what is no matter of time must be perfect each time."""
    for _measurement in range(5):
        marks, figures, failed = judged(measured(f"{forms[edition]}?l={language}", tmp_path))
        assert marks["accessibility"] == marks["best-practices"] == 100, failed
        assert figures["CLS"] == 0
        if marks["performance"] >= LEAST_PERFORMANCE:
            break
    with capsys.disabled():
        sys.stdout.write(f"\n{edition} {language}: {marks} {figures}\n")
    assert marks["performance"] >= LEAST_PERFORMANCE, (figures, failed)
    assert figures["LCP"] <= 1500


def judged(report: dict[str, Any]) -> tuple[dict[str, int], dict[str, float], list[str]]:
    """Marks by category, figures in milliseconds (CLS without unit), and what was found wrong."""
    audits = report["audits"]
    marks = {name: round(100 * row["score"]) for name, row in report["categories"].items()}
    figures = {short: round(audits[name]["numericValue"], 3) for short, name in FIGURES.items()}
    wrong = [
        row["title"] for row in audits.values() if row["score"] is not None and row["score"] < 0.9
    ]
    return marks, figures, wrong


def measured(address: str, folder: Path) -> dict[str, Any]:
    """Lighthouse's report of a page: a slow phone on a slow network, both simulated.

    Chromium loses the record of a page load now and then; Lighthouse then names no figure and asks
    to be run again. It is, twice, and aloud: a page that cannot be recorded at all still fails."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert LIGHTHOUSE.exists(), "Lighthouse tidak ada; jalankan make setup"
    assert chromium, "Chromium tidak ada; jalankan make setup"
    command = [
        str(LIGHTHOUSE),
        address,
        "--form-factor=mobile",
        "--throttling-method=simulate",
        f"--only-categories={','.join(CATEGORIES)}",
        "--output=json",
        f"--output-path={folder / 'report.json'}",
        f"--chrome-flags={CHROMIUM_FLAGS}",
        "--no-enable-error-reporting",
        "--quiet",
    ]
    env = {**os.environ, "CHROME_PATH": chromium, "HOME": str(folder)}
    for left in (2, 1, 0):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        if done.returncode == 0 or not left or LOST_TRACE not in done.stderr:
            break
        warnings.warn(f"Lighthouse diulang: {done.stderr.strip()}", stacklevel=2)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert not report.get("runtimeError"), report["runtimeError"]
    return report
