"""Geometry, networks and rasters: frames in, frames and arrays out. Knows no database and no web."""
