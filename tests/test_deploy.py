"""The examples in deploy/ and the container files: run where their program is here, else read."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.with_postgres import free_port
from tests.cli.test_commands import environment
from tests.serving import site, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NAME = "skm.kantor.go.id"


@contextmanager
def nginx(folder: Path, tuntas_port: int) -> Iterator[tuple[int, int]]:
    """Our example on ports of its own in front of a running site; gives the HTTP and HTTPS port."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is not installed: scripts/system-packages.sh brings it")
    plain, secure = free_port(), free_port()
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/CN={NAME}",
            "-addext",
            f"subjectAltName=DNS:{NAME}",
            "-keyout",
            str(folder / "key.pem"),
            "-out",
            str(folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        "127.0.0.1:8000;\n    keepalive": f"127.0.0.1:{tuntas_port};\n    keepalive",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        f"/etc/ssl/certs/{NAME}.pem": str(folder / "cert.pem"),
        f"/etc/ssl/private/{NAME}.key": str(folder / "key.pem"),
        "/var/log/nginx/tuntas.error.log": str(folder / "error.log"),
    }.items():
        assert old in text
        text = text.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/main.log;\n"
        f"events {{}}\nhttp {{\ntypes {{ text/html html; }}\n{paths}{text}\n}}\n"
    )
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    running = subprocess.Popen([*command, "-e", str(folder / "main.log")])
    try:
        until(lambda: running.poll() is not None or listens(secure), 10)
        assert running.poll() is None, (folder / "main.log").read_text()
        yield plain, secure
    finally:
        running.terminate()
        running.wait(10)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Visitor:
    """Who comes by HTTPS and believes our one-day certificate only."""

    def __init__(self, folder: Path, port: int) -> None:
        self.trust = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30)
        connection.sock = self.trust.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port)), server_hostname=NAME
        )
        with closing(connection):
            connection.request(method, path, body, {"Host": NAME, **headers})
            response = connection.getresponse()
            response.text = response.read().decode(errors="replace")  # type: ignore[attr-defined]
            return response


@pytest.mark.slow
def test_nginx_in_front(tmp_path: Path) -> None:
    settings = {
        "TUNTAS_HOSTS": f"{NAME},127.0.0.1",
        "TUNTAS_HTTPS": "1",
        "TUNTAS_PUBLIC_URL": f"https://{NAME}",
    }
    with site(tmp_path, **settings) as running, nginx(tmp_path, running.port) as (plain, secure):
        assert running.get("/healthz") == 200  # from inside, without TLS
        assert running.get("/accounts/login/") == 301

        with closing(http.client.HTTPConnection("127.0.0.1", plain)) as lost:
            lost.request("GET", "/o/x/", headers={"Host": NAME})
            moved = lost.getresponse()
            moved.read()
            assert moved.headers["Location"] == f"https://{NAME}/o/x/"

        visitor = Visitor(tmp_path, secure)
        page = visitor.ask("GET", "/accounts/login/")
        assert page.status == 200
        assert page.headers["Strict-Transport-Security"]
        cookie = page.headers["Set-Cookie"]
        assert "Secure" in cookie
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        sent = visitor.ask(
            "POST",
            "/accounts/login/",
            f"csrfmiddlewaretoken={token[1]}&login=a@b.id&password=x".encode(),
            **{
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookie.partition(";")[0],
                "Referer": f"https://{NAME}/accounts/login/",
                "Origin": f"https://{NAME}",
            },
        )
        assert sent.status == 200  # the form again: nobody of that name
        assert "csrfmiddlewaretoken" in sent.text

        assert visitor.ask("GET", "/metrics").status == 404
        assert visitor.ask("GET", "/readyz").status == 200
        large = visitor.ask("POST", "/accounts/login/", b"", **{"Content-Length": str(33 << 20)})
        assert large.status == 413


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here: the unit is not checked")
    unit = (DEPLOY / "tuntas.service").read_text()
    assert unit.count("/opt/tuntas/.venv/bin/tuntas") == 1
    mended = unit.replace("/opt/tuntas/.venv/bin/tuntas", shutil.which("true") or "/bin/true")
    (tmp_path / "tuntas.service").write_text(mended)
    told = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "tuntas.service")],
        capture_output=True,
        text=True,
    )
    about = [line for line in told.stderr.splitlines() if "tuntas.service" in line]
    # The manual of the example lies where it will be installed.
    assert [line for line in about if "Documentation" not in line] == []


def test_compose_and_docs_name_the_same_variables() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]
    explained = (ROOT / "docs" / "install.md").read_text()
    for name in services["tuntas"]["environment"]:
        assert f"`{name}`" in explained
    given = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    for name in given:
        assert name in explained.partition("## In containers")[2]
    assert services["database"]["profiles"] == ["postgres"]
    assert services["tuntas"]["depends_on"]["database"]["required"] is False
    # No port is open to the network by itself: HTTPS is in front.
    assert all(port.startswith("127.0.0.1:") for port in services["tuntas"]["ports"])
    assert "ports" not in services["database"]
    gateway = compose["networks"]["inside"]["ipam"]["config"][0]["gateway"]
    assert services["tuntas"]["environment"]["TUNTAS_PROXIES"] == gateway


def test_what_the_image_copies_is_let_in() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    let_in = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    copied = [
        word
        for line in lines
        if line.startswith("COPY") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert sorted(copied) == sorted(let_in)
    assert all((ROOT / path).exists() for path in copied)


def test_litestream_copies_the_database_that_the_unit_serves() -> None:
    copied = yaml.safe_load((DEPLOY / "litestream.yml").read_text())["dbs"][0]["path"]
    unit = (DEPLOY / "tuntas.service").read_text()
    folder = re.search(r"TUNTAS_DATA=(\S+)", unit)
    assert folder is not None
    assert copied == f"{folder[1]}/tuntas.sqlite3"


def test_nothing_is_written_where_the_program_lies(tmp_path: Path) -> None:
    """An account that serves need not own the program: in the image and the unit it cannot write there."""
    program = tmp_path / "program"
    shutil.copytree(
        ROOT / "tuntas", program / "tuntas", ignore=shutil.ignore_patterns("*.mo", "__pycache__")
    )
    before = sorted(program.rglob("*"))
    env = environment(tmp_path, PYTHONPATH=str(program), PYTHONDONTWRITEBYTECODE="1")
    told = subprocess.run(
        [sys.executable, "-m", "tuntas.cli", "prepare"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert sorted(program.rglob("*")) == before
    compiled = tmp_path / "data" / "compiled"
    assert {path.name for path in compiled.iterdir()} == {"en", "ban"}
