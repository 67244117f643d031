"""Questions and answers in other languages, as data: `wording/NAME.LANGUAGE.json`.

A file maps the Indonesian question to its text and its answers, each answer keyed by its Indonesian
label. A question counts as translated only when its text and every answer are known, so that no
respondent meets two languages in one question, and no answer of an office's own wording is mistaken
for another. The Indonesian wording is the one of the regulation; the others help to understand it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "wording"


class BadWording(ValueError):
    """A file of translations cannot be used; the message names the file, the place, the way out."""


@dataclass(frozen=True)
class Wording:
    """A question in one language with its answers in the order of the Indonesian ones."""

    text: str
    options: tuple[str, ...]


Entry = tuple[str, dict[str, str]]  # the question, and each answer by its Indonesian label


@cache
def read(language: str, folders: tuple[Path, ...] = (FOLDER,)) -> dict[str, Entry]:
    """All translated questions of a language by their Indonesian text; a later folder goes before
    an earlier one. Raises BadWording."""
    found: dict[str, Entry] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*.{language}.json")):
            for source, (text, labels) in read_file(path).items():
                # One sentence may be asked on two scales: its answers of both are kept.
                found[source] = (text, found.get(source, ("", {}))[1] | labels)
    return found


def read_file(path: Path) -> dict[str, Entry]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadWording(
            f"{path}: bukan berkas JSON yang terbaca ({error}). Perbaiki atau hapus."
        ) from error
    if not isinstance(content, dict):
        raise BadWording(f'{path}: harus berisi {{"pertanyaan Indonesia": …}}.')
    return {source: entry_of(path, source, entry) for source, entry in content.items()}


def entry_of(path: Path, source: str, entry: object) -> Entry:
    text = entry.get("text") if isinstance(entry, dict) else None
    options = entry.get("options") if isinstance(entry, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise BadWording(f'{path}: "{source}" belum punya terjemahan dalam "text".')
    if not isinstance(options, dict) or not all(
        isinstance(label, str) and label.strip() for label in options.values()
    ):
        raise BadWording(
            f'{path}: "{source}" memerlukan "options" berisi {{"jawaban Indonesia": "terjemahan"}}.'
        )
    return text, options


def translated(
    language: str, text: str, options: Sequence[str], folders: tuple[Path, ...] = (FOLDER,)
) -> Wording | None:
    """The question in that language, or None when its text or one of its answers is unknown."""
    known, labels = read(language, folders).get(text, ("", {}))
    if not known or not all(option in labels for option in options):
        return None
    return Wording(known, tuple(labels[option] for option in options))
