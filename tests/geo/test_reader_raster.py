"""Rasters written by the test: what is told of them, and the copy that is left."""

import hashlib

import numpy as np
import pytest
import rasterio
from pyproj import CRS
from rasterio import Affine

from geo.errors import FileDamaged, FormatUnknown, ReadTooLarge
from geo.raster_reading import band_from
from geo.readers import ReadLimits, format_of, layer_names, look_at_raster, read, read_raster


def write(path, values, *, crs="EPSG:4548", **options):
    """Cells of 10 m whose upper left corner lies at 500000, 4060000."""
    count, height, width = values.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": values.dtype}
    place = {} if crs is None else {"crs": crs, "transform": Affine(10, 0, 500000, 0, -10, 4060000)}
    with rasterio.open(path, "w", **profile, **place, **options) as raster:
        raster.write(values)
    return path


def test_a_raster_is_described_and_copied(tmp_path):
    values = np.arange(2 * 700 * 600, dtype=np.int32).reshape(2, 700, 600)
    values[0, 0, 0] = -1
    path = write(tmp_path / "高程.tif", values, nodata=-1)
    reading = read_raster(path, into=tmp_path / "copy.tif")
    assert format_of(path) == reading.driver == "GTiff"
    assert layer_names(path) == ("高程",)
    assert (reading.width, reading.height, reading.name) == (600, 700, "高程.tif")
    assert reading.bounds == (500000.0, 4053000.0, 506000.0, 4060000.0)
    assert reading.transform == (10.0, 0.0, 500000.0, 0.0, -10.0, 4060000.0)
    assert reading.crs_declared.equals(CRS.from_epsg(4548), ignore_axis_order=True)
    first, second = reading.bands
    assert (first.kind, first.nodata, first.least, first.greatest, first.cells) == (
        "int32",
        -1.0,
        1.0,
        419999.0,
        419999,
    )
    assert (second.least, second.greatest, second.cells) == (420000.0, 839999.0, 420000)
    assert reading.preview.shape == (2, 512, 439)  # 600 * 512 / 700 = 438.9
    with rasterio.open(reading.path) as copy:
        assert (copy.read() == values).all()
        assert copy.block_shapes == [(512, 512)] * 2
        assert copy.overviews(1) == [2]
        assert copy.compression.value == "DEFLATE"
        assert copy.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_values_that_are_none_do_not_count(tmp_path):
    values = np.array([[[1.5, np.nan], [np.inf, -2.5]]], dtype=np.float32)
    reading = read_raster(write(tmp_path / "a.tif", values), into=tmp_path / "b.tif")
    (band,) = reading.bands
    assert (band.least, band.greatest, band.cells, band.nodata) == (-2.5, 1.5, 2, None)
    empty = np.full((1, 2, 2), 9, dtype=np.uint8)
    reading = read_raster(write(tmp_path / "c.tif", empty, nodata=9), into=tmp_path / "d.tif")
    assert (reading.bands[0].least, reading.bands[0].cells) == (None, 0)
    assert np.isnan(reading.preview).all()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_is_said(tmp_path):
    path = write(tmp_path / "a.tif", np.zeros((1, 4, 4), np.uint8), crs=None)
    reading = read_raster(path, into=tmp_path / "b.tif")
    assert reading.crs_declared is None
    assert [note.code for note in reading.notes] == ["raster_unplaced"]


def test_big_files_and_other_byte_orders_are_told(tmp_path):
    values = np.arange(16, dtype=np.uint16).reshape(1, 4, 4)
    for name, options in {"big": {"BIGTIFF": "YES"}, "motorola": {"ENDIANNESS": "BIG"}}.items():
        path = write(tmp_path / f"{name}.tif", values, **options)
        assert read_raster(path, into=tmp_path / f"{name}-copy.tif").bands[0].greatest == 15.0


def test_a_damaged_raster_is_refused_and_nothing_is_left(tmp_path):
    values = np.random.default_rng(1).integers(0, 255, (1, 600, 600), dtype=np.uint8)
    path = write(tmp_path / "a.tif", values, compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileDamaged):
        read_raster(path, into=tmp_path / "b.tif")
    assert [each.name for each in tmp_path.iterdir()] == ["a.tif"]


def test_rasters_have_limits_and_kinds(tmp_path):
    path = write(tmp_path / "a.tif", np.zeros((1, 100, 100), np.uint8))
    with pytest.raises(ReadTooLarge, match="10000 cells"):
        read_raster(path, into=tmp_path / "b.tif", limits=ReadLimits(cells=9999))
    with pytest.raises(FileExistsError):
        read_raster(path, into=path)
    with pytest.raises(FormatUnknown, match="read it as a raster"):
        read(path)
    complex_ = write(tmp_path / "c.tif", np.zeros((1, 2, 2), np.complex64))
    with pytest.raises(FormatUnknown, match="complex64"):
        read_raster(complex_, into=tmp_path / "b.tif")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatUnknown, match="no raster"):
        read_raster(tmp_path / "t.csv", into=tmp_path / "b.tif")


