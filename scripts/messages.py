"""Bring the catalogues up to date with the texts of the code: `make messages`.

New texts stand at the end with an empty translation, texts that are gone are taken out, and what was
translated stays as it is. Prints what still has no translation.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).parents[1] / "tuntas"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}


# English speaks on every page; a regional language only where citizens read.
EVERYTHING = (PACKAGE,)
PUBLIC = (PACKAGE / "templates" / "public", PACKAGE / "public", PACKAGE / "answers.py")


def folders_of(language: str) -> tuple[Path, ...]:
    """Where the texts stand that this language translates."""
    return EVERYTHING if language == "en" else PUBLIC


def texts(folders: tuple[Path, ...] = EVERYTHING) -> Iterator[str | tuple[str, ...]]:
    """Every text of these folders that is meant to be translated, templates first."""
    for path in sorted(path for folder in folders for path in folder.rglob("*.html")):
        source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        yield from messages_of(source)
    for path in sorted(path for folder in folders for path in sources_in(folder)):
        yield from messages_of(path.read_text(encoding="utf-8"))


def sources_in(place: Path) -> Iterator[Path]:
    """The Python files of a folder, or the one file named."""
    return iter([place]) if place.is_file() else place.rglob("*.py")


def messages_of(source: str) -> Iterator[str | tuple[str, ...]]:
    for _line, message, _comments, _context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        yield tuple(message) if isinstance(message, list | tuple) else message


def update(path: Path) -> list[str]:
    """Write the catalogue anew; returns the texts without a translation."""
    with path.open("rb") as file:
        old = read_po(file)
    folders = folders_of(path.parts[-3])
    wanted = {key_of(message): message for message in texts(folders) if key_of(message)}
    new = Catalog(locale=old.locale, header_comment=old.header_comment, fuzzy=False)
    new.mime_headers = old.mime_headers
    new.creation_date = new.revision_date = old.revision_date  # nothing changes by running twice
    for key in [m.id for m in old if m.id] + list(wanted.values()):
        if key_of(key) in wanted and key_of(key) not in new:
            kept = old.get(key_of(key))
            new.add(
                wanted[key_of(key)], kept.string if kept else "", flags=kept.flags if kept else ()
            )
    with path.open("wb") as file:
        write_po(file, new, width=0, omit_header=False)
    return [key_of(message.id) for message in new if message.id and not message.string]


def key_of(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


if __name__ == "__main__":
    for catalogue in sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/django.po")):
        for text in update(catalogue):
            print(f"{catalogue.parts[-3]}: {text!r}")
