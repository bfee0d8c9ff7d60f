"""Every attack of the corpus through the door of an upload: the expected answer, and nothing else.

Each is held against the same oracle: the secret outside is in nothing that could be shown, nobody knocked at
a port, the answer's cause is the one written down beside the attack, no folder of a task is left, this
process did not grow, and a good file is read right after it.
"""

import os
import subprocess
import sys
from pathlib import Path

import corpus_archives
import corpus_binaries
import corpus_databases
import corpus_descriptions
import corpus_shapefiles
import corpus_texts
import door
import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import seeds
import shapely
from attack import LIMITS, Attack

from api.words import LANGUAGES, Words
from geo.read_problems import PROBLEMS

CORPUS: list[Attack] = [
    *corpus_descriptions.ATTACKS,
    *corpus_archives.ATTACKS,
    *corpus_databases.ATTACKS,
    *corpus_texts.ATTACKS,
    *corpus_shapefiles.ATTACKS,
    *corpus_binaries.ATTACKS,
]


SOME = 6
"""One in so many attacks is tried in every fast run, all of them in the slow one."""


def _marked(number: int, attack: Attack) -> object:
    return pytest.param(attack, marks=pytest.mark.slow) if attack.slow or number % SOME else attack


@pytest.mark.parametrize("attack", [_marked(*each) for each in enumerate(CORPUS)], ids=str)
def test_an_attack_is_answered_by_what_was_expected(
    attack, bait, tmp_path, room, nobody_asked, memory_of_this_process
):
    files = door.received(attack.make(bait), tmp_path / "files")
    answer = door.knock(files, room, attack.limits, **dict(attack.said))
    assert set(answer.causes) <= set(attack.answers), answer.errors
    assert not answer.holds(bait.text)
    for error in answer.errors:
        sentences = {Words(language).error(error) for language in LANGUAGES}
        assert len(sentences) == len(LANGUAGES)
        assert not any(bait.text in sentence or not sentence.strip() for sentence in sentences)
    assert [each.name for each in room.iterdir() if each.name.startswith("quantu-read-")] == []
    for reading in answer.readings:
        if isinstance(reading.frame, gpd.GeoDataFrame):
            assert np.isfinite(shapely.get_coordinates(reading.frame.geometry.array)).all()
    assert not (bait.folder / "was_here").exists()
    if answer.opened:
        read_a_good_file(tmp_path / "good", room)


def read_a_good_file(folder: Path, room: Path) -> None:
    good = door.knock(door.received({"good.csv": seeds.CSV}, folder), room, LIMITS)
    assert good.readings[0].frame["name"].tolist() == ["趵突泉", "黑虎泉"]


def test_there_are_as_many_attacks_as_the_plan_asks_for():
    names = [attack.name for attack in CORPUS]
    assert len(names) == len(set(names)) >= 150
    assert all(set(attack.answers) <= {*PROBLEMS, "read"} for attack in CORPUS)


def test_a_free_driver_would_have_read_the_secret_and_asked_the_port(bait, tmp_path):
    """The bait works: without what holds it, GDAL follows the descriptions."""
    for suffix in (".geojson", ".kml", ".csv", ".gpkg", ".shp", ".xlsx"):
        path = tmp_path / f"upload{suffix}"
        path.write_text(corpus_descriptions._vrt(bait))
        assert pyogrio.read_dataframe(path)["secret"].tolist() == [bait.text]
    path.write_text(corpus_descriptions._wfs(bait))
    code = f"import pyogrio; pyogrio.list_layers({str(path)!r})"
    hurried = os.environ | {"GDAL_HTTP_TIMEOUT": "1"}
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, env=hurried)
    assert bait.knocks() > 0
