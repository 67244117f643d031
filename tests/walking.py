"""Walking over the site as one person, looking for planted words in all that comes back."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pypdf
from django.test import Client
from pypdf.errors import PyPdfError

from tests.planted import SOUGHT, WORD

Said = tuple[str, str]  # whose word it is, and where it was planted


@dataclass
class Walk:
    """What one person (or nobody) found, and how often was asked."""

    client: Client
    own_email: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seen: dict[Said, str] = field(default_factory=dict)  # with the address where it stood first
    asked: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    filters: dict[str, set[str]] = field(default_factory=dict)  # of the pages: names of fields

    def get(self, url: str) -> str:
        """Ask once, keep the words that were found, and return the text of a page."""
        if url in self.asked:
            return ""
        self.asked.add(url)
        return self.take(url, self.client.get(url, headers=self.headers))

    def take(self, url: str, response: Any) -> str:
        """Look at an answer; the text of a page comes back."""
        content = b"".join(response) if response.streaming else response.content
        for close in response._resource_closers:
            close()
        self.answers[response.status_code] += 1
        self.look(url, f"{response.headers} {text_of(content)}")
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return ""
        page: str = content.decode()
        if "?" not in url:
            self.filters[url] = filter_names(page)
        return page

    def look(self, url: str, text: str) -> None:
        if self.own_email:  # everybody may read the own address
            text = text.replace(self.own_email, "")
        for found in WORD.finditer(text.lower()):
            owner, model, name = found.groups()
            self.seen.setdefault((owner, f"{model}.{name}" if model else "cut"), url)

    def follow(self, urls: list[str], steps: int) -> None:
        """Ask all of these and what they link to, so many steps far."""
        for _step in range(steps + 1):
            urls = [link for url in urls for link in links(self.get(url))]

    def narrow(self, worlds: list[dict[str, Any]]) -> None:
        """Ask each list by each of its filters: search words, units and services of all."""
        keys = {"q": [SOUGHT]} | {
            name: [world[name] for world in worlds] for name in ("unit", "service")
        }
        for url, names in list(self.filters.items()):
            for name in sorted(names & set(keys)):
                for key in dict.fromkeys(keys[name]):
                    self.get(f"{url}?{name}={key}")


def filter_names(page: str) -> set[str]:
    """The names of the fields that a page narrows its list by."""
    forms = re.findall(r'<form[^>]*method="get".*?</form>', page, re.S)
    return {name for form in forms for name in re.findall(r'name="(\w+)"', form)}


def links(page: str) -> list[str]:
    """Where a page leads on this site, in the order in which it says so."""
    found = re.findall(r'(?:href|src)="(/[^"#]*)', page)
    return [
        url.replace("&amp;", "&")
        for url in dict.fromkeys(found)
        if not url.startswith(("/static/", "//"))
    ]


@cache
def text_of(content: bytes) -> str:
    """All that a file says, whatever program opens it."""
    text = content.decode(errors="replace")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            text += "".join(f"{name} {text_of(file.read(name))}" for name in file.namelist())
    if content.startswith(b"%PDF"):
        text += text_of_pdf(content)
    # A word that was found by searching stands in a tag of its own.
    return re.sub(r"</?(?:mark|wbr)[^>]*>|\xad", "", text)


def text_of_pdf(content: bytes) -> str:
    """Without the blanks and hyphens at which lines were broken."""
    try:
        pdf = pypdf.PdfReader(io.BytesIO(content))
    except PyPdfError:  # planted as a proof; its bytes are looked at as they are
        return ""
    text = "".join(page.extract_text() for page in pdf.pages)
    return re.sub(r"[\s\xad\u2010-]", "", text) + str(pdf.metadata)
