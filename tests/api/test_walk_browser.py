"""A click on the map lights up the streets reached on foot: in a real Chromium, by mouse, key and finger."""

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import small_city
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from pyproj import Transformer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TO_DEGREES = Transformer.from_crs(small_city.METRES, 4326, always_xy=True)


def place(x, y):
    east, north = small_city.ORIGIN
    lon, lat = TO_DEGREES.transform(east + x, north + y)
    return f"{lon:.6f},{lat:.6f}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, small_site: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the small city; afterwards nothing was asked outside and the console stayed empty."""
    contexts, complaints = [], []

    def opened(path: str, *, size: dict[str, int] = DESKTOP, script: bool = True) -> Page:
        context = chromium.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="en-GB",
            has_touch=size is PHONE,
            reduced_motion="reduce",
        )
        contexts.append(context)

        def only_here(route: Route) -> None:
            if route.request.url.startswith((small_site, "data:")):
                route.continue_()
            else:
                complaints.append(route.request.url)
                route.abort()

        context.route("**/*", only_here)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(small_site + path, wait_until="networkidle")
        if script:
            page.wait_for_selector("html[data-map=ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6


def test_a_click_lights_up_the_streets_and_says_what_is_there(open_page):
    page = open_page("/?zone=D1")
    page.get_by_role("button", name="Walk from here").click()
    page.mouse.click(*middle(page))
    page.wait_for_selector("path.walk-streets", state="attached")
    assert page.locator("path.walk-streets").count() == 3
    dashes = page.eval_on_selector_all(
        "path.walk-streets", "all => all.map(each => each.getAttribute('stroke-dasharray'))"
    )
    assert len(set(dashes)) == 3  # bands are told apart without colour
    expect(page.locator("#walk")).to_contain_text("What is")
    assert page.locator("#walk .walk-list li").count() == 24
    assert asked(page)["zone"] == ["D1"]  # the zone under the click was not chosen
    assert "from" in asked(page)
    expect(page.get_by_role("button", name="Walk from here")).to_have_attribute("aria-pressed", "false")


def test_without_the_button_a_click_still_chooses_the_zone(open_page):
    page = open_page("/")
    page.mouse.click(*middle(page))
    page.wait_for_selector(".zone-facts")
    assert "zone" in asked(page)
    assert "from" not in asked(page)
    assert page.locator("#walk").is_hidden()


def test_the_address_can_be_sent_and_escape_clears_it(open_page):
    page = open_page(f"/?zone=D1&from={place(1500, 1500)}")
    page.wait_for_selector("path.walk-streets", state="attached")
    listed = page.locator("#walk .walk-list li").all_text_contents()
    assert len(listed) == 24
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    assert page.locator("#walk").is_hidden()
    assert page.locator("path.walk-streets").count() == 0
    assert "from" not in asked(page)


def test_the_keyboard_alone_is_enough(open_page):
    page = open_page("/?zone=D1")
    page.get_by_role("button", name="Walk from here").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Walk from here")).to_have_attribute("aria-pressed", "true")
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("path.walk-streets", state="attached")
    page.get_by_role("link", name="Clear").focus()
    page.keyboard.press("Enter")
    assert page.locator("#walk").is_hidden()


def test_escape_before_the_click_leaves_the_map_as_it_was(open_page):
    page = open_page("/?zone=D1")
    button = page.get_by_role("button", name="Walk from here")
    button.click()
    expect(page.locator("#map-status")).to_contain_text("Click a place")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#map-status")).to_be_empty()


def test_a_place_without_streets_is_told_in_a_sentence(open_page):
    page = open_page(f"/?from={place(4500, 4500)}")
    expect(page.locator("#walk")).to_contain_text("No street lies within 200 m")
    assert page.locator("path.walk-streets").count() == 0


def test_the_walk_stays_while_zones_are_chosen(open_page):
    page = open_page(f"/?from={place(1500, 1500)}")
    page.wait_for_selector("path.walk-streets", state="attached")
    page.locator(".ranked a").first.click()
    page.wait_for_selector(".zone-facts")
    assert "from" in asked(page)
    assert page.locator("path.walk-streets").count() == 3
    page.go_back()
    page.wait_for_selector(".zone-facts", state="detached")
    assert page.locator("path.walk-streets").count() == 3


def test_a_phone_shows_map_and_list_without_scrolling_sideways(open_page):
    page = open_page("/?zone=D1", size=PHONE)
    page.get_by_role("button", name="Walk from here").tap()
    x, y = middle(page)
    page.touchscreen.tap(x, min(y, PHONE["height"] - 40))
    page.wait_for_selector("path.walk-streets", state="attached")
    assert page.locator("#walk").bounding_box()["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_script_the_page_shows_the_list_and_a_still_picture(open_page):
    page = open_page(f"/?from={place(1500, 1500)}", script=False)
    assert page.locator("#walk .walk-list li").count() == 24
    assert page.locator("#walk svg.still").is_visible()
    assert page.locator("#walk-start").is_hidden()
