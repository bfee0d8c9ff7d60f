"""Ratios against the peer a user would pick and against the limit, measured side by side in one run."""