def test_a_description_of_another_raster_is_refused(tmp_path):
    other = write(tmp_path / "other.tif", np.zeros((1, 2, 2), np.uint8))
    path = tmp_path / "a.tif"
    path.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{other}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(FormatUnknown):
        read_raster(path, into=tmp_path / "b.tif")


def test_looking_at_a_copy_tells_what_its_making_told(tmp_path):
    """Masks, scales and descriptions among it: whatever is lost on the way would show here."""
    values = np.arange(2 * 600 * 520, dtype=np.int16).reshape(2, 600, 520)
    path = write(tmp_path / "a.tif", values)
    with rasterio.open(path, "r+") as raster:
        raster.write_mask(np.arange(600 * 520).reshape(600, 520) % 3 > 0)
        raster.scales, raster.offsets = (0.5, 1.0), (100.0, 0.0)
        raster.descriptions = ("高度", "")
    made = read_raster(path, into=tmp_path / "b.tif")
    seen = look_at_raster(made.path, work_in=tmp_path)
    assert (seen.bands, seen.transform, seen.width) == (made.bands, made.transform, made.width)
    assert (seen.preview == made.preview)[~np.isnan(made.preview)].all()
    assert seen.crs_declared == made.crs_declared
    first = made.bands[0]
    assert first.cells == 208000  # two of three of 312,000
    # the cells wrap at 32,767: -32,768 * 0.5 + 100 and 32,767 * 0.5 + 100, both with a value
    assert (first.least, first.greatest, first.description) == (-16284.0, 16483.5, "高度")
    with rasterio.open(made.path) as copy:
        assert (copy.read() == values).all()


def test_the_digest_is_of_the_cells_in_row_order(tmp_path):
    values = np.arange(2 * 30 * 20, dtype=np.uint16).reshape(2, 30, 20)
    for name, options in {
        "plain": {},
        "motorola": {"ENDIANNESS": "BIG"},
        "packed": {"compress": "lzw"},
    }.items():
        made = read_raster(write(tmp_path / f"{name}.tif", values, **options), into=tmp_path / f"{name}2.tif")
        for band, cells in zip(made.bands, values, strict=True):
            assert band.digest == hashlib.sha256(cells.astype("<u2").tobytes()).hexdigest()


def test_a_mask_makes_another_content(tmp_path):
    values = np.ones((1, 8, 8), np.uint8)
    plain = read_raster(write(tmp_path / "a.tif", values), into=tmp_path / "a2.tif")
    path = write(tmp_path / "b.tif", values)
    with rasterio.open(path, "r+") as raster:
        raster.write_mask(np.eye(8, dtype=bool))
    masked = read_raster(path, into=tmp_path / "b2.tif")
    assert masked.bands[0].digest.split(".")[0] == plain.bands[0].digest
    assert masked.bands[0].digest != plain.bands[0].digest


def test_the_callers_word_labels_the_copy(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((1, 8, 8), np.uint8), crs="EPSG:32650")
    made = read_raster(path, into=tmp_path / "b.tif", crs="EPSG:4548")
    assert made.crs_declared == CRS.from_epsg(4548)
    with rasterio.open(tmp_path / "b.tif") as copy, rasterio.open(path) as own:
        assert (copy.crs.to_epsg(), own.crs.to_epsg()) == (4548, 32650)
        assert copy.transform == own.transform


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "x"},
        {"kind": "object"},
        {"least": float("nan")},
        {"least": "1"},
        {"cells": -1},
        {"cells": True},
        {"more": 1},
    ],
)
def test_a_band_that_is_told_wrongly_is_refused(change):
    told = {"kind": "uint8", "nodata": None, "least": 0.0, "greatest": 1.0, "cells": 4, "description": ""}
    told |= {"scale": 1.0, "offset": 0.0, "digest": "0" * 64}
    assert band_from(told).cells == 4
    with pytest.raises(ValueError, match="not described"):
        band_from(told | change)


@pytest.mark.parametrize(("scale", "offset"), [(0.0, 0.0), (np.nan, 0.0), (np.inf, 0.0), (1.0, np.nan)])
def test_a_scale_that_turns_cells_into_nothing_is_refused(tmp_path, scale, offset):
    path = write(tmp_path / "a.tif", np.ones((1, 2, 2), np.int16))
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (scale,), (offset,)
    with pytest.raises(FormatUnknown, match=f"band 1 has the scale {scale:g} and the offset {offset:g}"):
        read_raster(path, into=tmp_path / "b.tif")
    assert not (tmp_path / "b.tif").exists()
