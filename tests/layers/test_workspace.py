"""Workspaces: made whole or not at all, and clear about what is wrong with city.toml."""

import pytest
from layer_worlds import CITY

from layers.city import parse_city
from layers.errors import CityError, LayerNotFound, WorkspaceExists, WorkspaceMissing
from layers.workspace import Workspace


def test_a_missing_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceMissing, match=r"quantu init.*quantu demo"):
        Workspace.open(tmp_path / "nowhere")
    with pytest.raises(WorkspaceMissing):
        Workspace.open(tmp_path)


def test_what_init_makes_open_finds(tmp_path):
    made = Workspace.init(tmp_path / "home", CITY)
    found = Workspace.open(tmp_path / "home")
    assert found.city == made.city
    assert found.workspace_id == made.workspace_id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert found.staging.is_dir()
    assert found.parts.is_dir()


def test_init_takes_an_empty_folder_and_refuses_a_full_one(tmp_path):
    (tmp_path / "home").mkdir()
    Workspace.init(tmp_path / "home", CITY)
    with pytest.raises(WorkspaceExists):
        Workspace.init(tmp_path / "home", CITY)
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceExists):
        Workspace.init(tmp_path / "file", CITY)


def test_a_bad_city_makes_no_workspace(tmp_path):
    with pytest.raises(CityError):
        Workspace.init(tmp_path / "home", CITY.replace("bbox", "box"))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_layer_is_told_with_those_there_are(tmp_path):
    workspace = Workspace.init(tmp_path / "home", CITY)
    assert workspace.spec("people").key == "id"
    with pytest.raises(LayerNotFound, match=r"peopel.*there are bare_soil"):
        workspace.spec("peopel")


def test_a_city_says_what_its_file_says():
    city = parse_city(CITY)
    assert city.bbox == (117.0, 36.0, 118.0, 37.0)
    assert city.centre == (117.5, 36.5)
    assert [entry.code for entry in city.agencies] == ["east", "west", "bureau"]
    assert city.agency("bureau").kind == "bureau"
    assert city.agency("north") is None
    assert (city.zones["district"].layer, city.zones["district"].key) == ("districts", "code")
    assert (city.working_crs, city.default_language, city.network) == ("auto", "zh", "walk_network")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("id = \"tiny\"", ""), "id"),
        (("id = \"tiny\"", "id = \"../x\""), "id"),
        (("bbox = [117.0, 36.0, 118.0, 37.0]", "bbox = [117.0, 36.0]"), "bbox"),
        (("bbox = [117.0, 36.0, 118.0, 37.0]", "bbox = [118.0, 36.0, 117.0, 37.0]"), "bbox"),
        (("synthetic = true", "synthetic = 1"), "synthetic"),
        (("synthetic = true", "languages = [\"fr\"]"), "languages"),
        (("synthetic = true", "colour = 3"), "colour"),
        (("code = \"west\"", "code = \"east\""), "agencies[2].code"),
        (("kind = \"bureau\"", "kind = \"club\""), "agencies[3].kind"),
        (("layer = \"districts\"", "layers = \"districts\""), "zones.district.layer"),
    ],
)  # fmt: skip
def test_a_mistake_in_city_toml_is_told_with_its_key(change, key):
    assert change[0] in CITY
    with pytest.raises(CityError) as caught:
        parse_city(CITY.replace(*change), "home/city.toml")
    assert caught.value.key == key
    assert str(caught.value).startswith("home/city.toml: key")


def test_a_city_says_its_time_zone_or_has_that_of_greenwich():
    named = parse_city(CITY.replace("[[agencies]]", 'timezone = "Asia/Shanghai"\n[[agencies]]', 1))
    assert named.zone.key == "Asia/Shanghai"
    assert parse_city(CITY).zone.key == "UTC"


@pytest.mark.parametrize("name", ["Asia/Jinan", "../etc/passwd", "+08:00", "Asia", "/etc/localtime"])
def test_a_time_zone_nobody_knows_is_refused(name):
    with pytest.raises(CityError) as caught:
        parse_city(CITY.replace("[[agencies]]", f'timezone = "{name}"\n[[agencies]]', 1))
    assert caught.value.key == "timezone"
