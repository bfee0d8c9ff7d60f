"""The map of a coverage rule in a real Chromium: rows, uncovered places, areas by mouse, key and finger."""

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import small_city
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from pyproj import Transformer
from site_server import serving
from test_rule_pages import MARKETS, rule

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TO_METRES = Transformer.from_crs(4326, small_city.METRES, always_xy=True)
PAGE = "/coverage/market-walk"


@pytest.fixture(scope="module")
def site(small_home, tmp_path_factory) -> Iterator[str]:
    home = shutil.copytree(small_home, tmp_path_factory.mktemp("drawn") / "home")
    (home / "rules" / "market-walk.toml").write_text(rule("market-walk", MARKETS), "utf-8")
    attack = rule("attack", MARKETS, small_city.XSS.replace("'", "’"))
    (home / "rules" / "attack.toml").write_text(attack, "utf-8")
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards nothing was asked outside and the console stayed empty."""
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
            if route.request.url.startswith((site, "data:")):
                route.continue_()
            else:
                complaints.append(route.request.url)
                route.abort()

        context.route("**/*", only_here)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site + path, wait_until="networkidle")
        if script:
            page.wait_for_selector("html[data-map=ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def corners(page: Page) -> list[tuple[float, float]]:
    """The area of the address, metres from the city's corner."""
    (text,) = parse_qs(urlsplit(page.url).query)["area"]
    east, north = small_city.ORIGIN
    degrees = [[float(each) for each in corner.split(",")] for corner in text.split(";")]
    metres = [TO_METRES.transform(*each) for each in degrees]
    return [(x - east, y - north) for x, y in metres]


def spots(page: Page) -> list[tuple[float, float]]:
    """Three places on the screen, well inside the map and the city."""
    box = page.locator("#map").bounding_box()
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return [(middle - 60, height - 40), (middle + 60, height - 40), (middle, height + 60)]


def of_the_area(page: Page, site: str) -> str:
    (text,) = parse_qs(urlsplit(page.url).query)["area"]
    result = httpx.get(f"{site}/api{PAGE}", params={"area": text}, timeout=120).json()
    return f"{result['zones'][0]['figures']['people']['share'] * 100:.1f}"


def test_a_zone_of_the_map_finds_its_row_and_back(open_page, site):
    page = open_page(PAGE)
    page.locator('path[data-zone="D1"]').click(force=True)
    expect(page.locator("tr.chosen")).to_have_attribute("data-code", "D1")
    assert urlsplit(page.url).fragment == "zone-D1"
    expect(page.locator("#map-status")).to_contain_text("Nanquan")
    again = open_page(f"{PAGE}#zone-D3")
    expect(again.locator("tr.chosen")).to_have_attribute("data-code", "D3")


def test_an_area_is_drawn_by_mouse_and_gives_its_figures(open_page, site):
    page = open_page(PAGE)
    page.locator("#area-start").click()
    one, two, three = spots(page)
    page.mouse.click(*one)
    page.mouse.click(*two)
    with page.expect_navigation():
        page.mouse.dblclick(*three)
    assert len(corners(page)) == 3
    expect(page.locator(".lead strong")).to_contain_text(of_the_area(page, site))
    expect(page.locator('path[data-zone="area"]')).to_have_count(1)


def test_an_area_is_drawn_by_keyboard_and_escape_stops(open_page, site):
    page = open_page(PAGE)
    page.locator("#area-start").focus()
    page.keyboard.press("Enter")
    page.keyboard.press(" ")
    page.keyboard.press("Escape")
    expect(page.locator("#area-start")).to_have_attribute("aria-pressed", "false")
    page.locator("#area-start").focus()
    page.keyboard.press("Enter")
    for number, key in enumerate(("ArrowRight", "ArrowDown", "ArrowLeft"), start=1):
        page.keyboard.press(" ")
        expect(page.locator("#map-status")).to_contain_text(f"{number} corners")
        page.keyboard.press(key)
        page.wait_for_selector(".leaflet-pan-anim", state="detached")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert len(corners(page)) == 3, page.url
    expect(page.locator(".lead strong")).to_contain_text(of_the_area(page, site))


def test_an_area_is_drawn_by_finger_on_a_phone(open_page, site):
    page = open_page(PAGE, size=PHONE)
    page.locator("#area-start").tap()
    page.locator("#map").scroll_into_view_if_needed()
    for spot in spots(page):
        page.touchscreen.tap(*spot)
    with page.expect_navigation():
        page.locator("#area-done").tap()
    assert len(corners(page)) == 3


def test_what_is_not_covered_is_fetched_for_the_view_and_stays_in_the_address(open_page, site):
    page = open_page(PAGE)
    with page.expect_response(lambda answer: "/uncovered?" in answer.url) as fetched:
        page.locator("input[data-uncovered]").check()
    assert fetched.value.json()["features"]
    expect(page.locator("#map-status")).to_contain_text("not covered in view")
    assert parse_qs(urlsplit(page.url).query)["uncovered"] == ["1"]


def test_a_phone_shows_sentence_map_and_table_in_that_order(open_page):
    page = open_page(PAGE, size=PHONE)
    tops = [page.locator(each).first.bounding_box()["y"] for each in (".lead", "#map", "table")]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_script_there_is_a_picture_and_a_form(open_page):
    page = open_page(PAGE, script=False)
    assert page.locator("svg.still a").count() == 4
    page.locator(".area-form summary").click()
    page.locator("#area-text").fill("116.999,36.665;117.03,36.665;117.03,36.69")
    page.locator(".area-form button").click()
    page.wait_for_url("**area=**")
    expect(page.locator("h2#zones-title")).to_be_visible()
    expect(page.locator("tr[data-code=area]")).to_have_count(1)


def test_a_title_that_attacks_is_text_on_the_map_too(open_page):
    page = open_page("/coverage/attack")
    assert page.evaluate("window.pwned") is None
    assert page.locator("h1").inner_text().startswith("<img src=x")
