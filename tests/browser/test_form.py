"""The form in a real browser: on a small phone, by keyboard, without a script, in every language,
with large letters, and on paper."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.conftest import Cast, make_cast
from tuntas.models import Feedback, Response, Service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = ("id", "en", "ban")
STEP = {
    "id": "Pertanyaan {0} dari {1}",
    "en": "Question {0} of {1}",
    "ban": "Pitaken {0} saking {1}",
}
PROFILE = {"p_sex": "P", "p_age": "3", "p_education": "5", "p_occupation": "a"}


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def tap(page: Page, name: str, value: str) -> None:
    page.locator(f"label.option:has(input[name={name}][value='{value}'])").click()


def at_step(page: Page, number: int, of: int, language: str = "id") -> None:
    expect(page.get_by_text(STEP[language].format(number, of), exact=True)).to_be_visible()


@pytest.mark.parametrize(("name", "most"), [("service", 15), ("service16", 23)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_few_taps_few_requests_no_typing_no_cookie(
    cast: Cast, visitor: Any, name: str, most: int, language: str
) -> None:
    service: Service = getattr(cast, name)
    citizen = visitor("small")
    asked: list[Any] = []
    citizen.page.on("request", lambda request: asked.append(request))
    page = citizen.open(f"{service.get_absolute_url()}?c=qr&l={language}")
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 3
    number_of_questions, taps = len(service.edition.question_list), 0
    for number in range(1, number_of_questions + 1):
        at_step(page, number, number_of_questions, language)
        tap(page, f"q{number}", "4")
        taps += 1
    for question, value in PROFILE.items():
        tap(page, question, value)
        taps += 1
    page.click("#next")
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**")
    assert taps + 2 <= most
    sent = next(each for each in asked if each.method == "POST")
    assert len(sent.post_data) <= 1024
    assert {urlsplit(each.url).netloc for each in asked} == {urlsplit(citizen.base).netloc}
    assert citizen.context.cookies() == []
    stored = Response.objects.get()
    assert (stored.answers, stored.profile) == ("4" * number_of_questions, "P35a")
    assert stored.channel == "qr"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_clean(cast: Cast, visitor: Any, language: str, scheme: str) -> None:
    citizen = visitor("small", color_scheme=scheme)
    page = citizen.open(f"{cast.service.get_absolute_url()}?l={language}")
    assert page.locator("html").get_attribute("lang") == language
    citizen.check("first question")
    page.click("#next")
    expect(page.locator(".error")).to_be_visible()
    citizen.check("nothing chosen")
    for number in range(1, 10):
        tap(page, f"q{number}", "1")
        expect(page.locator(f"input[name=q{number}]").first).to_be_hidden()
    citizen.check("profile")
    targets_are_large(page)
    page.click("#next")
    page.fill("#suggestion", "Tambah kursi.")
    citizen.check("suggestion")
    targets_are_large(page)
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**")
    citizen.check("receipt")
    page.wait_for_function("[...document.images].every(image => image.naturalWidth > 0)")
    targets_are_large(page)
    page.locator("section.card p a").nth(1).click()
    page.wait_for_url("**/t/**")
    assert page.locator("html").get_attribute("lang") == language
    citizen.check("conversation")
    targets_are_large(page)
    plain = visitor("small", color_scheme=scheme, java_script_enabled=False)
    page = plain.open(f"{cast.service.get_absolute_url()}?l={language}")
    page.locator("button.wide").click()
    expect(page.get_by_role("alert")).to_be_visible()
    targets_are_large(page)


def test_the_page_of_errors_is_clean(cast: Cast, visitor: Any) -> None:
    """axe needs a script, so the errors are those that only the server can see."""
    for language in LANGUAGES:
        citizen = visitor("small")
        page = citizen.open(f"{cast.service.get_absolute_url()}?l={language}")
        page.evaluate("document.querySelector('[name=edition]').value = '999'")
        page.evaluate("document.querySelector('#survey').submit()")
        expect(page.get_by_role("alert")).to_be_visible()
        citizen.check("errors")
        targets_are_large(page)


TARGETS = """() => [...document.querySelectorAll('a,button,textarea,input:not([type=hidden])')]
  .map(each => each.closest('label') || each)
  .filter(each => each.checkVisibility() && !each.classList.contains('skip'))
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([_, box]) => box.width < 48 || box.height < 48)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


def targets_are_large(page: Page) -> None:
    assert page.evaluate(TARGETS) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_twice_the_size_need_no_sideways_scrolling(
    cast: Cast, visitor: Any, language: str
) -> None:
    citizen = visitor("small", java_script_enabled=True)
    for service in (cast.service, cast.service16):
        page = citizen.open(f"{service.get_absolute_url()}?l={language}")
        page.evaluate("document.documentElement.style.fontSize = '36px'")  # 200 % of 18 px
        page.evaluate("document.documentElement.classList.remove('js')")  # all steps at once
        assert page.locator("fieldset:visible").count() == len(service.edition.question_list) + 2
        citizen.check("twice as large")


