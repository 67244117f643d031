"""A real Chromium against a real server; every page visited is checked by axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Playwright's own event loop makes Django think that its calls are asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
SIZES = {"small": (320, 640), "phone": (360, 740), "desktop": (1280, 850)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium tidak ada; jalankan make setup"
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


class Visitor:
    """A person with a browser window who notices script errors, overflow and axe's findings."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.checked: set[str] = set()
        self.network_was_cut = False
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.listen)

    def listen(self, message: Any) -> None:
        # A refused form answers 422 on purpose, which Chromium reports as an error of its own.
        if message.type != "error" or "status of 4" in message.text:
            return
        # After a cut Chromium reports each request that failed, at a moment of its own choosing.
        if self.network_was_cut and "ERR_INTERNET_DISCONNECTED" in message.text:
            return
        self.errors.append(message.text)

    def cut_network(self) -> None:
        self.network_was_cut = True
        self.context.set_offline(True)

    def restore_network(self) -> None:
        self.context.set_offline(False)

    def open(self, path: str) -> Page:
        self.page.goto(path if path.startswith(("http", "about")) else self.base + path)
        return self.page

    def check(self, name: str) -> None:
        """axe finds nothing, nothing sticks out sideways, no script complained."""
        found = Axe().run(self.page).response["violations"]
        problems = [(row["id"], [node["target"] for node in row["nodes"]][:3]) for row in found]
        assert not problems, f"{name}: {problems}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        assert self.errors == [], name
        self.checked.add(name)


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Iterator[Any]:
    """Makes windows: visitor("phone"), visitor("desktop", javaScriptEnabled=False) …"""
    contexts = []

    def make(size: str, **options: Any) -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="id-ID",
            # Reduced motion: axe would measure the contrast of half-faded text.
            **{"reduced_motion": "reduce", **options},
        )
        contexts.append(context)
        return Visitor(context, live_server.url)

    yield make
    for context in contexts:
        context.close()
