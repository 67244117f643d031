"""Draw the pictures of docs/panduan from a demo office of its own: `make guide`.

It starts `tuntas serve --demo` (and, for the setup page, an empty installation) in a temporary
folder, signs in as each role, does what the guide describes and keeps what it saw. Later pictures
show what earlier ones did, so the order of the table counts. Months are those of the day on which
it runs.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts.with_postgres import free_port
from tuntas.law.months import Month

FOLDER = Path(__file__).parents[1] / "docs" / "panduan" / "gambar"
MOST_BYTES = 120 * 1024
ZONE = "Asia/Makassar"  # the demo office's own
WIDE, PHONE = (1280, 800), (360, 800)
SUGGESTION = "Mohon nomor antrean helpdesk dapat dilihat dari ponsel."
REPLY = "Terima kasih. Nomor antrean dapat dilihat di situs kantor mulai bulan depan."
ACTION = "Menampilkan nomor antrean helpdesk di situs kantor."

CITIZEN, NOBODY = "warga", "siapa pun"


@dataclass(frozen=True)
class Picture:
    """`who`: the demo sign-in, or CITIZEN (a phone) or NOBODY (a computer), both signed out.
    `address` may name a fact of the stage; `steps` is a function below; `top` is the heading or
    element that is to stand at the top."""

    name: str
    who: str
    address: str = ""
    steps: str = ""
    top: str = ""


PICTURES = (
    Picture("warga-formulir", CITIZEN, "/s/{helpdesk}/"),
    Picture("warga-saran", CITIZEN, "/s/{helpdesk}/", "fill_in"),
    Picture("warga-tanda-terima", CITIZEN, "", "send"),
    Picture("petugas-masukan", "petugas", "/feedback/"),
    Picture("petugas-jawaban", "petugas", "/feedback/?state=waiting", "write_reply"),
    Picture("warga-percakapan", CITIZEN, "/t/{code}/", "see_reply"),
    Picture("warga-kode-loket", CITIZEN, "/s/{siasn}/", "open_code"),
    Picture("petugas-rencana", "petugas", "/plans/proposals/", "make_plan"),
    Picture("pimpinan-rencana", "kepala", "{plan}", "", "text=Perjalanan"),
    Picture("petugas-bantuan", "petugas", "/assisted/", "assist"),
    Picture("petugas-kertas", "petugas", "/papers/", "type_paper"),
    Picture("petugas-tablet", CITIZEN, "", "use_tablet", "footer"),
    Picture("tim-beranda", "tim", "/home/"),
    Picture("tim-layanan", "tim", "/services/", "open_service"),
    Picture("tim-populasi", "tim", "/audiences/", "state_populations"),
    Picture("tim-mutu", "tim", "/periods/{over}/quality/"),
    Picture("tim-tutup", "tim", "/periods/{over}/closure"),
    Picture("tim-impor", "tim", "/imports/", "upload_sheet"),
    Picture("tim-laporan", "tim", "/reports/", "order_report"),
    Picture("pimpinan-tanda-tangan", "kepala", "{report}", "", "text=Berkas bertanda tangan"),
    Picture("pimpinan-pemantauan", "kepala", "/overview/"),
    Picture("admin-penyiapan", NOBODY, "", "set_up"),
    Picture("admin-orang", "tim", "/settings/people/"),
    Picture("auditor-bulan", "auditor", "/periods/{closed}/", "", "h2 >> text=Penutupan"),
    Picture(
        "auditor-verifikasi",
        "auditor",
        "/periods/{closed}/",
        "verify_archive",
        "h2 >> text=Periksa arsip",
    ),
    Picture("auditor-jejak", "auditor", "/settings/audit/"),
    Picture("kementerian-gabungan", "kementerian", "/rollup/"),
)


@dataclass
class Stage:
    """A running demo office, a browser, and what the steps found out on the way."""

    browser: Browser
    folder: Path
    base: str
    password: str
    facts: dict[str, str]
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        """The window of this person, signed in once."""
        if who not in self.pages:
            width, height = PHONE if who == CITIZEN else WIDE
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                locale="id-ID",
                timezone_id=ZONE,
                color_scheme="light",
                reduced_motion="reduce",
            )
            context.set_default_timeout(15000)
            self.pages[who] = context.new_page()
            if who not in (CITIZEN, NOBODY):
                self.sign_in(self.pages[who], who)
        return self.pages[who]

    def sign_in(self, page: Page, who: str) -> None:
        page.goto(f"{self.base}/accounts/login/")
        page.fill("#id_login", f"{who}@demo.tuntas.id")
        page.fill("#id_password", self.password)
        page.press("#id_password", "Enter")
        page.wait_for_url("**/home/")

    def open(self, who: str, address: str) -> Page:
        page = self.page(who)
        answer = page.goto(self.base + address.format(**self.facts))
        if answer is None or not answer.ok:
            raise SystemExit(f"{address} sebagai {who}: {answer and answer.status}")
        return page


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tuntas-guide-") as name, sync_playwright() as driver:
        folder = Path(name)
        print("Menyiapkan kantor contoh …", flush=True)
        with serve(folder / "demo", "--demo") as (base, words):
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=["--no-sandbox"],
            )
            stage = Stage(browser, folder, base, password_in(words), facts_of(words))
            for number, picture in enumerate(PICTURES, start=1):
                draw(stage, picture)
                size = (FOLDER / f"{picture.name}.png").stat().st_size
                print(f"{number:2}/{len(PICTURES)} {picture.name} ({size // 1024} KB)", flush=True)
            browser.close()


@contextmanager
def serve(folder: Path, *words: str) -> Iterator[tuple[str, str]]:
    """A site of its own while it is needed; yields its address and what it printed."""
    port, log = free_port(), folder.with_suffix(".log")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUNTAS_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tuntas.cli", "serve", *words],
            env=kept | {"TUNTAS_DATA": str(folder), "PORT": str(port)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{port}", printed(process, log)
    finally:
        process.terminate()
        process.wait(60)


def printed(process: subprocess.Popen[bytes], log: Path) -> str:
    """What `serve` says once it serves."""
    for _each in range(600):
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Ctrl+C" in text:
            return text
        if process.poll() is not None:
            raise SystemExit(text)
        time.sleep(0.2)
    raise SystemExit("tuntas serve tidak siap dalam dua menit")


def password_in(words: str) -> str:
    found = re.search(r"tim@demo\.tuntas\.id +(\S+)", words)
    assert found, words
    return found[1]


def facts_of(words: str) -> dict[str, str]:
    """The forms that `serve` named, and the months: running, over but open, closed."""
    forms = dict((name, token) for token, name in re.findall(r"/s/(\w+)/ +\((.+)\)", words))
    this = Month.of(today())
    return {
        "helpdesk": forms["Layanan Helpdesk Kepegawaian"],
        "siasn": forms["Layanan Pengelolaan Data SIASN"],
        "over": str(this + -1),
        "closed": str(this + -2),
    }


def today() -> date:
    """By the clock of the demo office."""
    return datetime.now(ZoneInfo(ZONE)).date()


def draw(stage: Stage, picture: Picture) -> None:
    """Do the steps, put the right place at the top, and keep a small picture."""
    page = stage.page(picture.who)
    if picture.address:
        page = stage.open(picture.who, picture.address)
    if picture.steps:
        STEPS[picture.steps](stage, page)
    if picture.top:
        place = page.locator(picture.top).last
        place.evaluate("place => scrollTo(0, place.getBoundingClientRect().top + scrollY - 24)")
    else:
        page.evaluate("scrollTo(0, 0)")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    target = FOLDER / f"{picture.name}.png"
    target.write_bytes(small(page.screenshot()))


def small(data: bytes) -> bytes:
    """The picture in its own commonest colours, which keeps grounds and marks as they are; only the
    edges of letters come from the nearest. Raises SystemExit when it is still too large."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    counted = sorted(image.getcolors(1 << 24) or (), reverse=True)[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _n, colour in counted for channel in colour])
    out = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    if out.tell() > MOST_BYTES:
        raise SystemExit("gambar terlalu besar")
    return out.getvalue()


