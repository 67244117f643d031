"""What is hung up and sent out: posters and pictures of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tuntas.cli.arguments import fail

POSTER = "poster"
style_option = click.option(
    "--style",
    type=click.Choice(["regulation", "modern", "square", "portrait", "link"]),
    default="regulation",
    help="Gaya poster: menurut Lampiran IV, modern, atau gambar media sosial.",
)


def write(
    office: Any, span: Any, style: str, form: str, out: Path, unit: Any, service: Any
) -> None:
    """The poster of a span into a file."""
    from tuntas.report import MissingFont, poster_results

    try:
        made = poster_results.poster(
            office, span, style=style, format=form, unit=unit, service=service
        )
        out.write_bytes(made)
    except (poster_results.NothingToPublish, MissingFont) as error:
        fail(str(error))
    except OSError as error:
        fail(f"Berkas {out} tidak dapat ditulis: {error.strerror}.")
    click.echo(f"{out}: {poster_results.STYLES[style]}, {span}")
