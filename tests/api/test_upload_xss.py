"""Sixty scripts as name, sheet, headers, values and note of an upload: on every page they are only text."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import small_city
import upload_example as example
import xlsxwriter
from playwright.sync_api import Browser, sync_playwright
from site_server import serving

from api.upload_work import examine_upload, publish_upload
from api.worker_registry import Context
from layers import accounts, jobs, receiving, uploads
from layers.catalog import Store
from layers.said import Said
from layers.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
CALL = "window.__pwned=1"
ELEMENTS = (
    *(
        "<script>{0}</script>",
        "<img src=x onerror={0}>",
        "<svg onload={0}>",
        "<body onload={0}>",
        "<p onclick={0}>",
    ),
    *(
        "<iframe src='javascript:{0}'>",
        "<a href='javascript:{0}'>x</a>",
        "<details open ontoggle={0}>",
        "<b>{0}</b>",
    ),
    *("<video><source onerror={0}>", "<input autofocus onfocus={0}>", "<math><mtext><img src=x onerror={0}>"),
    *(
        "<object data='javascript:{0}'>",
        "<style>@import 'x'</style><img src onerror={0}>",
        "<template><img onerror={0}>",
    ),
)
AROUND = (
    *(
        "{}",
        "\"'>{}",
        "</script>{}",
        "</textarea></title></style>{}",
        "${{{0}}}`{0}",
        "{{{{ {} }}}}",
        "--></noscript>{}",
    ),
    *(
        "\u2028{}",
        "';{};//",
        "]]>{}",
        "<!--{}",
        "&lt;{}",
        "%3Cscript%3E{}",
        "\\u003c{}",
        "{{% {} %}}",
        "javascript:{}",
    ),
)
PAYLOADS = [around.format(element.format(CALL)) for element in ELEMENTS for around in AROUND][::4]
NAME = "<img src=x onerror=window.__pwned=2>\"'`${window.__pwned=3}.xlsx"
NOTE = "</script><script>window.__pwned=4</script>"
HEADERS = [
    "id",
    "name",
    "spaces",
    "lon",
    "lat",
    PAYLOADS[3],
    "<svg onload=window.__pwned=5>",
    '"><img src=x onerror=window.__pwned=6>',
]
SHEET = "<img src=x onerror=__pwned=7>"


def workbook(*, whole: bool) -> bytes:
    """A car park for each script; where it is not `whole`, the number of spaces is a script too."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("SHEETNAME")
        for column, name in enumerate(HEADERS):
            sheet.write_string(0, column, name)
        for row, script in enumerate(PAYLOADS, start=1):
            spaces = 10 + row if whole else script
            cells = [f"X{row:03}", script, spaces, 117.01 + row * 1e-4, 36.66, script, script, script]
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell) if isinstance(cell, float | int) else sheet.write_string(
                    row, column, cell
                )
    made = io.BytesIO()
    name = SHEET.replace("<", "&lt;").replace(">", "&gt;").encode()
    with zipfile.ZipFile(sink) as good, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as other:
        for info in good.infolist():
            other.writestr(info, good.read(info).replace(b"SHEETNAME", name))
    return made.getvalue()


@dataclass(frozen=True)
class World:
    """A site, and what was sent to it."""

    address: str
    store: Store
    refused: str
    published: str
    version: str


def work(store: Store, kind: str, handler: object) -> None:
    job = jobs.claim(store.database, "tests", (kind,))
    jobs.finish(store.database, job, handler(Context(store, job)))


def sent(store: Store, content: bytes) -> str:
    made = uploads.create(store, "tests", Said(layer="car_parks", agency="planning"), [(NAME, len(content))])
    receiving.append(store, made.id, 0, 0, content)
    uploads.complete(store, made.id, "tests")
    work(store, uploads.EXAMINE, examine_upload)
    return made.id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("scripts") / "home"
    spec = example.SPEC.replace("停车场", "<img src=x onerror=window.__pwned=8>").replace(
        "Car parks", "</title><script>window.__pwned=9</script>"
    )
    workspace = Workspace.init(home, small_city.CITY, {"specs/car_parks.toml": spec.encode()})
    with Store.open(workspace) as store:
        refused = sent(store, workbook(whole=False))
        published = sent(store, workbook(whole=True))
        found = uploads.find(store, published)
        assert found.state == "examined"
        doubts = (
            "crs",
            "column",
            "encoding",
            "source_layer",
            "layer",
            "agency",
            "key",
            "unit",
            "axes",
            "datum",
        )
        uploads.publish(store, published, "tests", note=NOTE, confirm=doubts, examination=found.examination)
        work(store, uploads.PUBLISH, publish_upload)
        with serving(home) as address:
            version = uploads.find(store, published).version
            yield World(address, store, refused, published, version or "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield browser
        browser.close()


def test_there_are_sixty_scripts():
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/uploads",
            "/uploads/{refused}",
            "/uploads/{published}",
            "/layers",
            "/layers/car_parks",
            "/layers/car_parks/revert/{version}",
        ),
        *("/layers/car_parks/withdraw/{version}", "/login"),
    ],
)
def test_no_script_of_a_file_runs_on_any_page(chromium: Browser, world: World, path: str, lang: str):
    """Neither when the page is loaded, nor when everything that opens is opened and pointed at."""
    with chromium.new_context(locale=lang, reduced_motion="reduce") as context:
        secret = accounts.sign_in(world.store, accounts.ADMINISTRATOR)
        context.add_cookies([{"name": "quantu_session", "value": secret, "url": world.address}])
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        answer = page.goto(
            world.address + path.format_map(vars(world)),
            wait_until="networkidle",
        )
        assert answer is not None
        assert answer.status == 200
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.evaluate("document.querySelectorAll('main input, main button').forEach(each => each.focus())")
        assert page.evaluate("window.__pwned") is None
        assert complaints == []


def test_the_scripts_are_on_the_pages_as_text(chromium: Browser, world: World):
    """Otherwise the test above would prove nothing."""
    with chromium.new_context(locale="en-GB") as context:
        secret = accounts.sign_in(world.store, accounts.ADMINISTRATOR)
        context.add_cookies([{"name": "quantu_session", "value": secret, "url": world.address}])
        page = context.new_page()
        page.goto(f"{world.address}/uploads/{world.refused}", wait_until="networkidle")
        text = page.text_content("main") or ""
        assert NAME in text
        assert sum(script in text for script in PAYLOADS) >= 10