# The steps of the table, in its order.


def fill_in(_stage: Stage, page: Page, suggestion: str = SUGGESTION) -> None:
    """A whole form up to its last step, as a thumb does it."""
    for number in range(1, 17):
        options = page.locator(f"label.option:has(input[name=q{number}])")
        if options.count():
            options.nth(2 if number % 3 else 3).click()
            options.first.wait_for(state="hidden")
    page.click("#next")
    page.fill("#suggestion", suggestion)


def send(stage: Stage, page: Page) -> None:
    page.click("text=Kirim penilaian")
    page.wait_for_selector("text=Kode pelacakan")
    stage.facts["code"] = page.locator(".code").first.inner_text().strip()


def write_reply(_stage: Stage, page: Page) -> None:
    page.get_by_role("link", name=SUGGESTION).click()
    page.fill("#id_text", REPLY)


def see_reply(stage: Stage, page: Page) -> None:
    """The citizen's window shows what the officer sends now."""
    officer = stage.page("petugas")
    officer.get_by_role("button", name="Kirim jawaban").click()
    officer.wait_for_selector("text=Jawaban terkirim")
    page.reload()


def open_code(stage: Stage, page: Page) -> None:
    """The survey team makes codes optional for this service; the form then asks for one."""
    team = stage.open("tim", "/services/")
    team.get_by_role("link", name="Layanan Pengelolaan Data SIASN", exact=True).click()
    team.get_by_role("link", name="Aturan, slip loket, dan tautan helpdesk").click()
    team.select_option("#id_codes", "optional")
    team.get_by_role("button", name="Simpan aturan").click()
    page.reload()
    page.click("summary:has-text('Punya kode')")


