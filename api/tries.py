"""How often somebody may try to sign in: a bucket of tries for each address, filled again with time.

In memory: a restart forgets, and several servers count apart. The token is 256 random bits, so this keeps
noise out of the log and load off the server; it is not what keeps the token safe.
"""

import threading
from collections import OrderedDict

TRIES = 10.0
FILLED_A_SECOND = 0.2
ADDRESSES_MOST = 1000


class Tries:
    """Buckets by address, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str, now: float) -> float:
        """Take one try at that monotonic time: 0 if there was one, else the seconds until there is."""
        with self._lock:
            left, seen = self._buckets.pop(address, (TRIES, now))
            left = min(TRIES, left + (now - seen) * FILLED_A_SECOND)
            taken = left >= 1.0
            self._buckets[address] = (left - 1.0 if taken else left, now)
            if len(self._buckets) > ADDRESSES_MOST:
                self._buckets.popitem(last=False)
            return 0.0 if taken else (1.0 - left) / FILLED_A_SECOND
