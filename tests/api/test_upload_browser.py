"""Pages of uploads in a real Chromium: sending in pieces, going on, maps, keyboard; text stays text."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import upload_example as example
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright
from site_server import serving

from layers import accounts, uploads
from layers.catalog import Store
from layers.publish import publish_frame
from layers.said import said_from
from layers.workspace import Workspace

pytestmark = pytest.mark.browser
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
MEGABYTE = 1024 * 1024


@dataclass
class Watched:
    """A page and everything it complained of or asked outside."""

    page: Page
    site: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path, wait_until="networkidle")
        return self.page

    def is_clean(self) -> None:
        assert (self.outside, self.complaints) == ([], [])
        assert self.page.evaluate("window.pwned") is None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example.build(tmp_path_factory.mktemp("browser") / "home").home


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    with Store.open(Workspace.open(home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def watch(chromium: Browser, site: str, store: Store) -> Iterator[Callable[..., Watched]]:
    """Opens pages as the administrator, each in a context of its own; requests elsewhere are stopped."""
    contexts: list[BrowserContext] = []

    def opened(*, size: dict[str, int] = DESKTOP, script: bool = True, lang: str = "en-GB") -> Watched:
        context = chromium.new_context(
            viewport=size, java_script_enabled=script, locale=lang, reduced_motion="reduce"
        )
        contexts.append(context)
        secret = accounts.sign_in(store, accounts.ADMINISTRATOR)
        context.add_cookies([{"name": "quantu_session", "value": secret, "url": site}])
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
        return watched

    yield opened
    for context in contexts:
        context.close()


def sent(store: Store, address: str) -> uploads.Upload:
    return uploads.find(store, address.split("?")[0].rsplit("/", 1)[-1])


def test_a_file_travels_in_pieces_and_is_then_examined(watch, store):
    watched = watch()
    page = watched.open("/uploads")
    page.wait_for_selector("html[data-send=ready]")
    content = bytes(range(256)) * (9 * 4096)  # nine megabytes: three pieces
    patches: list[int] = []
    page.on(
        "request", lambda each: each.method == "PATCH" and patches.append(int(each.headers["upload-offset"]))
    )
    page.set_input_files("#files", {"name": "停车场.zip", "mimeType": "application/zip", "buffer": content})
    page.click("#send button[type=submit]")
    page.wait_for_url("**/uploads/*")
    page.wait_for_selector("#working")
    assert patches == [0, 4 * MEGABYTE, 8 * MEGABYTE]
    found = sent(store, page.url)
    assert (found.state, found.files[0].name, found.files[0].received) == (
        "waiting",
        "停车场.zip",
        len(content),
    )
    watched.is_clean()


def test_files_and_folders_are_dropped_on_the_page(watch, store):
    watched = watch()
    page = watched.open("/uploads")
    page.wait_for_selector("html[data-send=ready]")
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["one"], "a.shp"));
            transfer.items.add(new File(["three"], "a.dbf"));
            dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
        }"""
    )
    page.wait_for_selector("#working")
    assert [(each.name, each.bytes) for each in sent(store, page.url).files] == [("a.shp", 3), ("a.dbf", 5)]
    watched.is_clean()