def make_plan(stage: Stage, page: Page) -> None:
    """From a proposal to a plan that is proposed as finished."""
    page.get_by_role("link", name=re.compile("^Buat rencana .+, ")).first.click()
    page.fill("#id_cause", "Pemohon tidak tahu berapa lama lagi menunggu.")
    page.fill("#id_action", ACTION)
    page.fill("#id_person_in_charge", "Made Wirawan")
    page.fill("#id_due_on", str(today() + timedelta(days=30)))
    page.fill("#id_start_month", stage.facts["over"])
    page.get_by_role("button", name="Simpan").click()
    stage.facts["plan"] = page.url.removeprefix(stage.base)
    page.select_option("#id_progress-kind", "done")
    page.fill("#id_progress-text", "Nomor antrean tampil di situs kantor")
    page.fill("#id_progress-on", str(today()))
    page.get_by_role("button", name="Simpan progres").click()
    page.fill("#id_obstacle-text", "Layar di ruang tunggu belum tersambung.")
    page.fill("#id_obstacle-depends_on", "Subbagian Umum")
    page.get_by_role("button", name="Simpan kendala").click()
    page.fill("#id_evidence-url", "https://contoh.go.id/antrean")
    page.get_by_role("button", name="Simpan data dukung").click()
    page.get_by_role("button", name="Usulkan selesai").click()
    page.wait_for_load_state()


def assist(_stage: Stage, page: Page) -> None:
    page.get_by_role("link", name="Layanan Helpdesk Kepegawaian").click()


def type_paper(_stage: Stage, page: Page) -> None:
    """A pile of five sheets, of which two were typed once."""
    page.fill("#id_name", "Loket pagi")
    page.fill("#id_size", "5")
    page.get_by_role("button", name="Buat tumpukan").click()
    page.get_by_role("link", name="Ketik pertama").click()
    for number in ("1", "2"):
        page.fill("#id_number", number)
        page.fill("#id_day", f"{today():%d%m%Y}")
        page.fill("#id_answers", "343434343")
        page.get_by_role("button", name="Simpan lembar").click()
        page.wait_for_load_state()


def use_tablet(stage: Stage, page: Page) -> None:
    """A tablet without network that keeps one answer."""
    team = stage.open("tim", "/tablets/")
    team.select_option("#id_kind", "outreach")
    team.fill("#id_name", "Tablet kunjungan")
    team.get_by_role("button", name="Buat alamat tablet").click()
    page.goto(team.input_value("#address"))
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.keys().then(names => names.length > 0)")
    page.context.set_offline(True)
    page.click("#begin")
    fill_in(stage, page, "")
    page.click("text=Kirim penilaian")
    page.click("#finish")
    page.click("footer summary")


def open_service(stage: Stage, page: Page) -> None:
    stage.page(CITIZEN).context.set_offline(False)
    page.get_by_role("link", name="Layanan Helpdesk Kepegawaian", exact=True).click()


def state_populations(_stage: Stage, page: Page) -> None:
    for name, people in (("Helpdesk Kepegawaian", "1450"), ("Kenaikan Pangkat", "620")):
        page.get_by_role("link", name=f"Isi populasi Layanan {name}").click()
        page.fill("#id_size", people)
        page.fill("#id_source", "Register layanan tahun lalu")
        page.get_by_role("button", name="Simpan").click()


def upload_sheet(stage: Stage, page: Page) -> None:
    """A file as a Google form gives it, up to the meaning of its columns."""
    columns = ["Timestamp", "Nama", *(f"U{number}" for number in range(1, 10)), "Saran"]
    lines = [",".join(columns)]
    for day in ("3", "4", "5"):
        lines.append(f"0{day}/08/2026 09:15:00,Contoh,3,4,3,4,3,3,4,3,4,Antrean dipercepat")
    sheet = stage.folder / "jawaban-google-formulir.csv"
    sheet.write_text("\n".join(lines), encoding="utf-8")
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="Unggah dan lihat kolomnya").click()
    page.wait_for_load_state()


def order_report(stage: Stage, page: Page) -> None:
    page.select_option("#id_kind", "follow-up")
    page.select_option("#id_span", "2023-S1")
    page.get_by_role("button", name="Buat laporan").click()
    page.wait_for_selector("text=Laporan siap diunduh")
    stage.facts["report"] = page.url.removeprefix(stage.base)


def set_up(stage: Stage, page: Page) -> None:
    """The first page of an installation that is still empty."""
    with serve(stage.folder / "empty") as (base, _words):
        page.goto(base)
        page.wait_for_url("**/setup/")
        page.evaluate("document.fonts.ready")


def verify_archive(stage: Stage, page: Page) -> None:
    """The month's archive, downloaded and checked in the browser."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh arsip bukti").click()
    archive = stage.folder / "arsip-bukti.zip"
    download.value.save_as(archive)
    page.goto(f"{stage.base}/v/")
    page.set_input_files("input[type=file]", archive)
    page.wait_for_selector("text=angkanya cocok")


STEPS: dict[str, Callable[[Stage, Page], None]] = {
    step.__name__: step
    for step in (
        fill_in,
        send,
        write_reply,
        see_reply,
        open_code,
        make_plan,
        assist,
        type_paper,
        use_tablet,
        open_service,
        state_populations,
        upload_sheet,
        order_report,
        set_up,
        verify_archive,
    )
}


if __name__ == "__main__":
    main()
