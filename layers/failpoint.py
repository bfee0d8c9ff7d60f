"""Named places where a test may kill the process, to show that a kill anywhere leaves a whole store.

`QUANTU_FAILPOINT=name` or `name:n` (the n-th time it is reached, from 1) sends this process SIGKILL there,
which no handler can soften. Unset, `failpoint` costs one look into the environment.
"""

import os
import signal
from collections import Counter

NAMES = (
    "init_staged",
    "catalog_staged",
    "catalog_installed",
    "original_kept",
    "part_written",
    "part_hashed",
    "part_claimed",
    "part_renamed",
    "version_inserted",
    "before_commit",
    "after_commit",
    "sidecar_written",
    "withdrawal_inserted",
    "before_withdraw_commit",
    "after_withdraw_commit",
    "before_purge_commit",
    "after_purge_commit",
    "purge_part_erased",
    "purge_original_erased",
    "before_revert_commit",
    "after_revert_commit",
    "sweep_part_erased",
)
_reached: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get("QUANTU_FAILPOINT")
    if not wanted:
        return
    target, _, count = wanted.partition(":")
    if target != name:
        return
    _reached[name] += 1
    if _reached[name] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
