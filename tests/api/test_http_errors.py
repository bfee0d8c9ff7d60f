"""Every error of ours has a status and words; readers get pages, programs JSON, nobody internals."""

import importlib
import pkgutil
from types import ModuleType

import httpx
import pytest
import small_city
from site_server import serving

import geo
import inventory
import layers
import maps
from api.errors import STATUS
from api.params import RequestError
from api.words import LANGUAGES, dictionary
from geo.errors import GeoError
from inventory.errors import InventoryError
from layers.catalog import Store
from layers.errors import LayerError
from layers.workspace import Workspace
from maps.errors import MapError

FAMILIES = (GeoError, LayerError, InventoryError, MapError, RequestError)


def import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def codes() -> set[str]:
    """The code of every error class of the packages, found by walking their subclasses."""
    for package in (geo, layers, inventory, maps):
        import_all(package)
    found: set[str] = set()
    waiting: list[type] = list(FAMILIES)
    while waiting:
        each = waiting.pop()
        found.add(each.code)
        waiting.extend(each.__subclasses__())
    return found


def test_every_error_has_a_status():
    assert codes() - STATUS.keys() == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_status_has_words(lang):
    known = dictionary(lang).keys()
    assert {code for code in STATUS if f"error_{code}" not in known} == set()


def test_no_status_is_kept_for_an_error_that_is_gone():
    assert STATUS.keys() - codes() == {"method_not_allowed", "internal"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/nothing", 404, "page_not_found"),
        ("/api/layers/unheard", 404, "layer_not_found"),
        ("/api/layers/unheard/features", 404, "layer_not_found"),
        ("/api/layers/shops/features?bbox=1,2,3", 400, "parameter_invalid"),
        ("/api/layers/shops/features?bbox=10,2,3,4", 400, "parameter_invalid"),
        ("/api/layers/shops/features?bbox=nan,nan,nan,nan", 400, "parameter_invalid"),
        ("/api/layers/shops/features?category=castle", 400, "parameter_invalid"),
        ("/api/layers/shops/features?limit=0", 400, "parameter_invalid"),
        ("/api/layers/walk_network/features", 400, "layer_kind"),
        ("/api/coverage/circles?by=galaxy", 404, "zones_unknown"),
        ("/api/coverage/circles?at=yesterday", 400, "parameter_invalid"),
        ("/api/coverage/circles?as_of=999999", 400, "time_not_known"),
        ("/api/coverage/circles?as_of=0", 409, None),
        ("/api/coverage/circles/zones?by=galaxy", 404, "zones_unknown"),
        ("/api/coverage/circles/uncovered", 400, "parameter_invalid"),
    ],
)
def test_a_wrong_question_is_told_in_json(client, path, status, code):
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    body = answer.json()
    assert body.keys() == {"code", "message", "fields"}
    assert code is None or body["code"] == code
    assert body["message"].endswith((".", "?")) or " --" in body["message"]


def test_a_message_is_in_the_readers_language(client):
    zh = client.get("/api/layers/unheard", headers={"Accept-Language": "zh-CN,en;q=0.5"}).json()
    assert zh["message"] == "没有名为“unheard”的图层。"


@pytest.mark.parametrize(
    "path", ["/nothing", "/?zone=unheard", "/?at=yesterday", "/layers/unheard", "/coverage/circles?by=x"]
)
def test_a_reader_gets_a_page_with_a_way_out(client, path):
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"].startswith("text/html")
    assert "To the map" in answer.text
    assert "Traceback" not in answer.text


def test_what_a_reader_typed_comes_back_as_text(client):
    answer = client.get("/?zone=<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pages_and_layers_cannot_be_written(client, method):
    ours = {"Origin": str(client.base_url).rstrip("/")}
    for path in ("/", "/api/layers", "/coverage/circles"):
        assert client.request(method, path, headers=ours).status_code == 405


def test_head_is_get_without_a_body(client):
    got, head = client.get("/health"), client.head("/health")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_server_without_a_city_says_what_to_do_first(tmp_path):
    with serving(tmp_path / "nowhere") as address, httpx.Client(base_url=address) as client:
        page = client.get("/", headers={"Accept-Language": "en"})
        assert page.status_code == 503
        assert "quantu demo" in page.text
        assert page.headers["retry-after"] == "5"
        health = client.get("/health")
        assert health.status_code == 503
        told = client.get("/api/city").json()
        assert told["code"] == "workspace_missing"
        assert str(tmp_path) not in client.get("/api/city").text + page.text
        assert client.get("/docs").status_code == 200


def test_a_city_without_zones_says_so_on_every_page(tmp_path):
    toml = small_city.CITY.split("[zones.district]")[0]
    Store.open(Workspace.init(tmp_path / "home", toml)).close()
    with serving(tmp_path / "home") as address, httpx.Client(base_url=address) as client:
        for path in ("/", "/coverage/circles", "/api/coverage/circles/uncovered?bbox=116,36,117,37"):
            answer = client.get(path, headers={"Accept-Language": "en"})
            assert answer.status_code == 404
            assert "no zones" in answer.text
