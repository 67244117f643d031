"""What may stand in a log: addresses of pages without the secrets that are part of them."""

from __future__ import annotations

import logging
import re

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
            record.args = tuple(shown if arg == path else arg for arg in record.args)
        return True


def shortened(path: str) -> str:
    """An address that no page has, with what could be a secret left out."""
    return re.sub(rf"[^/]{{{LONGEST_PLAIN + 1},}}", "…", path)
