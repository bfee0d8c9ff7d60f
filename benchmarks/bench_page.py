"""What the first view of the demo city's map weighs over the wire, against its limit, in a real browser.

The true-size city with its own facilities, in both languages; needs Chromium. Every answer the browser gets
until the page is still counts, as encoded on the wire. Requests to elsewhere are stopped and counted: there
must be none.
"""

import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from api import demo
from api.app import create_app
from api.settings import Settings
from benchmarks._measure import ROOT, Row, report

LIMIT_BYTES = 1_500_000
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"


def first_view(browser: Browser, site: str, lang: str) -> tuple[int, int, float, list[str]]:
    """Bytes, answers, seconds until the map stands, and requests to elsewhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=lang)
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda request: request.url.startswith((site, "data:")) or outside.append(request.url))
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(site)
    page.wait_for_selector("html[data-map=ready]")
    seconds = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    context.close()
    return int(sum(sizes)), len(sizes), seconds, outside


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Chromium is not here: the page benchmark needs a real browser (make test installs it)")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = ROOT / "home" if demo.is_built(ROOT / "home") else Path(folder) / "home"
        demo.build(home)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            site = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            server = uvicorn.Server(uvicorn.Config(create_app(Settings(home=home)), log_level="error"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                measure(chromium, site)
            finally:
                server.should_exit = True
                thread.join()


def measure(chromium: str, site: str) -> None:
    rows, facts = [], {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        first_view(browser, site, "en-GB")  # computes and keeps the result
        for lang in ("zh-CN", "en-GB"):
            size, answers, seconds, outside = first_view(browser, site, lang)
            if outside:
                raise SystemExit(f"the map asked for {len(outside)} things outside: {outside[:3]}")
            rows.append(Row(f"first map view, {lang}", size, "limit", LIMIT_BYTES, 1.0, unit="B"))
            facts[f"first map view, {lang}"] = (
                f"{answers} answers, map stands after {seconds:.1f} s, none outside"
            )
        browser.close()
    report("page", "The first view of the demo city, over the wire", rows, facts)


if __name__ == "__main__":
    main()
