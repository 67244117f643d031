"""What may stand in a log: addresses of pages without the secrets that are part of them."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path

# A part of an address that is longer may be a code or a key.
LONGEST_PLAIN = 12


class WithoutSecrets(logging.Filter):
    """Name the page by its pattern, `t/<str:code>/`: whoever reads a log must not be able to open
    a citizen's conversation, a tablet or a calendar."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        path = getattr(request, "path", "")
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            shown = f"/{match.route}" if match else shortened(path)
            # Django writes what is not ASCII with backslashes before it hands it on.
            forms = {path, path.encode("unicode_escape").decode("ascii")}
            record.args = tuple(shown if arg in forms else arg for arg in record.args)
        return True


def shortened(path: str) -> str:
    """An address that no page has, with what could be a secret left out."""
    return re.sub(rf"[^/]{{{LONGEST_PLAIN + 1},}}", "…", path)


class JsonLines(logging.Formatter):
    """One object per line, for machines that read logs.

    Keys: `time` (UTC, ISO), `level`, `logger`, `message`; of a request `method`, `route` (the
    pattern, never the address), `status`, `ms`; of an error `error` (its kind) and `where`. What an
    error says is left out: it may hold what a citizen wrote.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        if request is not None:
            told["method"] = getattr(request, "method", "")
            told["route"] = f"/{match.route}" if match else "-"
        if status := getattr(record, "status_code", None):
            told["status"] = status
        told |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            told["where"] = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        return json.dumps(told, ensure_ascii=False, default=str)
