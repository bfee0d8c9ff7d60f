"""The pages in a real Chromium: no outside request, no complaint, the JSON's figures, text stays text."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import small_city
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

pytestmark = pytest.mark.browser
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
FIRST_VIEW_BYTES = 1_500_000
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Watched:
    """A page of a site and everything it complained of or asked outside."""

    page: Page
    site: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.site + path, wait_until="networkidle")

    def is_clean(self) -> None:
        """Nothing was asked outside and the console stayed empty."""
        assert (self.outside, self.complaints) == ([], [])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def watch(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens pages in contexts of their own; every request to elsewhere is stopped and noted."""
    contexts: list[BrowserContext] = []

    def opened(
        site: str, *, size: dict[str, int] = DESKTOP, script: bool = True, lang: str = "en-GB"
    ) -> Watched:
        context = chromium.new_context(
            viewport=size,
            java_script_enabled=script,
            locale=lang,
            has_touch=size is PHONE,
            reduced_motion="reduce",
        )
        contexts.append(context)
        watched = Watched(context.new_page(), site)

        def stop(route: Route, request: Request) -> None:
            if request.url.startswith((site, "data:")):
                route.continue_()
            else:
                watched.outside.append(request.url)
                route.abort()

        context.route("**/*", stop)
        page = watched.page
        page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and watched.complaints.append(answer.url))
        return watched

    yield opened
    for context in contexts:
        context.close()


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-map=ready]")
    page.wait_for_selector("path[data-zone]", state="attached")


def figures(site: str, by: str = "district") -> dict[str, dict]:
    return {
        row["code"]: row
        for row in httpx.get(f"{site}/api/coverage/circles?by={by}", timeout=120).json()["zones"]
    }


def test_the_first_view_is_light_clean_and_says_what_the_json_says(watch, demo_site):
    known = figures(demo_site)
    watched = watch(demo_site)
    page = watched.page
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    watched.open("/")
    ready(page)
    watched.is_clean()
    print(f"first view: {sum(sizes) / 1000:.0f} kB in {len(sizes)} answers")
    assert sum(sizes) < FIRST_VIEW_BYTES
    drawn = page.eval_on_selector_all("path[data-zone]", "paths => paths.map(path => path.dataset.zone)")
    assert sorted(drawn) == sorted(known)
    listed = page.eval_on_selector_all(
        ".ranked a", "rows => rows.map(row => [row.dataset.zone, row.querySelector('.share').textContent])"
    )
    assert dict(listed) == {code: f"{row['share'] * 100:.1f}\u00a0%" for code, row in known.items()}


def test_a_click_on_a_district_shows_its_figure_and_changes_the_address(watch, demo_site):
    watched = watch(demo_site)
    watched.open("/")
    ready(watched.page)
    click_zone(watched.page, "370105")
    watched.page.wait_for_selector(".zone-facts")
    assert parse_qs(urlsplit(watched.page.url).query)["zone"] == ["370105"]
    share = figures(demo_site)["370105"]["share"]
    assert watched.page.text_content(".zone-facts [data-figure=share]") == f"{share * 100:.1f}\u00a0%"
    inside = {code for code in figures(demo_site, "subdistrict") if code.startswith("370105")}
    on_top = "paths => paths.filter(path => path.dataset.level === 'top').map(path => path.dataset.zone)"
    watched.page.wait_for_function("document.querySelectorAll('path[data-level=top]').length > 0")
    assert set(watched.page.eval_on_selector_all("path[data-zone]", on_top)) == inside
    assert "Tianqiao" in watched.page.title()
    watched.is_clean()

    sent = watch(demo_site)  # the address she sends shows the same to another reader
    sent.open(urlsplit(watched.page.url).path + "?" + urlsplit(watched.page.url).query)
    assert sent.page.text_content("#panel") == watched.page.text_content("#panel")
    watched.page.go_back()
    watched.page.wait_for_selector(".zone-facts", state="detached")
    assert watched.page.locator(".ranked a").count() == 12


def click_zone(page: Page, code: str) -> None:
    """Click where the map writes the zone's name: inside the zone, whatever its shape."""
    x, y = page.evaluate(
        """code => {
          const path = document.querySelector(`path[data-zone="${code}"]`);
          const box = path.getBoundingClientRect();
          for (let i = 1; i < 20; i++) for (let j = 1; j < 20; j++) {
            const [x, y] = [box.left + box.width * i / 20, box.top + box.height * j / 20];
            if (document.elementFromPoint(x, y) === path) return [x, y];
          }
        }""",
        code,
    )
    page.mouse.click(x, y)


def test_a_row_of_the_list_does_the_same_by_keyboard(watch, demo_site):
    watched = watch(demo_site)
    watched.open("/")
    ready(watched.page)
    watched.page.focus('.ranked a[data-zone="370102"]')
    assert watched.page.get_attribute('.ranked a[data-zone="370102"]', "class") == "lit"
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_selector(".zone-facts")
    assert "zone=370102" in watched.page.url
    watched.is_clean()


