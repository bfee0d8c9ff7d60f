"""The JSON under /api: layers, features by view, zones, people who lack something."""

import re
import shutil

import httpx
import pytest
import small_city
from site_server import serving
from test_access import walked

from api.app import create_app
from api.settings import Settings

EVERYWHERE = "116.9,36.5,117.3,36.9"
EN = {"Accept-Language": "en"}


def test_the_city_says_it_is_synthetic(client):
    city = client.get("/api/city").json()
    assert city["synthetic"] is True
    assert [zone["name"] for zone in city["zones"]] == ["district", "subdistrict", "community"]
    assert {agency["code"] for agency in city["agencies"]} == {"planning", "health"}


def test_health_names_the_browser_files(client):
    assert client.get("/health").json()["browser_files"] == ["leaflet", "swagger-ui-dist"]


def test_layers_list_what_is_published(client):
    layers = {each["name"]: each for each in client.get("/api/layers").json()}
    assert layers["health"]["rows"] == 1625
    assert layers["health"]["heads"][0]["agency"] == "health"
    assert layers["parks"]["heads"] == []


def test_history_tells_every_move(client):
    moves = client.get("/api/layers/shops/history").json()
    assert [move["action"] for move in moves] == ["publish"]
    assert moves[0]["version"] == client.get("/api/layers/shops").json()["heads"][0]["id"]


def test_features_are_those_in_the_box_with_facts_in_the_readers_language(client):
    all_of_them = client.get(
        "/api/layers/health/features", params={"bbox": EVERYWHERE, "limit": 5000}, headers=EN
    ).json()
    assert all_of_them["count"] == len(all_of_them["features"]) == 1625
    lons = sorted(each["geometry"]["coordinates"][0] for each in all_of_them["features"])
    half = f"116.9,36.5,{(lons[811] + lons[812]) / 2},36.9"
    assert client.get("/api/layers/health/features", params={"bbox": half}).json()["count"] == 812
    facts = dict(all_of_them["features"][0]["properties"]["facts"])
    assert facts["Published by"] == "Health bureau"
    assert facts["Category"] in ("Health centre", "Health station", "Outpatient clinic", "Pharmacy")


def test_categories_narrow_the_answer(client):
    query = {"bbox": EVERYWHERE, "category": "pharmacy,health_centre", "limit": 5000}
    found = client.get("/api/layers/health/features", params=query).json()
    assert found["count"] == 25 + 40
    assert {each["properties"]["category"] for each in found["features"]} == {"pharmacy", "health_centre"}


def test_too_many_are_counted_on_a_grid_that_loses_nobody(client):
    query = {"bbox": EVERYWHERE, "limit": 50}
    found = client.get("/api/layers/shops/features", params=query, headers=EN).json()
    assert sum(each["properties"]["count"] for each in found["features"]) == found["count"] > 50
    assert len(found["features"]) < found["count"]
    assert "zoom in" in found["message"]


def test_without_a_box_the_first_ones_come_and_it_is_said(client):
    found = client.get("/api/layers/shops/features?limit=7", headers=EN).json()
    assert len(found["features"]) == 7
    assert "the first 7 of" in found["message"]


def test_a_layer_nobody_published_is_empty_and_says_so(client):
    found = client.get("/api/layers/parks/features", headers=EN).json()
    assert found["features"] == []
    assert "no published version" in found["message"]


def test_zones_come_with_their_share_and_colour(client):
    zones = client.get("/api/coverage/circles/zones?by=subdistrict&within=D2", headers=EN).json()["features"]
    looks = {each["properties"]["code"]: each["properties"] for each in zones}
    assert looks.keys() == {"D21", "D22"}
    assert looks["D22"]["hatch"] == "no_demand"
    assert looks["D21"]["fill"].startswith("#")


def uncovered(client, zoom: int, bbox: str = EVERYWHERE) -> dict:
    query = {"bbox": bbox, "zoom": zoom}
    return client.get("/api/coverage/circles/uncovered", params=query, headers=EN).json()


def test_people_lacking_something_are_those_without_everything(client):
    city = client.get("/api/coverage/circles").json()["city"]
    for zoom in (8, 12, 17):
        found = uncovered(client, zoom)
        assert found["people"] == pytest.approx(city["demand"] - city["met"])
        assert sum(each["properties"]["people"] for each in found["features"]) == pytest.approx(
            found["people"], abs=60
        )


def test_single_places_say_all_they_lack(client):
    city = client.get("/api/coverage/circles").json()
    titles = {each["title_en"] for each in city["categories"]}
    here = uncovered(client, 16, "117.0,36.67,117.01,36.68")
    assert not here["grouped"]
    assert here["features"]
    assert all(set(each["properties"]["missing"]) <= titles for each in here["features"])
    assert all(each["properties"]["missing"] for each in here["features"])


def test_coarser_zooms_have_fewer_cells(client):
    assert len(uncovered(client, 10)["features"]) < len(uncovered(client, 13)["features"])


def test_the_backdrop_has_the_river(client):
    backdrop = client.get("/api/backdrop").json()
    assert len(backdrop["water"]["features"]) == 1


def test_results_are_computed_once_and_kept(client, small_home):
    client.get("/api/coverage/circles")
    kept = {path: path.stat().st_mtime_ns for path in (small_home / "results").glob("*/result.json")}
    client.get("/api/coverage/circles")
    client.get("/")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_reference_describes_every_json_route(client):
    described = client.get("/api/openapi.json").json()
    app = create_app(Settings(home="unused"))
    routes = {route.path for route in walked(app.routes) if getattr(route, "include_in_schema", False)}
    ours = {path for path in routes if path.startswith("/api/") or path == "/health"}
    assert {"/api/city", "/api/layers/{name}/history", "/api/uploads/{upload_id}"} <= ours
    assert described["paths"].keys() == ours
    writing = {path for path, methods in described["paths"].items() if set(methods) != {"get"}}
    assert all(path.startswith("/api/uploads") for path in writing)


def test_what_only_staff_may_see_is_not_there_for_others(small_built, tmp_path):
    home = shutil.copytree(small_built, tmp_path / "home")
    packaged = re.sub(r"(?m)^(kind = .*)$", r'\1\naudience = "staff"', spec("services"), count=1)
    (home / "specs" / "services.toml").write_text(packaged, "utf-8")
    shops = spec("shops").replace('name = "name"\n', 'name = "name"\naudience = "staff"\n', 1)
    (home / "specs" / "shops.toml").write_text(shops, "utf-8")
    with serving(home) as address, httpx.Client(base_url=address, timeout=60.0) as client:
        assert "services" not in {each["name"] for each in client.get("/api/layers").json()}
        for path in (
            "/api/layers/services",
            "/api/layers/services/features",
            "/api/layers/services/history",
            "/layers/services",
        ):
            assert client.get(path).status_code == 404
        shop = client.get("/api/layers/shops/features?limit=1").json()["features"][0]["properties"]
        assert shop["name"] == ""
        assert small_city.XSS not in client.get("/layers/shops").text


def spec(name: str) -> str:
    from layers import spec_files

    return (spec_files.PACKAGED / f"{name}.toml").read_text("utf-8")