def test_large_letters_are_one_tap_and_are_kept_on_the_device(cast: Cast, visitor: Any) -> None:
    citizen = visitor("small")
    page = citizen.open(cast.service.get_absolute_url())
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    normal = page.evaluate(size)
    page.locator("label.size").click()
    large = page.evaluate(size)
    assert large >= 1.4 * normal
    citizen.check("large letters")
    page.reload()
    assert page.evaluate(size) == large
    citizen.open("/t/")
    assert page.evaluate(size) == large
    page.locator("label.size").click()
    assert page.evaluate(size) == normal
    plain = visitor("small", java_script_enabled=False)
    page = plain.open(cast.service.get_absolute_url())
    page.locator("label.size").click()
    box = page.locator("fieldset label.option").first.bounding_box()
    assert box
    assert box["height"] > 75


@pytest.mark.parametrize(
    "options",
    [{"contrast": "more"}, {"forced_colors": "active"}, {"reduced_motion": "no-preference"}],
    ids=str,
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_forced_colours_and_motion_are_respected(
    cast: Cast, visitor: Any, options: dict[str, str], scheme: str
) -> None:
    citizen = visitor("small", color_scheme=scheme, **options)
    page = citizen.open(cast.service.get_absolute_url())
    page.locator("input[name=q1]").nth(1).check(force=True)
    animation = page.locator("fieldset.now:has([name=q2])").evaluate(
        "e => getComputedStyle(e).animationName"
    )
    assert (animation == "none") == ("reduced_motion" not in options)
    if "forced_colors" in options:  # colours of our own are gone: the choice keeps its outline
        outlines = "es => es.map(e => getComputedStyle(e).outlineStyle)"
        found = page.locator("label.option:has([name=q1])").evaluate_all(outlines)
        assert found == ["none", "solid", "none", "none"]
    if "reduced_motion" not in options:
        citizen.check(str(options))


def test_by_keyboard_alone(cast: Cast, visitor: Any) -> None:
    """Tab, arrows and Enter; the pointer is never used, no field is focused by the test."""
    citizen = visitor("desktop")
    page = citizen.open(cast.service.get_absolute_url())
    for number in range(1, 10):
        at_step(page, number, 9)
        tab_to(page, f"q{number}")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        at_step(page, number, 9)  # an arrow chooses, it does not rush on
        page.keyboard.press("Enter")
    tab_to(page, "p_age")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    tab_to(page, "suggestion")
    page.keyboard.type("Baris satu")
    page.keyboard.press("Enter")
    page.keyboard.type("baris dua")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipt/**")
    stored = Response.objects.get()
    assert (stored.answers, stored.profile) == ("2" * 9, "-2--")
    assert Feedback.objects.get().text == "Baris satu\nbaris dua"


def tab_to(page: Page, name: str) -> None:
    for _press in range(12):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not within twelve tabs")


def test_enter_without_an_answer_asks_for_one(cast: Cast, visitor: Any) -> None:
    page = visitor("desktop").open(cast.service.get_absolute_url())
    tab_to(page, "q1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Pilih salah satu jawaban dahulu.")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "id"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_script_the_language_changes_in_the_middle(
    cast: Cast, visitor: Any, language: str
) -> None:
    citizen = visitor("small", java_script_enabled=False)
    page = citizen.open(cast.service.get_absolute_url() + "?c=qr")
    for number in range(1, 6):
        page.locator(f"input[name=q{number}]").nth(2).check(force=True)
    page.locator("input[name=p_sex]").nth(1).check(force=True)
    page.fill("#suggestion", "Tambah kursi.")
    form_id = page.locator("[name=id]").input_value()
    page.locator(f".tools button[value={language}]").click()
    expect(page.locator(f"html[lang={language}]")).to_be_visible()
    assert not Response.objects.exists()
    page.locator("button.wide").click()  # an error round-trip keeps the language, too
    expect(page.get_by_role("alert")).to_contain_text("6")
    assert page.locator("html").get_attribute("lang") == language
    for number in range(6, 10):
        page.locator(f"input[name=q{number}]").nth(2).check(force=True)
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**")
    assert page.locator("html").get_attribute("lang") == language
    stored = Response.objects.get()
    assert (str(stored.id), stored.answers, stored.channel) == (form_id, "3" * 9, "qr")
    assert stored.profile[0] == "P"
    assert Feedback.objects.get().text == "Tambah kursi."


@pytest.mark.parametrize("storage", [True, False], ids=["draft", "no-storage"])
def test_with_a_script_the_language_changes_at_the_same_step(
    cast: Cast, visitor: Any, storage: bool
) -> None:
    citizen = visitor("small")
    if not storage:  # a browser that keeps nothing: the form is posted instead
        citizen.context.add_init_script(
            "Storage.prototype.setItem = () => { throw new Error('full') }"
        )
    page = citizen.open(cast.service.get_absolute_url() + "?c=qr")
    for number in range(1, 4):
        at_step(page, number, 9)
        tap(page, f"q{number}", "2")
    at_step(page, 4, 9)
    form_id = page.locator("[name=id]").input_value()
    for language in ("en", "ban"):
        page.locator(f".tools button[value={language}]").click()
        at_step(page, 4, 9, language)
    assert page.locator("[name=id]").input_value() == form_id
    assert [page.locator(f"input[name=q{n}]:checked").input_value() for n in (1, 2, 3)] == ["2"] * 3
    for number in range(4, 10):
        at_step(page, number, 9, "ban")
        tap(page, f"q{number}", "2")
    expect(page.locator("[name=p_sex]").first).to_be_visible()
    page.click("#next")
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**?l=ban")
    stored = Response.objects.get()
    assert (stored.answers, stored.channel) == ("2" * 9, "qr")
    assert citizen.errors == []


def test_the_draft_stays_after_a_reload_and_is_gone_after_sending(cast: Cast, visitor: Any) -> None:
    citizen = visitor("small")
    page = citizen.open(cast.service.get_absolute_url())
    for number in range(1, 10):
        at_step(page, number, 9)
        tap(page, f"q{number}", "3")
    tap(page, "p_occupation", "h")
    page.click("#next")
    page.fill("#suggestion", "Belum selesai")
    page.reload()
    expect(page.locator("#suggestion")).to_have_value("Belum selesai")
    expect(page.locator("#suggestion")).to_be_visible()
    assert page.locator("input[name=p_occupation]:checked").input_value() == "h"
    page.locator("button.wide").click()
    page.wait_for_url("**/receipt/**")
    kept = "Object.keys(localStorage).filter(key => !key.endsWith(':rated'))"
    assert page.evaluate(kept) == []
    citizen.open(cast.service.get_absolute_url())
    at_step(page, 1, 9)
    assert page.locator("input:checked").count() == 0


def test_back_goes_one_question_back_by_the_page_and_by_the_browser(
    cast: Cast, visitor: Any
) -> None:
    page = visitor("small").open(cast.service.get_absolute_url())
    for number in (1, 2, 3):
        at_step(page, number, 9)
        tap(page, f"q{number}", "2")
    at_step(page, 4, 9)
    page.go_back()
    at_step(page, 3, 9)
    page.click("#back")
    at_step(page, 2, 9)
    expect(page.locator("input[name=q2]:checked")).to_have_value("2")
    tap(page, "q2", "1")
    at_step(page, 3, 9)
    page.go_back()
    page.go_back()
    at_step(page, 1, 9)
    page.go_forward()
    at_step(page, 2, 9)
    page.reload()
    at_step(page, 2, 9)
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    at_step(page, 2, 9)  # a jump inside the page is no step


@pytest.mark.parametrize(
    ("language", "name", "script"),
    [("id", "service", True), ("en", "service16", False), ("ban", "service16", True)],
)
def test_on_paper_stands_the_whole_questionnaire(
    cast: Cast, visitor: Any, language: str, name: str, script: bool
) -> None:
    service: Service = getattr(cast, name)
    citizen = visitor("small", java_script_enabled=script, color_scheme="dark")
    page = citizen.open(f"{service.get_absolute_url()}?l={language}")
    words = page.locator("legend, label.option:not(.screen), .field .text").all_text_contents()
    for_screens = page.locator("legend .screen").all_text_contents()
    buttons = page.locator(".tools button, button.wide, .chips .screen").all_text_contents()
    reader = PdfReader(io.BytesIO(page.pdf(format="A4")))
    text = squeezed(" ".join(sheet.extract_text() for sheet in reader.pages))
    assert len(words) > 60
    for word in words:
        for unseen in for_screens:
            word = word.replace(unseen, "")
        assert squeezed(word) in text, word
    assert not [word for word in for_screens + buttons[3:] if squeezed(word) in text]
    assert len(reader.pages) <= 3


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_nothing_of_the_answers_stands_in_an_address(cast: Cast, visitor: Any) -> None:
    citizen = visitor("small")
    page = citizen.open(cast.service.get_absolute_url())
    tap(page, "q1", "2")
    at_step(page, 2, 9)
    page.locator(".tools button[value=en]").click()
    at_step(page, 2, 9, "en")
    assert set(parse_qs(page.url.partition("?")[2])) == {"l"}
