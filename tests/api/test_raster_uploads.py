"""A GeoTIFF over HTTP with a real worker: sent, examined, shown, published, read back; by command too."""

import json
import re
import struct
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import bare_city
import httpx
import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.io import MemoryFile
from site_server import NODE_MODULES, serving
from typer.testing import CliRunner

from api.cli import app
from api.settings import Settings
from api.supervisor import beside
from api.words import Words
from layers import jobs, uploads
from layers.catalog import Store
from layers.upload_folder import examination
from layers.workspace import Workspace

HERE = Affine(0.001, 0, 117.2, 0, -0.001, 36.8)
PATIENCE_S = 90


def geotiff(values: np.ndarray, transform: Affine | None = HERE, **options: object) -> bytes:
    count, height, width = values.shape
    place = {} if transform is None else {"crs": "EPSG:4326", "transform": transform}
    with MemoryFile() as memory:
        profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": values.dtype}
        with memory.open(**profile, **place, **options) as raster:
            raster.write(values)
        return bytes(memory.getbuffer())


def heights(first: float = 10.0) -> np.ndarray:
    return (first + np.arange(600, dtype=np.float32)).reshape(1, 20, 30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_city.build(tmp_path_factory.mktemp("rasters") / "home").home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    settings = Settings(home=home, browser_files=NODE_MODULES)
    with beside(settings), serving(home) as address, bare_city.visiting(address) as found:
        bare_city.sign_in(found, Workspace.open(home))
        yield found


def send(client: httpx.Client, name: str, content: bytes, **said: object) -> str:
    """Send a file as a program does and wait for what came of it."""
    made = client.post(
        "/api/uploads", json={"files": [{"name": name, "bytes": len(content)}], "said": said}
    ).json()
    sent = client.patch(f"/api/uploads/{made['id']}/files/0", content=content, headers={"Upload-Offset": "0"})
    assert sent.status_code == 200
    assert client.post(f"/api/uploads/{made['id']}/complete").status_code == 202
    wait(client, made["id"], "waiting")
    return made["id"]


def wait(client: httpx.Client, upload: str, leaving: str) -> str:
    """The state once it is no longer `leaving`; the server answers each question, so no sleep is needed."""
    for _ in range(20_000):
        state = client.get(f"/api/uploads/{upload}").json()["state"]
        if state != leaving:
            return state
    raise AssertionError(f"still {leaving}")


def text_of(page: str) -> str:
    inner = re.sub(r"<script.*?</script>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inner)).split())


def test_a_raster_goes_the_whole_way(client, home, tmp_path):
    upload = send(client, "高程.tif", geotiff(heights(), nodata=-9999.0), layer="elevation")
    page = client.get(f"/uploads/{upload}").text
    shown = text_of(page)
    for part in ("One raster", "30 columns, 20 rows", "cells of 89.26 × 110.97 m", "10 to 609 m", "-9999"):
        assert part in shown
    assert "WGS 84 (EPSG:4326)" in shown
    picture = client.get(
        re.search(r'src="(/api/uploads/[^"]*preview\.png[^"]*)"', page)[1].replace("&amp;", "&")
    )
    assert picture.headers["content-type"] == "image/png"
    assert struct.unpack(">II", picture.content[16:24]) == (30, 20)

    with Store.open(Workspace.open(home)) as store:
        folder = examination(store.workspace, upload, 1)
        report = json.loads((folder / "report.json").read_text("utf-8"))
        told = [report[name] for name in ("kind", "geometry", "rows", "delta", "publishable", "base")]
        assert told == ["raster", None, 1, None, True, None]
        assert report["bounds"] == [117.2, 36.78, 117.23, 36.8]

    answer = client.post(f"/api/uploads/{upload}/publish", json={"note": "sheet 1", "examination": 1})
    assert answer.status_code == 202
    assert wait(client, upload, "publishing") == "published"
    published = text_of(client.get(f"/uploads/{upload}").text)
    assert "Published" in published

    layer = text_of(client.get("/layers/elevation").text)
    assert "One raster, published by one agency" in layer
    assert "30 columns, 20 rows" in layer
    (head,) = client.get("/api/layers/elevation").json()["heads"]
    assert (head["raster"]["width"], head["raster"]["height"], head["rows"]) == (30, 20, 1)
    file = client.get("/api/layers/elevation/export.tif")
    assert file.headers["content-type"].startswith("image/tiff")
    with MemoryFile(file.content) as memory, memory.open() as raster:
        assert (raster.read() == heights()).all()
    again = client.get("/api/layers/elevation/export.tif", headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/api/layers/elevation/export.tif", params={"agency": "nobody"}).status_code == 400
    assert client.get("/layers").status_code == 200


def test_a_second_version_is_shown_and_can_be_taken_back(client, home):
    upload = send(client, "dem.tif", geotiff(heights(first=100)), layer="elevation")
    client.post(f"/api/uploads/{upload}/publish", json={"confirm": ["all"], "examination": 1})
    assert wait(client, upload, "publishing") == "published"
    assert "109" not in text_of(client.get("/layers/elevation?as_of=1").text).split("History")[0]
    page = client.get("/layers/elevation")
    assert page.status_code == 200
    assert "100 to 699 m" in text_of(page.text)
    assert "10 to 609 m" in text_of(client.get("/layers/elevation?as_of=1").text)
    first, second = (each["version"] for each in reversed(client.get("/api/layers/elevation/history").json()))
    assert client.get(f"/layers/elevation/diff?from={first}&to={second}").status_code in (400, 409)
    assert client.get("/layers/elevation/features").status_code in (404, 400)
    assert client.get("/api/layers/elevation/features").status_code in (400, 409)
    assert client.get("/api/layers/elevation/export.gpkg").status_code in (400, 409)
    with Store.open(Workspace.open(home)) as store:
        assert store.check() == []


def test_the_effect_on_coverage_is_none_and_the_same_raster_is_told(client, home):
    upload = send(client, "dem.tif", geotiff(heights(first=100)), layer="elevation")
    with Store.open(Workspace.open(home)) as store:
        for _ in range(20_000):
            effect = jobs.latest(store.database, "effect", upload)
            if effect.state not in ("queued", "running"):
                break
            client.get("/health")
        assert (effect.state, effect.outcome["reason"]) == ("done", "layer_unread")
    page = text_of(client.get(f"/uploads/{upload}").text)
    assert "The living circles report does not count this layer" in page
    assert Words("en").say("upload_publish_same") in page


def test_what_is_wrong_is_said_on_the_page(client):
    high = send(client, "dem.tif", geotiff(heights(first=9000)), layer="elevation")
    page = text_of(client.get(f"/uploads/{high}").text)
    assert "The greatest value of band 1, 9599, is above the most allowed, 9,000" in page
    whole = geotiff(np.random.default_rng(1).random((1, 300, 300), np.float32))
    broken = send(client, "dem.tif", whole[: len(whole) // 2], layer="elevation")
    assert client.get(f"/api/uploads/{broken}").json()["state"] == "unreadable"
    assert client.get(f"/uploads/{broken}").status_code == 200
    assert client.get(f"/api/uploads/{broken}/preview.png").status_code == 404


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_has_a_page(client):
    nowhere = send(client, "dem.tif", geotiff(heights(), transform=None), layer="elevation")
    page = text_of(client.get(f"/uploads/{nowhere}").text)
    assert "The raster has no usable place" in page


def test_a_raster_of_a_layer_nobody_knows_makes_a_layer(client, home):
    green = np.linspace(-1, 1, 600, dtype=np.float32).reshape(1, 20, 30)
    upload = send(client, "ndvi.tif", geotiff(green))
    page = client.get(f"/uploads/{upload}").text
    assert 'id="draft"' in page
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)[1]
    form = {"form_token": token, "name": "ndvi", "title_zh": "植被指数", "title_en": "Vegetation index"}
    assert client.post(f"/uploads/{upload}/spec", data=form).status_code == 303
    wait(client, upload, "waiting")
    with Store.open(Workspace.open(home)) as store:
        spec = store.spec("ndvi")
        assert (spec.kind, spec.key, spec.fields, spec.raster.bands) == ("raster", "", (), 1)
        assert uploads.find(store, upload).layer == "ndvi"


def test_the_command_line_takes_and_gives_a_raster(tmp_path):
    home = bare_city.build(tmp_path / "home").home
    path = tmp_path / "dem.tif"
    path.write_bytes(geotiff(heights()))

    def run(*words: str):
        return CliRunner().invoke(app, ["--home", str(home), "--lang", "en", *words])

    done = run("ingest", str(path), "--layer", "elevation")
    assert done.exit_code == 0, done.output
    out = tmp_path / "out.tif"
    done = run("export", "elevation", "-o", str(out))
    assert done.exit_code == 0, done.output
    assert "Wrote the raster “elevation” of east" in done.output
    with rasterio.open(out) as raster:
        assert (raster.read() == heights()).all()
    assert run("layers").exit_code == 0
    assert run("check").exit_code == 0
    assert run("history", "elevation").exit_code == 0
