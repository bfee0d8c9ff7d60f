"""Building the demo's workspace: whole, the same each time, and safe to kill at any moment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.demo import EDITION, MARK_FILE, build, is_built
from api.demo.city import PUBLISHER, SHARED_LAYERS
from api.demo.errors import DemoDiffers
from api.demo.ground import HERE
from api.demo.workspace import add_agencies
from inventory.circles import circles
from layers.catalog import Store
from layers.city import parse_city
from layers.errors import WorkspaceExists
from layers.publish import publish_frame
from layers.spec_files import PACKAGED
from layers.workspace import Workspace

OTHER_CITY = """
id = "elsewhere"
name_zh = "别处"
name_en = "Elsewhere"
bbox = [0, 0, 1, 1]
[[agencies]]
code = "a"
name_zh = "甲"
"""
CHILD = """
import sys
from api.demo import build
build(sys.argv[1], seed=7, scale=0.02, progress=lambda step: print(step, flush=True))
"""


def content(store: Store) -> dict[tuple[str, str], str]:
    """The logical hash of every head."""
    return {
        (summary.name, agency): head.logical_hash
        for summary in store.layers()
        for agency, head in summary.heads.items()
    }


def kill_at(home: Path, step: str) -> list[str]:
    """Build in a process that is killed (SIGKILL) as it begins a step; the steps it had begun."""
    begun = []
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            begun.append(line.strip())
            if line.startswith(step):
                child.kill()
                break
    return begun


def test_every_layer_has_its_publisher(store: Store) -> None:
    heads = {summary.name: set(summary.heads) for summary in store.layers()}
    for layer, agency in PUBLISHER.items():
        assert heads[layer] == {agency}
    for layer in SHARED_LAYERS:
        assert len(heads[layer]) == 13


def test_the_city_says_that_it_is_synthetic_and_not_approved(store: Store) -> None:
    city = store.workspace.city
    assert city.synthetic
    assert city.approval_number is None
    zone = city.agency("370176")
    assert zone is not None
    assert len(zone.members) == 5


def test_building_what_is_built_changes_nothing(home: Path, store: Store) -> None:
    before = store.sequence()
    build(home, seed=7, scale=0.02)
    assert store.sequence() == before
    assert is_built(home)


def test_another_seed_in_the_same_folder_is_refused(home: Path) -> None:
    with pytest.raises(DemoDiffers, match=r"seed 7, scale 0\.02"):
        build(home, seed=8, scale=0.02)


def test_another_city_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "home", OTHER_CITY)
    with pytest.raises(WorkspaceExists):
        build(tmp_path / "home")
    assert not (tmp_path / "home" / MARK_FILE).exists()


def test_nothing_is_built_where_nothing_is(tmp_path: Path) -> None:
    assert not is_built(tmp_path)
    assert not is_built(tmp_path / "missing")


def test_a_killed_build_keeps_whole_what_it_had_published(store: Store, tmp_path: Path) -> None:
    torn = tmp_path / "home"
    begun = kill_at(torn, "walk_network")
    assert not is_built(torn)
    with Store.open(Workspace.open(torn)) as opened:
        assert opened.check() == []
        made = content(opened)
    assert {f"{layer} {agency}" for layer, agency in made} == set(begun[:-1])
    assert made.items() <= content(store).items()


@pytest.mark.slow
def test_a_build_killed_twice_ends_as_one_that_never_was(home: Path, store: Store, tmp_path: Path) -> None:
    """Same seed, two processes killed and a third that finishes: the same content, nothing left over."""
    torn = tmp_path / "home"
    first = kill_at(torn, "walk_network")
    assert not is_built(torn)
    second = kill_at(torn, "sanitation 370112")
    assert second[0] == "walk_network 370100-planning"  # what was published before is not published again
    assert not set(first[:-1]) & set(second)
    build(torn, seed=7, scale=0.02)
    assert is_built(torn)
    with Store.open(Workspace.open(torn)) as mended:
        assert mended.check() == []
        assert content(mended) == content(store)
    assert not any((torn / "staging").iterdir())


def test_a_city_of_an_earlier_edition_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / MARK_FILE).write_text(
        '{"seed": 7, "scale": 1.0, "complete": true}'
    )  # as the first edition wrote it
    assert not is_built(tmp_path)
    (tmp_path / MARK_FILE).write_text(
        json.dumps({"seed": 7, "scale": 1.0, "edition": EDITION, "complete": True})
    )
    assert is_built(tmp_path)


def earlier_text() -> str:
    """The demo's city.toml without the bureaus of this edition, and with a remark of somebody."""
    head, *blocks = (HERE / "city.toml").read_text(encoding="utf-8").split("[[agencies]]\n")
    old = [block for block in blocks if not any(f'"370100-{name}"' in block for name in LATER)]
    return "[[agencies]]\n".join([head, *old]) + "# ours\n"


LATER = ("landscape", "housing", "lighting", "management")


def test_missing_agencies_are_added_once_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    path.write_text(earlier_text(), encoding="utf-8")
    assert add_agencies(path, (HERE / "city.toml").read_text(encoding="utf-8"))
    grown = path.read_text(encoding="utf-8")
    assert grown.startswith(earlier_text())
    whole, ours = parse_city((HERE / "city.toml").read_text(encoding="utf-8")), parse_city(grown)
    assert {each.code: each for each in ours.agencies} == {each.code: each for each in whole.agencies}
    assert not add_agencies(path, (HERE / "city.toml").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_an_earlier_city_gets_what_it_lacks_and_keeps_what_others_published(
    store: Store, tmp_path: Path
) -> None:
    """Layers up to `services` under specs without places and beds; somebody else has changed `care` since."""
    torn = tmp_path / "home"
    specs = {f"specs/{name}.toml": earlier_spec(name).encode() for name in ("education", "care")}
    Workspace.init(torn, earlier_text(), specs)
    kill_at(torn, "parks")
    with Store.open(Workspace.open(torn)) as old:
        assert "places" not in old.read("education")
        publish_frame(old, "care", "370100-civil", old.read("care").iloc[1:], author="li", note="one is gone")
        kept = content(old)
    for name in specs:
        (torn / name).unlink()
    (torn / MARK_FILE).write_text('{"seed": 7, "scale": 0.02, "complete": true}')
    build(torn, seed=7, scale=0.02)
    with Store.open(Workspace.open(torn)) as grown:
        made, wanted = content(grown), content(store)
        assert made.keys() == wanted.keys()
        care = ("care", "370100-civil")
        assert made[care] == kept[care]
        assert {key for key in made if made[key] != wanted[key]} == {care}
        assert grown.read("education")["places"].notna().all()


def earlier_spec(name: str) -> str:
    """A packaged spec without the field of this edition."""
    text = (PACKAGED / f"{name}.toml").read_text(encoding="utf-8")
    head, *fields = text.split("[[fields]]\n")
    return "[[fields]]\n".join(
        [head, *(f for f in fields if 'name = "places"' not in f and 'name = "beds"' not in f)]
    )


def test_the_demo_tells_a_story(store: Store) -> None:
    """Shares of people with everything in fifteen minutes: the core leads, the counties are behind."""
    result = circles(store, by="district").result
    assert result["city"]["demand"] == 9_200_000
    share = {row["code"]: row["share"] for row in result["zones"]}
    assert len(share) == 12
    assert 0.4 < result["city"]["share"] < 0.8
    assert result["city"]["share"] < result["city"]["share_straight"]
    assert min(share["370102"], share["370103"]) > 0.75
    assert max(share["370115"], share["370126"]) < 0.6
    assert result["city"]["one_missing"]["total"] > 100_000
