"""Routes: each parses, calls, renders."""
