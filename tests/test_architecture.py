"""The shape of the code: imports point down, pieces stay small, nothing forbidden creeps in."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tuntas"
# Lower may not import higher. Same level: only inside one's own part.
LEVELS = {
    "law": 0,
    "proof": 1,
    "similarity": 1,
    "models": 2,
    "report": 3,
    "work": 3,
    "templatetags": 4,
    "headers": 1,
    "replica": 1,
    "measures": 1,
    "links": 1,
    "logs": 1,
    "imports": 4,
    "demo": 4,
    "dictionary": 3,
    "processing": 4,
    "figures": 4,
    "doctor": 4,
    "backup": 4,
    "answers": 4,
    "languages": 3,
    "mail": 4,
    "webhooks": 4,
    "limits": 1,
    "typed": 0,
    "reminders": 4,
    "orders": 4,
    "supervisor": 4,
    "chores": 5,
    "public": 5,
    "staff": 5,
    "api": 5,
    "server": 5,
    "cli": 6,
    "urls": 6,
    "wsgi": 6,
}
FREE = {"settings", "checks", "apps", "migrations", "management", "__init__"}
MODELS = [
    "commits",
    "form_ids",
    "codes",
    "signing",
    "audit",
    "leases",
    "people",
    "sign_ins",
    "offices",
    "setup_codes",
    "staff_invitations",
    "privacy",
    "erased",
    "audiences",
    "drafts",
    "surveys",
    "starts",
    "periods",
    "exclusions",
    "scans",
    "holidays",
    "reply_templates",
    "feedback",
    "search",
    "tokens",
    "idempotency",
    "invitations",
    "shares",
    "outcomes",
    "conversations",
    "erasures",
    "batches",
    "published",
    "deadlines",
    "responses",
    "spreadsheets",
    "tablets",
    "papers",
    "seals",
    "counts",
    "tabulations",
    "slices",
    "closures",
    "proofs",
    "results",
    "releases",
    "outside",
    "places",
    "rollups",
    "tally_check",
    "aggregate_file",
    "aggregates",
    "adequacy",
    "breakdowns",
    "analyses",
    "progress",
    "evidence",
    "publications",
    "plans",
    "effects",
    "stationery",
    "reports",
    "evaluations",
    "webhooks",
    "happenings",
    "addresses",
    "reminders",
    "notices",
    "retention",
    "chores",
    "monitoring",
]
STANDARD_ONLY = re.compile(r"^(django|babel|typst|docx|segno|granian|click)")


def sources(folder: Path = PACKAGE) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = part_of(path)
    for module in imports(path):
        there = part(module) if module.startswith("tuntas.") else None
        if there is None or here in FREE or there in FREE or there not in LEVELS:
            continue
        assert here == there or LEVELS[there] < LEVELS[here], f"{path.name} imports {module}"


def test_the_law_needs_nothing_but_the_standard_library() -> None:
    for path in sources(PACKAGE / "law"):
        for module in imports(path):
            assert not STANDARD_ONLY.match(module), f"{path.name} imports {module}"
            assert not module.startswith("tuntas.") or module.startswith("tuntas.law")


def test_proofs_need_nothing_but_the_standard_library_and_the_law() -> None:
    for path in sources(PACKAGE / "proof"):
        for module in imports(path):
            assert not STANDARD_ONLY.match(module), f"{path.name} imports {module}"
            assert not module.startswith("tuntas.") or part(module) in {"law", "proof"}


def test_models_import_to_the_left() -> None:
    for path in sources(PACKAGE / "models"):
        if path.stem == "__init__":
            continue
        for module in imports(path):
            if module.startswith("tuntas.models."):
                name = module.split(".")[2]
                assert MODELS.index(name) < MODELS.index(path.stem), f"{path.name} imports {module}"


def test_files_and_functions_stay_small() -> None:
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 460, f"{path} is too long"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                first = node.body[0]
                is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                start = (node.body[1] if is_doc and len(node.body) > 1 else first).lineno
                lines = (node.end_lineno or start) - start + 1
                assert lines <= 48, f"{path.name}:{node.name} has {lines} lines"


def test_names_of_files_are_nouns_of_the_field() -> None:
    forbidden = {"utils", "helpers", "common", "base", "core", "misc", "manager", "service"}
    assert not {path.stem for path in sources()} & forbidden
    assert not {path.name for path in PACKAGE.rglob("*") if path.is_dir()} & forbidden


def test_nothing_prints_outside_the_command_line_and_nothing_is_left_unfinished() -> None:
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*print\(", text, re.M), path
        assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text), path


def test_no_registry_address_stands_anywhere() -> None:
    pattern = re.compile(r"--(extra-)?index-url|https?://[^ \"]*/simple/|\"resolved\": *\"http")
    for folder, inner, names in os.walk(ROOT):
        inner[:] = set(inner) - {".venv", ".git", "data", "bench", "node_modules"}
        for path in [Path(folder, name) for name in names]:
            if path.suffix in {".txt", ".toml", ".py", ".md", ".json", ".in"}:
                text = path.read_text(encoding="utf-8")
                assert path == Path(__file__) or not pattern.search(text), path


def test_every_setting_is_explained() -> None:
    text = (PACKAGE / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'env_\w+\(\s*"(\w+)"', text))
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in guide} == set()
    assert len(names) > 10


def test_every_requirement_is_pinned_by_hash() -> None:
    for name in ("base", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        packages = re.findall(r"^[a-z0-9][\w.-]*", text, re.M)
        assert len(packages) == len(re.findall(r"==[\w.]+ \\\n    --hash=sha256:", text))
