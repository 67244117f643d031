"""The guide names what the interface really shows, and every link and picture of it is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from PIL import Image

from scripts.guide_pictures import CITIZEN, FOLDER, MOST_BYTES, PICTURES, STEPS
from tuntas.models import Role

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "panduan"
PAGES = sorted(GUIDE.glob("*.md"))
INDEX = GUIDE / "README.md"
PAGE_OF = {
    Role.SURVEY_TEAM: "tim-survei.md",
    Role.UNIT_OFFICER: "petugas-unit.md",
    Role.HEAD: "pimpinan.md",
    Role.AUDITOR: "auditor.md",
    Role.MINISTRY: "kementerian.md",
}
OTHERS = {"warga.md", "admin-kantor.md"}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
EVERY_DAY = re.compile(r"Setiap (hari|minggu|bulan|semester)|Sesudah dilayani|Kapan saja")


def interface() -> set[str]:
    """Every Indonesian text of the interface: what is translated, and what stands in a template."""
    with (ROOT / "tuntas/locale/en/LC_MESSAGES/django.po").open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    found = {text for each in ids for text in (each if isinstance(each, tuple) else (each,))}
    for path in (ROOT / "tuntas/templates").rglob("*.html"):
        bare = re.sub(r"{[%#].*?[%#]}|{{.*?}}|<[^>]*>", "\n", path.read_text(encoding="utf-8"))
        found |= {line.strip() for line in bare.splitlines()}
    # A form begins the name of a field with a capital letter.
    return (found | {text[:1].upper() + text[1:] for text in found}) - {""}


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    heads = re.findall(r"^#+ +(.+?) *$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def bold_words(page: Path) -> set[str]:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    return {" ".join(words.split()) for words in BOLD.findall(text)}


def linked_pictures(page: Path) -> list[str]:
    return [target for _words, target in PICTURE.findall(page.read_text(encoding="utf-8"))]


def test_every_role_has_a_page_and_the_index_names_it() -> None:
    assert set(PAGE_OF) == set(Role)
    assert {page.name for page in PAGES} == {INDEX.name, *PAGE_OF.values(), *OTHERS}
    rows = [row for row in INDEX.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    for role, name in PAGE_OF.items():
        assert any(row.startswith(f"| {role.label} |") and f"({name})" in row for row in rows), role
    for name in OTHERS:
        assert any(f"({name})" in row for row in rows), name


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != INDEX], ids=lambda page: page.name
)
def test_a_page_begins_with_the_rhythm_of_the_role_and_ends_with_its_troubles(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    first = text.split("\n## ")[0]
    assert "| Kapan | Yang Anda lakukan |" in first
    assert len(EVERY_DAY.findall(first)) >= 3
    assert text.split("\n## ")[-1].startswith("Bila ada masalah\n")
    assert 60 <= len(text.splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_the_guide_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        path, _hash, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.is_file(), target
        assert place.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(place.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_bold_word_of_the_guide_is_one_of_the_interface(page: Path) -> None:
    words = bold_words(page)
    assert words
    assert sorted(words - interface()) == []


def test_the_pictures_of_folder_table_and_guide_are_the_same() -> None:
    table = [f"gambar/{picture.name}.png" for picture in PICTURES]
    shown = [target for page in PAGES for target in linked_pictures(page)]
    assert sorted(table) == sorted(shown), "each picture stands once in the guide"
    assert {f"gambar/{path.name}" for path in FOLDER.iterdir()} == set(table)
    assert FOLDER == GUIDE / "gambar"
    assert {picture.steps for picture in PICTURES} - {""} == set(STEPS)


def test_every_picture_has_words_for_who_does_not_see_it() -> None:
    for page in PAGES:
        for words, target in PICTURE.findall(page.read_text(encoding="utf-8")):
            assert len(words) >= 10, target


def test_the_pictures_are_small_and_as_wide_as_the_screen_they_show() -> None:
    total = 0
    for picture in PICTURES:
        path = FOLDER / f"{picture.name}.png"
        total += path.stat().st_size
        assert path.stat().st_size <= MOST_BYTES, picture.name
        with Image.open(path) as image:
            assert image.width == (360 if picture.who == CITIZEN else 1280), picture.name
    assert total <= 3 * 1024 * 1024


def test_the_readme_leads_to_the_guide() -> None:
    assert "docs/panduan/" in (ROOT / "README.md").read_text(encoding="utf-8")
