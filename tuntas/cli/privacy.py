"""What is stored of whom: the data dictionary, as a document or as JSON."""

from __future__ import annotations

from dataclasses import asdict

import click

from tuntas.cli.arguments import json_option, ready, show


@click.command()
@json_option
def dictionary(as_json: bool) -> None:
    """Kamus data: setiap tabel dan kolom, dan apakah memuat data pribadi."""
    with ready():
        from tuntas.dictionary import markdown, tables

        if as_json:
            show({"tables": [asdict(table) for table in tables()]})
            return
        click.echo(markdown(), nl=False)