def test_layers_are_fetched_for_the_view_and_kept_in_the_address(watch, small_site):
    watched = watch(small_site)
    watched.open("/")
    ready(watched.page)
    watched.page.click(".switches-box > summary")
    with watched.page.expect_response("**/uncovered?**") as people:
        watched.page.check("input[data-uncovered]")
    assert people.value.json()["features"]
    watched.page.click('summary:has(input[data-layer="health"]) span >> nth=0')
    with watched.page.expect_response("**/api/layers/health/features?**") as places:
        watched.page.check('input[data-category="pharmacy"]')
    assert {each["properties"]["category"] for each in places.value.json()["features"]} == {"pharmacy"}
    query = parse_qs(urlsplit(watched.page.url).query)
    assert (query["layers"], query["uncovered"]) == (["health.pharmacy"], ["1"])
    watched.page.wait_for_function(
        "document.getElementById('map-status').textContent.includes('lack something')"
    )
    watched.page.reload(wait_until="networkidle")
    assert watched.page.is_checked('input[data-category="pharmacy"]')
    assert watched.page.is_checked("input[data-uncovered]")
    watched.is_clean()


def test_a_name_that_attacks_is_shown_as_text(watch, small_site):
    watched = watch(small_site)
    page = watched.page
    watched.open("/?layers=shops.shopping&view=17,{},{}".format(*attack_place(small_site)))
    ready(page)
    page.wait_for_timeout(300)
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.text_content(".leaflet-popup .facts strong") == small_city.XSS
    for path in ("/?zone=D11", "/?zone=D111", "/coverage/circles?by=community", "/layers/communities"):
        watched.open(path)
        assert small_city.XSS in page.text_content("main")
        assert page.evaluate("window.pwned") is None
    watched.is_clean()


def attack_place(site: str) -> tuple[float, float]:
    """Latitude and longitude of the shop with the hostile name."""
    answer = httpx.get(f"{site}/api/layers/shops/features?limit=5000&category=shopping", timeout=60).json()
    found = next(each for each in answer["features"] if each["properties"]["name"] == small_city.XSS)
    lon, lat = found["geometry"]["coordinates"]
    return lat, lon


@pytest.mark.parametrize(
    "path",
    [
        "/coverage/circles",
        "/coverage/circles?by=community",
        "/layers",
        "/layers/health",
        "/find?q=quan",
        "/docs",
    ],
)
def test_every_other_page_is_clean_in_both_languages(watch, small_site, path):
    for lang in ("en-GB", "zh-CN"):
        watched = watch(small_site, lang=lang)
        watched.open(path)
        if path == "/docs":
            watched.page.wait_for_selector("html[data-reference=ready]")
            assert watched.page.locator(".opblock").count() >= 10
        watched.is_clean()


def test_hatches_tell_zones_without_a_share(watch, small_site):
    watched = watch(small_site)
    watched.open("/")
    ready(watched.page)
    assert watched.page.get_attribute('path[data-zone="D4"]', "fill") == "url(#hatch-no_network)"
    assert watched.page.locator("#hatch-no_network").count() == 1


def test_without_script_the_page_says_the_same_and_links_on(watch, demo_site):
    watched = watch(demo_site, script=False)
    watched.open("/")
    page = watched.page
    assert "people have all they need within 15 minutes" in page.text_content("h1")
    assert page.locator(".ranked a").count() == 12
    assert page.locator("svg.still a").count() == 12
    page.click('.ranked a[data-zone="370105"]')
    assert page.is_visible(".zone-facts [data-figure=share]")
    watched.is_clean()


def test_a_phone_shows_sentence_map_and_list_in_that_order(watch, demo_site):
    watched = watch(demo_site, size=PHONE)
    watched.open("/")
    ready(watched.page)
    tops = [watched.page.locator(each).bounding_box() for each in ("#sentence", "#map", "#panel")]
    assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in pairwise(tops))
    assert all(box["width"] <= PHONE["width"] for box in tops)
    assert tops[1]["y"] < PHONE["height"] / 2
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    watched.is_clean()


def test_the_report_shows_the_figures_of_the_json(watch, demo_site):
    watched = watch(demo_site)
    watched.open("/coverage/circles")
    cells = watched.page.locator("table.figures tbody tr td[data-figure=share]").all_text_contents()
    known = sorted((row["share"] for row in figures(demo_site).values()), reverse=True)
    assert cells[:12] == [f"{share * 100:.1f}\u00a0%" for share in known]
    watched.is_clean()


def test_inert_data_can_be_read_back(watch, demo_site):
    watched = watch(demo_site)
    watched.open("/?zone=370105")
    held = json.loads(watched.page.text_content('script[data-map-element="zones"]'))
    assert [level["level"] for level in held["levels"]] == ["district", "subdistrict"]
    assert held["chosen"] == "370105"
