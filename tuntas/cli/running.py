"""Start it, look after it: serve, work, demo, manage, doctor."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import click

from tuntas.cli.arguments import fail, json_option, ready, show


@click.command()
@click.option("--demo", is_flag=True, help="Muat kantor contoh bila belum ada.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Alamat jaringan.")
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True, help="Porta.")
def serve(demo: bool, host: str, port: int) -> None:
    """Siapkan basis data dan jalankan situs."""
    os.environ["PORT"] = str(port)
    with ready():
        from tuntas import server, supervisor

        try:
            door = supervisor.open_port(host, port)
            server.prepare()
            signs = load_demo(quiet=False) if demo else []
            server.announce(host, port, signs)
        except supervisor.CannotServe as error:
            fail(str(error), 1)
        supervisor.become(door)


@click.command(hidden=True)
@click.option("--fd", type=int, required=True)
def supervise(fd: int) -> None:
    """Jaga proses situs pada soket yang sudah terbuka; serve menjadi perintah ini."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuntas.settings")
    from django.conf import settings
    from django.utils.log import configure_logging

    from tuntas import supervisor  # without the models: it only looks after those that need them

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    supervisor.Supervisor(socket.socket(fileno=fd), settings.WORKERS).run()


parent_option = click.option(
    "--parent", type=int, hidden=True, help="Berhenti bila proses ini sudah tiada."
)


@click.command()
@parent_option
def work(parent: int | None) -> None:
    """Kerjakan antrean latar belakang (impor) sampai dihentikan; serve sudah menjalankannya."""
    with ready():
        from tuntas import supervisor

        supervisor.run_work(parent)


@click.command(hidden=True)
@click.option("--fd", type=int, required=True)
@click.option("--workers", type=int, default=1)
@click.option("--ready", "told", type=int)
@parent_option
def web(fd: int, workers: int, told: int | None, parent: int | None) -> None:
    """Jawab permintaan pada soket yang sudah terbuka; dipanggil oleh serve."""
    from tuntas import supervisor  # without Django: only the workers need it

    supervisor.serve_web(fd, workers, parent, told)


@click.command()
def prepare() -> None:
    """Siapkan basis data, terjemahan, dan berkas statis; serve melakukannya sendiri."""
    with ready():
        from tuntas import server, supervisor

        try:
            server.prepare()
        except supervisor.CannotServe as error:
            fail(str(error), 1)


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Muat kantor contoh (sekali) dan cetak cara masuknya."""
    with ready():
        signs = load_demo(quiet=as_json)
        if as_json:
            show([{"email": s.email, "role": s.role, "password": s.password} for s in signs])
        else:
            for sign in signs:
                click.echo(f"{sign.email:32} {sign.password}   {sign.role}")


def load_demo(*, quiet: bool) -> list[Any]:
    from tuntas import demo as demo_office

    try:
        return demo_office.load(
            lambda step: None if quiet else click.echo(f"Memuat kantor contoh: {step} …")
        )
    except demo_office.NotADemo:
        fail("Kantor berkode kanreg10 sudah ada dan bukan kantor contoh; tidak ada yang diubah.")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Jalankan perintah Django, misalnya `tuntas manage migrate`."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["tuntas manage", *words])


@click.command()
@click.option("--mail", is_flag=True, help="Coba juga masuk ke server surel.")
@json_option
def doctor(mail: bool, as_json: bool) -> None:
    """Periksa kesehatan pemasangan ini."""
    with ready():
        from tuntas import doctor as office_doctor

        findings = office_doctor.findings() + ([office_doctor.mail_server()] if mail else [])
        if as_json:
            show([{"level": level, "text": text, "hint": hint} for level, text, hint in findings])
        for level, text, hint in [] if as_json else findings:
            click.echo(f"{level:8} {text}" + (f"\n         → {hint}" if hint else ""))
        if any(level == "galat" for level, _text, _hint in findings):
            sys.exit(1)
