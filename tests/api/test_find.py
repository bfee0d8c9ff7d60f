"""Finding a zone by name says how many there are, not only how many it lists."""

import re

import httpx


def test_a_long_list_says_how_many_more_there_are(demo_site):
    with httpx.Client(base_url=demo_site, timeout=120) as client:
        asked = {"q": "街道", "lang": "zh"}
        page = client.get("/find", params=asked).text
        listed = page.split('class="plain"')[1].count("<li>")
        count, shown, rest = map(int, re.search(r"有 (\d+) 处.*前 (\d+) 处，另有 (\d+) 处", page).groups())
        assert (listed, shown) == (30, 30)
        assert count == shown + rest > 30
        zones = client.get("/api/coverage/circles", params={"by": "subdistrict"}).json()["zones"]
        assert count == len([zone for zone in zones if "街道" in zone["name"]])


def test_a_short_list_is_whole(client):
    page = client.get("/find", params={"q": "街道"}, headers={"Accept-Language": "zh"}).text
    assert "有 8 处" in page
    assert "另有" not in page
