"""Pictures of evidence: images, and the first page of a PDF, drawn anew as PNG.

What an officer uploaded never reaches a browser as it is: Typst's own readers (no C library) draw
it in a process of its own, with limits on time and memory, and only the drawing is shown.
"""

from __future__ import annotations

import subprocess
import sys

FORMATS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
SECONDS = 15
MEMORY = 2 * 1024**3
# Runs in the other process: the file comes by stdin, the PNG goes to stdout.
DRAW = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
import tempfile, pathlib, typst
kind = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "file." + kind).write_bytes(sys.stdin.buffer.read())
    source = pathlib.Path(folder, "page.typ")
    source.write_text('#set page(width: 12cm, height: auto, margin: 0pt)\\n'
                      '#image("file.' + kind + '", width: 100%)')
    made = typst.compile(str(source), root=folder, format="png", ppi=110.0,
                         ignore_system_fonts=True)
    sys.stdout.buffer.write(made if isinstance(made, bytes) else made[0])
"""


def picture(content: bytes, content_type: str) -> bytes | None:
    """PNG of an image or of a PDF's first page; None when it cannot be drawn."""
    if content_type not in FORMATS:
        return None
    try:
        made = subprocess.run(  # noqa: S603  # our own program, no shell, the file by stdin
            [sys.executable, "-I", "-c", DRAW, FORMATS[content_type]],
            input=content,
            capture_output=True,
            timeout=SECONDS + 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return made.stdout if made.returncode == 0 and made.stdout.startswith(b"\x89PNG") else None
