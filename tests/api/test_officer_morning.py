"""A district officer's morning, whole: a contractor's bare shapefile, from the drop to a version and back.

The file is made here: GBK without a word on it, no .prj, eastings that start with 39, a shortened header, a
key twice, a number that is none, a point far away. Server, worker and browser are real.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import small_city
import upload_example as example
from playwright.sync_api import Browser, Page, expect, sync_playwright
from shapely import Point
from site_server import NODE_MODULES, serving

from api.settings import Settings
from api.supervisor import beside
from layers import accounts
from layers.catalog import Store
from layers.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
SPEC = example.SPEC.replace('title_en = "Spaces"', 'title_en = "Spaces"\naliases = ["车位数", "CWS"]')
LIAOCHENG = Point(115.98, 36.45)
PATIENCE_MS = 90_000
DESKTOP = {"width": 1440, "height": 900}


def contractors_zip(folder: Path) -> Path:
    """Twelve car parks as the contractor sends them; 3 to 14, where 1 to 12 are published.

    Row 2 has the key of row 1, row 3 says "约200", row 4 lies in Liaocheng; P06 and P07 have other figures.
    """
    frame = example.car_parks(list(range(3, 15)))
    frame["spaces"] = frame["spaces"].astype(str)
    frame.loc[1, "id"] = frame.loc[0, "id"]
    frame.loc[2, "spaces"] = "约200"
    frame.loc[3, "geometry"] = LIAOCHENG
    frame.loc[frame["id"] == "P07", "spaces"] = "77"
    frame = frame.rename(columns={"id": "编号", "name": "名称", "spaces": "CWS"})
    inside = folder / "inside"
    inside.mkdir()
    frame.to_crs(4527).to_file(inside / "停车场.shp", encoding="GBK", engine="pyogrio")
    packed = folder / "停车场.zip"
    with zipfile.ZipFile(packed, "w") as made:
        for suffix in (".shp", ".shx", ".dbf"):
            made.write(inside / f"停车场{suffix}", f"停车场{suffix}")
    return packed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("morning") / "home"
    with Store.open(
        Workspace.init(folder, small_city.CITY, {"specs/car_parks.toml": SPEC.encode()})
    ) as store:
        example.publish_car_parks(store)
    return folder


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    with beside(Settings(home=home, browser_files=NODE_MODULES)), serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


def examined(page: Page) -> None:
    page.wait_for_selector("#upload[data-state=examined]", timeout=PATIENCE_MS)


def row_of(page: Page, sentence: str):
    return page.locator(".findings tbody tr", has_text=sentence)


def test_the_morning(chromium, site, home, tmp_path):
    context = chromium.new_context(
        locale="en-GB", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    complaints: list[str] = []
    with Store.open(Workspace.open(home)) as store:
        first = store.heads("car_parks")["planning"]
        secret = accounts.sign_in(store, accounts.ADMINISTRATOR)
    context.add_cookies([{"name": "quantu_session", "value": secret, "url": site}])
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    # He drags it in and chooses nothing.
    page.goto(f"{site}/uploads", wait_until="networkidle")
    page.set_input_files("#files", contractors_zip(tmp_path))
    page.click("#send button[type=submit]")
    examined(page)
    conclusions = page.text_content(".conclusions")
    assert "GB18030" in conclusions
    assert "EPSG:4527" in conclusions
    assert "Car parks" in conclusions
    if page.locator("#asked-agency").count():
        page.select_option("#asked-agency", "planning")
        page.locator("form:has(#asked-agency) button").click()
        page.wait_for_selector("#working")
        examined(page)

    # What is wrong: three things, each with its row.
    assert "3 must be mended" in page.text_content(".severities")
    assert page.locator("a[data-show=places]").count() >= 1
    row_of(page, "P03").first.locator("input[type=text], input:not([type])").first.fill("P04")
    row_of(page, "约200").locator("input:not([type])").first.fill("200")
    row_of(page, "outside the city").locator("input[name=leave]").check()
    page.get_by_role("button", name="Examine again with these corrections").click()
    page.wait_for_selector("#working")
    examined(page)

    # What would change: P13, P14 new; P05 and P07 other figures; P01, P02 and P06, in Liaocheng, gone.
    assert "2 new, 2 changed, 3 gone, 7 the same" in " ".join(page.text_content("#changes .lead").split())
    page.wait_for_selector("#changes-map[data-shown='7']")

    # Then: confirm, note, publish.
    for box in page.locator("input[name=confirm]").all():
        box.check()
    page.fill("#note", "2020 Q3 survey")
    page.click("#publish button[type=submit]")
    page.wait_for_selector("#upload[data-state=published]", timeout=PATIENCE_MS)
    with Store.open(Workspace.open(home)) as store:
        second = store.heads("car_parks")["planning"]
        frame = store.read("car_parks")
        assert set(frame["id"]) == {f"P{n:02}" for n in (3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14)}
        assert frame.set_index("id")["spaces"][["P05", "P07"]].tolist() == [200, 77]
    assert second.note == "2020 Q3 survey; one row left out; 2 cells corrected"

    # A line in the history; what changed; the file as it came; and undo.
    page.get_by_role("link", name="What changed").click()
    expect(page.locator("#changes .lead")).to_contain_text("2 changed")
    original = context.request.get(f"{site}/api/versions/{second.id}/original")
    assert original.body() == (tmp_path / "停车场.zip").read_bytes()
    page.go_back()
    page.get_by_role("link", name="Undo").click()
    page.fill("#note", "sent too early")
    page.get_by_role("button", name=re.compile("Undo")).click()
    page.wait_for_url("**/layers/car_parks**")
    assert "sent too early" in page.text_content("#history")
    with Store.open(Workspace.open(home)) as store:
        assert store.heads("car_parks")["planning"].id == first.id

    # A week later: what did the map say?
    page.goto(f"{site}/layers/car_parks?version={second.id}", wait_until="networkidle")
    assert "泉城路停车场14" in page.text_content("main")
    assert complaints == []
    context.close()


def test_a_point_of_the_contractor_is_where_it_was_drawn(tmp_path):
    """The world above is what it says: no encoding, no system, eastings of zone 39."""
    with zipfile.ZipFile(contractors_zip(tmp_path)) as packed:
        assert {Path(each).suffix for each in packed.namelist()} == {".shp", ".shx", ".dbf"}
        assert "泉城路".encode("gbk") in packed.read("停车场.dbf")
    raw = gpd.read_file(tmp_path / "inside" / "停车场.shp", encoding="GBK", engine="pyogrio")
    assert raw.geometry.x.iloc[0] > 39_000_000
