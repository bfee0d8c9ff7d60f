"""Recipes: what a result was made of, and making it again."""

from inventory.canonical import canonical, digest
from inventory.engine import engine
from inventory.pins import Recipe, pin, read_recipe
from inventory.replay import Difference, Replay, replay

__all__ = ["Difference", "Recipe", "Replay", "canonical", "digest", "engine", "pin", "read_recipe", "replay"]
