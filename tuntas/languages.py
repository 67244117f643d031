"""Language of the public pages: Indonesian until the visitor presses a button or follows a link.

The choice travels in the address (`?l=en`) and in the form (`l`), so no cookie is needed. A button
`to` asks for the same page in another language: what was filled in comes back, nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from tuntas.law import translations

FOLDERS = (translations.FOLDER, settings.LANGUAGES_FOLDER)


@dataclass(frozen=True)
class Shown:
    """A question as this page shows it; `language` is empty when it is the page's own."""

    text: str
    options: tuple[str, ...]
    language: str = ""


def chosen_language(request: HttpRequest) -> str:
    """What was chosen visibly. The browser's own wish does not count: many phones here are set
    to English by their shop."""
    asked = request.POST.get("to") or request.POST.get("l") or request.GET.get("l", "")
    return asked if asked in settings.PUBLIC_LANGUAGES else settings.LANGUAGE_CODE


def is_switch(request: HttpRequest) -> bool:
    """Whether this post only asks for another language."""
    return "to" in request.POST


def current() -> str:
    return get_language() or settings.LANGUAGE_CODE


def query() -> str:
    """What a link needs to stay in the current language: `?l=en`, or nothing for Indonesian."""
    return "" if current() == settings.LANGUAGE_CODE else f"?l={current()}"


def language_context(request: HttpRequest) -> dict[str, Any]:
    """What every public page needs to say its language and to offer the others."""
    choices = []
    for code, name in settings.PUBLIC_LANGUAGES.items():
        address = request.GET.copy()
        address["l"] = code
        choices.append({"code": code, "name": name, "url": f"?{address.urlencode()}"})
    return {"language": current(), "languages": choices, "l_query": query()}


def shown(text: str, options: Sequence[str]) -> Shown:
    """A question in the current language, or whole in Indonesian when it has no translation."""
    if current() == settings.LANGUAGE_CODE:
        return Shown(text, tuple(options))
    found = translations.translated(current(), text, options, FOLDERS)
    if found is None:
        return Shown(text, tuple(options), settings.LANGUAGE_CODE)
    return Shown(found.text, found.options)