def test_a_broken_connection_is_waited_for_and_the_file_goes_on(watch, store):
    watched = watch()
    page = watched.open("/uploads")
    page.wait_for_selector("html[data-send=ready]")
    failed: list[str] = []

    def break_once(route: Route, request: Request) -> None:
        if request.headers.get("upload-offset") == str(4 * MEGABYTE) and not failed:
            failed.append(request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/uploads/*/files/*", break_once)
    page.set_input_files("#files", {"name": "a.zip", "mimeType": "", "buffer": b"x" * (9 * MEGABYTE)})
    page.click("#send button[type=submit]")
    page.wait_for_selector("#working", timeout=60_000)
    assert failed
    assert sent(store, page.url).files[0].received == 9 * MEGABYTE


def test_sending_is_paused_and_goes_on_after_the_page_was_loaded_again(watch, store):
    watched = watch()
    page = watched.open("/uploads")
    page.wait_for_selector("html[data-send=ready]")
    held: list[Route] = []

    def hold(route: Route, request: Request) -> None:
        if request.headers.get("upload-offset") == str(4 * MEGABYTE):
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/uploads/*/files/*", hold)
    content = {"name": "大.zip", "mimeType": "", "buffer": b"y" * (5 * MEGABYTE)}
    page.set_input_files("#files", content)
    page.click("#send button[type=submit]")
    expect(page.locator("#travel .travel-line span")).to_contain_text("4.2")  # of 5.2 MB
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#travel")).to_contain_text("Paused")
    for route in held:  # the second piece is lost on its way, whatever the browser does with it later
        route.abort()
    page.unroute("**/api/uploads/*/files/*")
    page.reload(wait_until="networkidle")
    assert "Not all of it has arrived" in page.text_content("main")
    page.wait_for_selector("html[data-send=ready]")
    page.set_input_files("#files", {**content, "name": "other.zip", "buffer": b"z"})
    expect(page.locator("#travel")).to_contain_text("This is not the file that was begun")
    offsets: list[str] = []
    page.on("request", lambda each: each.method == "PATCH" and offsets.append(each.headers["upload-offset"]))
    page.set_input_files("#files", content)
    page.wait_for_selector("#working")
    assert len(offsets) == 1
    assert 4 * MEGABYTE <= int(offsets[0]) < 5 * MEGABYTE  # the server keeps what came of a broken piece
    assert sent(store, page.url).files[0].received == 5 * MEGABYTE


def test_sending_is_given_up(watch, store):
    watched = watch()
    page = watched.open("/uploads")
    page.wait_for_selector("html[data-send=ready]")
    page.route("**/api/uploads/*/files/*", lambda route: None)
    page.set_input_files("#files", {"name": "a.zip", "mimeType": "", "buffer": b"x" * MEGABYTE})
    page.click("#send button[type=submit]")
    page.wait_for_url("**/uploads/*")
    made = sent(store, page.url)
    page.get_by_role("button", name="Give up").click()
    page.wait_for_url("**/uploads")
    assert uploads.find(store, made.id).state == "dropped"


def test_without_script_the_form_sends_and_the_page_loads_itself_again(watch, store):
    watched = watch(script=False)
    page = watched.open("/uploads")
    page.set_input_files(
        "#files", {"name": "无脚本.csv", "mimeType": "text/csv", "buffer": b"id,name\n1,a\n"}
    )
    page.click("#send button[type=submit]")
    page.wait_for_selector("#working")
    assert sent(store, page.url).files[0].name == "无脚本.csv"
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    assert (watched.outside, watched.complaints) == ([], [])


@pytest.mark.parametrize("lang", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_of_an_upload_draws_its_maps_and_is_clean(watch, store, lang, size):
    found = example.examined(store, name=f"{example.ATTACK}.zip")
    watched = watch(size=size, lang=lang)
    page = watched.open(f"/uploads/{found.id}")
    page.wait_for_selector("html[data-preview=ready]")
    page.wait_for_selector("#changes-map[data-shown='7']")
    page.wait_for_selector("#places-map[data-shown='3']")
    page.evaluate("document.querySelectorAll('details').forEach(each => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    watched.is_clean()


def test_before_and_after_move_together(watch, store):
    found = example.examined(store)
    watched = watch()
    page = watched.open(f"/uploads/{found.id}")
    assert page.get_attribute("#before-map", "data-ready") is None
    page.click("#two-sides > summary")
    page.wait_for_selector("#before-map[data-shown='12']")  # all that is published
    page.wait_for_selector("#after-map[data-shown='12']")  # ten of them and two new ones
    before, after = (page.locator(f"#{name}-map .leaflet-control-scale-line") for name in ("before", "after"))
    wide = before.text_content()
    page.click("#after-map .leaflet-control-zoom-in")
    expect(before).not_to_have_text(wide)
    assert before.text_content() == after.text_content()
    watched.is_clean()


def test_a_popup_shows_what_a_file_says_as_text(watch, store):
    found = example.examined(store)
    watched = watch()
    page = watched.open(f"/uploads/{found.id}")
    page.wait_for_selector("#changes-map[data-shown='7']")
    page.locator("a[data-show=changes][data-key=P04]").click()
    box = page.locator("#changes-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#changes-map .leaflet-popup-content .facts")
    assert example.ATTACK in page.text_content("#changes-map .leaflet-popup-content")
    assert page.locator("#changes-map .leaflet-popup-content img").count() == 0
    watched.is_clean()


def test_a_finding_is_shown_on_the_small_map_without_leaving_the_page(watch, store):
    found = example.examined(store)
    watched = watch()
    page = watched.open(f"/uploads/{found.id}")
    page.wait_for_selector("#places-map[data-shown='3']")
    address = page.url
    page.locator("a[data-show=places]").first.click()
    assert page.url == address
    assert page.evaluate("document.activeElement.id") == "places-map"
    watched.is_clean()


def test_without_script_still_pictures_and_links_say_the_same(watch, store):
    found = example.examined(store)
    watched = watch(script=False)
    page = watched.open(f"/uploads/{found.id}")
    assert page.locator("#changes-figure svg.still-changes g").count() == 7
    assert page.locator("#places svg.still-changes g").count() == 3
    page.locator("a[data-show=places]").first.click()
    assert "place=1" in page.url
    assert page.locator("#places svg circle").count() == 1
    assert (watched.outside, watched.complaints) == ([], [])


def test_the_keyboard_is_enough_to_deny_a_conclusion(watch, store):
    found = example.examined(store)
    watched = watch()
    page = watched.open(f"/uploads/{found.id}")
    page.locator(".conclusion:has(input[value=agency]) summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.name") == "value"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#working")
    assert uploads.find(store, found.id).said.agency == "health"


def test_the_page_goes_on_by_itself_when_the_work_is_done(watch, store):
    made = example.begun(store, ["a.csv"])
    uploads.complete(store, made.id, "tests")
    watched = watch()
    page = watched.open(f"/uploads/{made.id}")
    assert page.is_visible("#working")
    uploads.move(store, made.id, "dropped", ("waiting",))
    page.wait_for_selector("#upload[data-state=dropped]")
    watched.is_clean()


def test_an_upload_that_was_begun_elsewhere_shows_how_much_has_come(watch, store):
    made = uploads.create(store, "wang", said_from({}), [("大文件.zip", 120_000_000)])
    watched = watch(script=False)
    page = watched.open(f"/uploads/{made.id}")
    assert "0 B of 120 MB" in page.text_content("main").replace("\u00a0", " ")
    assert (watched.outside, watched.complaints) == ([], [])


def test_two_versions_are_compared_on_the_map(watch, store):
    first = store.heads("car_parks")["planning"]
    publish_frame(
        store, "car_parks", "planning", example.car_parks([1, 2, 3]), author="t", note=example.ATTACK
    )
    second = store.heads("car_parks")["planning"]
    watched = watch(lang="zh-CN")
    page = watched.open(f"/layers/car_parks/diff?from={first.id}&to={second.id}")
    page.wait_for_selector("#changes-map[data-shown='9']")
    watched.open("/layers/car_parks")
    watched.is_clean()
    store.revert("car_parks", first.id, author="t")
