"""Which system a file is in: labels believed or overruled, axes, units, datums, and what fits nothing."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geo import crs_families, gcj02
from geo.crs import STORED, parse, transform_xy
from geo.crs_families import FAMILIES, MERIDIAN_3, MERIDIAN_6, ZONE_3, ZONE_6
from geo.crs_guess import Area, CrsGuess, guess
from geo.errors import CrsUnknown
from geo.straighten import straightened

JINAN = Area((116.2, 35.95, 118.0, 37.6))
PORTO = Area((-8.78, 40.98, -8.36, 41.4))
PLACES = np.array([[116.3, 36.1], [117.0150, 36.6613], [117.9, 37.4], [117.2, 36.7]])
NEAR_JINAN = {
    *(family.code(kind, meridian) for family in FAMILIES for kind in (ZONE_3, MERIDIAN_3)
      for meridian in (114, 117, 120)),
    *(family.code(kind, 117) for family in FAMILIES for kind in (ZONE_6, MERIDIAN_6)),
    *(family.degrees for family in FAMILIES), 4326, 3857, 32650,
}  # fmt: skip


def in_system(places, code):
    return transform_xy(places, STORED, CRS.from_epsg(code))


def first(found, subject):
    return next((each for each in found.detected if each.subject == subject), None)


@settings(max_examples=60, deadline=None)
@given(
    code=st.sampled_from(sorted(NEAR_JINAN)),
    swapped=st.booleans(),
    places=st.lists(st.tuples(st.floats(116.3, 117.9), st.floats(36.0, 37.5)), min_size=1, max_size=20),
)
def test_a_file_without_label_is_found_or_listed_with_its_shift(code, swapped, places):
    here = np.array(places)
    xy = in_system(here, code)
    found = guess(xy[:, ::-1] if swapped else xy, None, JINAN)
    assert found.swapped == swapped
    told = first(found, "crs")
    assert told.why in ("crs_fits", "crs_fits_too")
    shifts = {told.value: 0.0} | {each.value: each.fields["shift_m"] for each in told.others}
    listed = shifts.get(f"EPSG:{code}", 0.0 if code == 4326 else None)  # 4490 stands for WGS 84 too
    assert listed is not None
    back = transform_xy(xy, found.crs, STORED)
    _, _, metres = Geod(ellps="WGS84").inv(*back.T, *here.T)
    assert np.median(metres) == pytest.approx(listed, abs=0.2)


def test_cgcs2000_goes_before_the_older_datums_and_asks_to_be_confirmed():
    told = first(guess(in_system(PLACES, 2363), None, JINAN), "crs")  # Xian 80, zone 39
    assert (told.value, told.confidence < 0.9) == ("EPSG:4527", True)
    xian = next(each for each in told.others if each.value == "EPSG:2363")
    assert xian.fields["shift_m"] == pytest.approx(1.9, abs=0.1)
    assert xian.fields["uncertain"]


@pytest.mark.parametrize("code", [4326, 4490, 4527, 4548, 3857, 32650, 4498])
def test_a_label_that_the_points_bear_out_is_believed(code):
    label = CRS.from_epsg(code)
    found = guess(in_system(PLACES, code), label, JINAN)
    assert (found.crs, found.swapped, found.factor) == (label, False, 1.0)
    assert [(each.why, each.confidence) for each in found.detected] == [("crs_declared", 1.0)]


def test_a_label_of_an_old_datum_is_believed_and_its_doubt_told():
    assert (
        first(guess(in_system(PLACES, 2363), CRS.from_epsg(2363), JINAN), "crs").why
        == "crs_declared_old_datum"
    )


@pytest.mark.parametrize(
    ("truth", "label", "expected"),
    [
        (4527, 4548, "EPSG:4527"),  # zone prefix 39 in the eastings, not in the label
        (4548, 4527, "EPSG:4548"),
        (2363, 2384, "EPSG:2363"),  # the datum of the label is kept
        (4490, 4548, "EPSG:4490"),  # degrees labelled metres
        (4548, 4490, "EPSG:4548"),  # metres labelled degrees
        (4548, 4326, "EPSG:4548"),
        (4548, 4549, "EPSG:4548"),  # the neighbour's meridian: everything 270 km too far east
    ],
)
def test_a_label_that_cannot_be_is_overruled_and_asks_to_be_confirmed(truth, label, expected):
    found = guess(in_system(PLACES, truth), CRS.from_epsg(label), JINAN)
    told = first(found, "crs")
    assert (told.value, told.why, told.fields["label"]) == (expected, "crs_label_wrong", f"EPSG:{label}")
    assert told.confidence < 0.9
    np.testing.assert_allclose(transform_xy(in_system(PLACES, truth), found.crs, STORED), PLACES, atol=1e-8)


@pytest.mark.parametrize("code", [4326, 4548, 4527, 3857])
def test_north_first_is_seen_with_and_without_a_label(code):
    xy = in_system(PLACES, code)[:, ::-1]
    for label in (None, CRS.from_epsg(code)):
        found = guess(xy, label, JINAN)
        assert found.swapped
        assert first(found, "axes").why == "axes_swapped"
    assert found.crs == label


@pytest.mark.parametrize(("unit", "factor"), [("km", 1000.0), ("mm", 0.001), ("ft", 0.3048)])
def test_other_units_are_seen(unit, factor):
    found = guess(in_system(PLACES, 4548) / factor, None, JINAN)
    assert (found.crs.to_epsg(), found.factor) == (4548, factor)
    told = first(found, "unit")
    assert (told.value, told.why) == (unit, "coordinates_in_unit")
    assert told.confidence < 0.9


def test_points_of_nowhere_have_no_system_and_the_extent_is_told():
    found = guess(np.array([[52_000.0, 48_000.0], [61_000.0, 50_000.0]]), None, JINAN)
    told = first(found, "crs")
    assert (found.crs, told.why, told.confidence) == (None, "crs_unknown", 0.0)
    assert told.fields["extent"] == [52_000.0, 48_000.0, 61_000.0, 50_000.0]
    assert told.fields["tried"] > 100


def test_a_label_that_can_hold_points_elsewhere_is_kept_with_doubt():
    beijing = np.array([[116.39, 39.91], [116.41, 39.95]])
    told = first(guess(beijing, STORED, JINAN), "crs")
    assert (told.value, told.why) == ("EPSG:4326", "crs_outside_area")
    assert told.confidence < 0.9
    assert guess(beijing * 9, STORED, JINAN).crs is None  # a longitude of 1047 degrees


def test_a_local_system_in_words_is_told_and_the_points_are_looked_at():
    label = 'LOCAL_CS["济南城市坐标系",UNIT["metre",1]]'
    found = guess(in_system(PLACES, 4527), label, JINAN)
    assert [each.why for each in found.detected] == ["crs_fits_too", "crs_label_unknown"]
    assert "济南城市坐标系" in found.detected[1].fields["label"]


def test_the_uploaders_word_is_followed():
    shown = gcj02.to_gcj02(PLACES)
    found = guess(shown, STORED, JINAN, said="gcj02")
    assert (found.crs, found.shifted, first(found, "crs").value) == (STORED, "GCJ-02", "GCJ-02")
    assert guess(PLACES[:, ::-1], None, JINAN, said="EPSG:4490").swapped
    assert guess(in_system(PLACES, 4548), None, JINAN, said="2384").crs.to_epsg() == 2384
    assert not guess(PLACES[:, ::-1], None, JINAN, said="4490", swapped=False).swapped
    with pytest.raises(CrsUnknown):
        guess(PLACES, None, JINAN, said="泉城")


def test_one_point_none_and_broken_ones():
    assert guess(in_system(PLACES[:1], 4527), None, JINAN).crs.to_epsg() == 4527
    assert guess(np.empty((0, 2)), None, JINAN) == CrsGuess(None)
    assert guess(np.full((3, 2), np.nan), STORED, JINAN).crs == STORED
    dirty = np.vstack([in_system(PLACES, 4527), [[0, 0], [np.inf, np.nan], [9999999999, 36]]])
    assert guess(dirty, None, JINAN).crs.to_epsg() == 4527


def test_the_citys_outline_counts_where_it_is_known():
    west = Area(JINAN.bbox, shapely.box(116.2, 36.0, 116.6, 37.6))
    assert first(guess(np.array([[117.9, 36.5]]), None, west), "crs").why == "crs_unknown"
    assert guess(np.array([[116.4, 36.5]]), None, west).crs.to_epsg() == 4490


def test_a_city_elsewhere_has_its_own_systems():
    places = np.array([[-8.61, 41.15], [-8.5, 41.1]])
    for code in (4326, 32629, 3857):
        assert guess(in_system(places, code), None, PORTO).crs.to_epsg() == code
    told = first(guess(places, None, PORTO), "crs")
    assert told.others == ()  # no shifted web maps outside China


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_esri_labels_mean_their_epsg_system(family):
    for kind in (ZONE_3, MERIDIAN_3, ZONE_6):
        for meridian in (105, 117):
            code = family.code(kind, meridian)
            esri = CRS.from_wkt(CRS.from_epsg(code).to_wkt("WKT1_ESRI"))
            assert crs_families.normalised(esri) == CRS.from_epsg(code)
    degrees = CRS.from_wkt(CRS.from_epsg(family.degrees).to_wkt("WKT1_ESRI"))
    assert crs_families.normalised(degrees) == CRS.from_epsg(family.degrees)


PRJ = (
    'PROJCS["{name}",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("name", "east", "meridian", "expected"),
    [
        ("CGCS2000_3_Degree_GK_Zone_39", 39_500_000.0, 117.0, "EPSG:4527"),
        ("CGCS2000_3_Degree_GK_Zone_39", 500_000.0, 117.0, "EPSG:4548"),  # numbers count, not the name
        ("济南城建坐标", 39_500_000.0, 117.0, "EPSG:4527"),
        ("Jinan_CM_117_5", 500_000.0, 117.5, None),
    ],
)
def test_a_transverse_mercator_is_known_by_its_numbers(name, east, meridian, expected):
    label = CRS.from_wkt(PRJ.format(name=name, east=east, meridian=meridian))
    found = crs_families.normalised(label)
    assert found == (CRS.from_user_input(expected) if expected else label)
    if expected is None:  # a system of one's own is believed as any other
        told = guess(transform_xy(PLACES, STORED, label), label, JINAN)
        assert (told.crs, told.detected[0].why) == (label, "crs_declared")
        assert parse(told.detected[0].value).equals(label)


def test_new_beijing_is_not_taken_for_beijing_54():
    assert crs_families.family_of(CRS.from_epsg(4555)) is None


def test_a_frame_is_put_into_order_and_keeps_heights_and_gaps():
    shown = gcj02.to_gcj02(PLACES[:2])
    frame = gpd.GeoDataFrame(
        {"n": [1, 2, 3]},
        geometry=[shapely.Point(*shown[0, ::-1]), None, shapely.Point(*shown[1, ::-1], 55.0)],
        crs=4490,
        index=[7, 8, 9],
    ).rename_geometry("shape")
    result = straightened(frame, CrsGuess(STORED, swapped=True, shifted="GCJ-02"))
    np.testing.assert_allclose(shapely.get_coordinates(result.geometry), PLACES[:2], atol=1e-9)
    assert result.geometry[9].z == 55.0
    assert result.geometry[8] is None
    assert (result.crs, result.geometry.name, result.index.tolist()) == (STORED, "shape", [7, 8, 9])
    assert frame.geometry[7].x == shown[0, 1]  # the caller's frame is as it was


def test_kilometres_become_metres():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(500, 4058)], crs=None)
    result = straightened(frame, CrsGuess(CRS.from_epsg(4548), factor=1000.0))
    assert (result.geometry[0].x, result.geometry[0].y) == (500_000.0, 4_058_000.0)


@pytest.mark.parametrize("code", [4490, 4527, 2363, 4548, 2437, 21480, 32650, 3857, 27572, 27561])
def test_the_box_of_an_area_is_nearly_that_of_the_exact_way(code):
    """27572 and 27561 count from Paris in grads. 3 km are less than the margin, which is some 4.5 km."""
    from pyproj import Transformer

    from geo.crs_candidates import MARGIN_DEGREES, _box

    crs = CRS.from_epsg(code)
    west, south, east, north = (
        (2.0, 48.0, 3.0, 49.0) if code in (27572, 27561) else (116.2, 36.0, 117.9, 37.5)
    )
    wide = west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES
    exact = Transformer.from_crs(4326, crs, always_xy=True).transform_bounds(*wide, densify_pts=21)
    near = 3_000 if crs.is_projected else 0.03
    assert _box(crs, (west, south, east, north)) == pytest.approx(exact, abs=near)
