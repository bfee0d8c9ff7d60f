"""Pages as text: what a reader without script gets, caching, languages, and figures equal to the JSON."""

import re

import httpx
import pytest

from api.words import Words

EN = {"Accept-Language": "en"}


def words_of(page: str) -> str:
    """The page's visible text on one line; the inert data are left out."""
    body = re.sub(r"<script.*?</script>|<title>.*?</title>", " ", page.partition("<body")[2], flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ")


@pytest.fixture(scope="module")
def city(client):
    return client.get("/api/coverage/circles").json()


def test_the_map_page_says_the_sentence_and_ranks_the_districts(client, city):
    page = client.get("/", headers=EN).text
    said = words_of(page)
    share = f"{city['city']['share'] * 100:.0f} %"
    people = Words("en").many(city["city"]["demand"]).replace("\xa0", " ")
    assert f"{share} of {people} people have all they need within 15 minutes" in said
    ranked = re.findall(r'<a href="/\?zone=(D\d)" data-zone="D\d">\s*<span class="rank">', page)
    known = sorted((row for row in city["zones"] if row["share"] is not None), key=lambda row: -row["share"])
    assert ranked == [row["code"] for row in known] + ["D4"]
    assert "no network" in said
    assert "geometry and figures are synthetic" in said
    assert "not yet approved" in said


def test_a_district_page_says_its_figures_and_lists_its_subdistricts(client, city):
    row = next(row for row in city["zones"] if row["code"] == "D1")
    said = words_of(client.get("/?zone=D1", headers=EN).text)
    assert f"{row['share'] * 100:.1f} % have everything within 15 minutes" in said
    assert f"By straight line {row['share_straight'] * 100:.1f} %, on foot {row['share'] * 100:.1f} %" in said
    worst = max(city["categories"], key=lambda each: row["demand"] - row["categories"][each["id"]]["met"])
    assert worst["title_en"] in said.partition("Missing most")[2][:60]
    assert "Nanquan West" in said
    assert "Nanquan East" in said
    assert "Dongquan West" not in said


def test_the_finest_zone_has_no_list_and_says_where_it_lies(client):
    said = words_of(client.get("/?zone=D121", headers=EN).text)
    assert re.search(r"Littlespring › Nanquan › Nanquan East › East 1", said)
    assert "Communities" not in said


@pytest.mark.parametrize(
    ("zone", "said"), [("D4", "no street to walk on"), ("D22", "Nobody is counted here")]
)
def test_a_zone_without_a_share_says_why(client, zone, said):
    assert said in words_of(client.get(f"/?zone={zone}", headers=EN).text)


def test_a_zone_is_found_by_its_name_in_either_language(client):
    for name in ("南泉区", "Nanquan", "nanquan"):
        found = client.get("/find", params={"q": name}, headers=EN)
        if found.status_code == 303:
            assert found.headers["location"] == "/?zone=D1"
        else:
            assert "/?zone=D1" in found.text
    assert client.get("/find", params={"q": "D12"}).headers["location"] == "/?zone=D12"
    assert "called “nowhere”" in client.get("/find", params={"q": "nowhere"}, headers=EN).text


def test_the_language_switch_is_remembered_and_keeps_the_place(small_site):
    with httpx.Client(base_url=small_site) as client:
        page = client.get("/?zone=D1", headers=EN).text
        assert 'href="?zone=D1&amp;lang=zh"' in page
        assert "南泉区" in client.get("/?zone=D1&lang=zh", headers=EN).text
        assert 'lang="zh-Hans"' in client.get("/layers", headers=EN).text


def test_times_stay_in_the_links_and_are_told(client):
    sequence = client.get("/health").json()["sequence"]
    page = client.get(f"/?zone=D1&as_of={sequence}", headers=EN).text
    assert f"/?zone=D11&amp;as_of={sequence}" in page
    assert f"known at {sequence}" in page
    assert "Back to now" in page


def test_the_report_has_every_zone_with_the_figure_of_the_json(client, city):
    said = words_of(client.get("/coverage/circles", headers=EN).text)
    for row in city["zones"]:
        if row["share"] is not None:
            assert f"{row['name_en']} {row['demand']:,.0f} {row['share'] * 100:.1f} %" in said
    assert "no network" in said
    assert "Every category of the rule set has data" in said
    assert f"quantu replay {client.get('/api/coverage/circles').headers['etag'][3:20]}" in said


def test_a_category_can_be_looked_at_by_zone(client, city):
    said = words_of(client.get("/coverage/circles?category=market", headers=EN).text)
    figures = city["zones"][0]["categories"]["market"]
    assert f"{figures['share'] * 100:.1f} %" in said
    assert "Market or fresh food, within 500 m on foot" in said


def test_layers_tell_versions_agencies_and_counts(client):
    said = words_of(client.get("/layers", headers=EN).text)
    assert "13 published layers" in said
    one = words_of(client.get("/layers/health", headers=EN).text)
    assert "Health bureau" in one
    assert "first survey" in one
    version = client.get("/api/layers/health").json()["heads"][0]
    assert version["id"] in one
    assert re.search(r"Pharmacy 25 ", one)


def test_a_layer_without_data_says_what_to_do_first(client):
    said = words_of(client.get("/layers/parks", headers=EN).text)
    assert "quantu ingest FILE --layer parks" in said


@pytest.mark.parametrize(
    "path", ["/", "/coverage/circles", "/api/coverage/circles", "/api/backdrop", "/layers"]
)
def test_what_has_not_changed_is_not_sent_twice(client, path):
    first = client.get(path, headers=EN)
    again = client.get(path, headers={**EN, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"


def test_addresses_that_name_their_content_may_be_kept_for_ever(client):
    page = client.get("/").text
    style = re.search(r'href="(/static/[0-9a-f]+/site\.css)"', page)[1]
    assert "immutable" in client.get(style).headers["cache-control"]
    assert (
        client.get(re.sub(r"/static/[0-9a-f]+/", "/static/older/", style)).headers["cache-control"]
        == "no-cache"
    )
    backdrop = re.search(r'"address":"(/api/backdrop\?v=[0-9a-f]+)"', page)[1]
    assert "immutable" in client.get(backdrop).headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/static/x/../../deps.py", "/static/x/%2e%2e/deps.py", "/vendor/leaflet/package.json", "/static/x/"],
)
def test_files_are_served_from_a_list_and_never_from_a_path(client, path):
    assert client.get(path).status_code == 404


def test_text_travels_gzipped(client):
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    leaflet = re.search(r'src="(/vendor/leaflet/[^"]+)"', answer.text)[1]
    packed = client.get(leaflet, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == client.get(leaflet, headers={"Accept-Encoding": "identity"}).content
