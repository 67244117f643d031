"""What an archive asks of a PDF, looked at by others than the one who wrote it.

Apache PDFBox Preflight reads the whole file: syntax, fonts and their widths, colour profile, metadata,
actions. It knows PDF/A-1 only, so what differs in PDF/A-2 by design is named in ALLOWED and checked
here by hand. It is not a full validator of PDF/A-2b. PDF/UA-1 is enforced while the file is written.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.conftest import Cast, answer, moment
from tuntas import report
from tuntas.law.months import Span
from tuntas.models import Stationery

JARS = Path("/usr/share/java")
NEEDED = (
    "preflight",
    "pdfbox2",
    "fontbox2",
    "xmpbox",
    "commons-logging",
    "javax.activation",
    "jaxb-api",
)
# What Preflight minds and PDF/A-2 does not: part 2 in the metadata; a colour profile of version 4
# (PDF/A-1 ends at 2); a destination that is an object of its own, which Preflight 2 cannot follow; and
# the extension schema of PDF/UA, which Preflight does not know and the structure test reads itself.
ALLOWED = re.compile(
    r"7\.11\.\d* : Error on MetaData, part must be 1"
    r"|2\.1\.6 : Invalid graphics object, Invalid version of the ICCProfile"
    r"|1\.2\.3 : Body Syntax error, Error: can't convert to Destination"
    r"|7\.3 : Error on MetaData, Cannot find a definition for the namespace "
    r"http://www\.aiim\.org/pdfua/ns/id/"
)
KINDS = ("monthly", "follow-up", "processing", "monev", "plan")


def preflight(data: bytes, folder: Path) -> list[str]:
    """Errors Preflight finds, without those in ALLOWED."""
    java = shutil.which("java")
    missing = [name for name in NEEDED if not (JARS / f"{name}.jar").exists()]
    assert java, "Java tidak ada; jalankan make setup"
    assert not missing, f"pustaka Java {missing} tidak ada; jalankan make setup"
    path = folder / "laporan.pdf"
    path.write_bytes(data)
    told = subprocess.run(
        [java, "-cp", ":".join(str(JARS / f"{name}.jar") for name in NEEDED),
         "org.apache.pdfbox.preflight.Validator_A1b", str(path)],
        check=False, capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    words = told.stdout + told.stderr
    assert "valid PDF/A-1b file" in words, words
    found = re.findall(r"^\d+(?:\.\d+)+ : .*$", words, re.M)
    return [line for line in found if not ALLOWED.match(line)]


@pytest.fixture
def office(cast: Cast) -> Cast:
    for _each in range(3):
        answer(cast.service, at=moment("2026-01-15 03:00"), profile="L35a", suggestion="Kursi.")
    return cast


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_preflight_finds_nothing_that_pdf_a_2_forbids(
    office: Cast, kind: str, tmp_path: Path
) -> None:
    made = report.make(office.office, kind, Span.parse("2026-01"), cut_off=date(2026, 4, 1))
    assert preflight(report.render(made, "pdf"), tmp_path) == []


def test_preflight_would_find_a_fault(office: Cast, tmp_path: Path) -> None:
    made = report.make(office.office, "plan", Span.parse("2026-01"), cut_off=date(2026, 4, 1))
    data = report.render(made, "pdf").replace(b"/GTS_PDFA1", b"/GTS_PDFX1")
    assert preflight(data, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_structure_is_that_of_pdf_a_2b(office: Cast, kind: str) -> None:
    Stationery.of(office.office).change(by=None, letterhead="KANTOR CONTOH\nJalan Satu")
    made = report.make(office.office, kind, Span.parse("2026-01"), cut_off=date(2026, 4, 1))
    data = report.render(made, "pdf")
    assert data.startswith(b"%PDF-1.7")
    reader = PdfReader(io.BytesIO(data))
    root = reader.trailer["/Root"].get_object()
    metadata = root["/Metadata"].get_object().get_data().decode()  # type: ignore[index]
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert ("<pdfuaid:part>1</pdfuaid:part>" in metadata) == (kind == "monthly")
    schema = "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/<"
    assert (schema in metadata) == (kind == "monthly")
    intent = root["/OutputIntents"][0].get_object()  # type: ignore[index]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].get_object().get_data()
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "id"  # type: ignore[index]
    assert "/ID" in reader.trailer
    assert not {"/Encrypt"} & set(reader.trailer)
    assert not {"/AA", "/OpenAction", "/AcroForm"} & set(root)  # type: ignore[arg-type]
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():  # type: ignore[attr-defined]
            assert embedded(font.get_object())


def embedded(font: Any) -> bool:
    """Whether the program of a font travels in the file."""
    inner = [row.get_object() for row in font.get("/DescendantFonts", [])] or [font]
    names = {"/FontFile", "/FontFile2", "/FontFile3"}
    return all(names & set(row["/FontDescriptor"].get_object()) for row in inner)
