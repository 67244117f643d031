"""Draw docs/images/tuntas.png from a running demo: the form on a phone beside the home page.

    .venv/bin/python scripts/readme_picture.py http://127.0.0.1:8000 TOKEN PASSWORD

TOKEN is the last part of a form's address, PASSWORD the one `make run` prints.
"""

import base64
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TARGET = Path(__file__).parent.parent / "docs" / "images" / "tuntas.png"
PAGE = """<body style="margin:0;padding:32px;display:flex;gap:32px;align-items:center;background:#d9e4e3">
<img src="{phone}" width="300" style="border-radius:20px;border:8px solid #16232b">
<img src="{home}" width="900" style="border-radius:10px;border:1px solid #b9c6c8"></body>"""


def picture(browser: Browser, width: int, height: int, visit) -> str:  # type: ignore[no-untyped-def]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        device_scale_factor=1.5,
    )
    visit(page)
    page.wait_for_timeout(600)
    data = page.screenshot()
    page.close()
    return "data:image/png;base64," + base64.b64encode(data).decode()


def main(base: str, token: str, password: str) -> None:
    def form(page) -> None:  # type: ignore[no-untyped-def]
        page.goto(f"{base}/s/{token}/")
        page.locator("label.option").nth(2).click()

    def home(page) -> None:  # type: ignore[no-untyped-def]
        page.goto(f"{base}/accounts/login/")
        page.fill("#id_login", "tim@demo.tuntas.id")
        page.fill("#id_password", password)
        page.press("#id_password", "Enter")
        page.wait_for_url("**/home/")
        page.goto(f"{base}/home/")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        phone, start = picture(browser, 360, 700, form), picture(browser, 1200, 760, home)
        page = browser.new_page(viewport={"width": 1320, "height": 660})
        page.set_content(PAGE.format(phone=phone, home=start))
        TARGET.parent.mkdir(exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
