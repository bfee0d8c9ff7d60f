"""How kernels are compiled, and the names of the arrays they take."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]
Rows: TypeAlias = NDArray[np.uint32]
"""Places in arrays, as hot kernels want them: an unsigned place needs no test for counting from the end."""

Bools: TypeAlias = NDArray[np.bool_]


def jit(function: Callable[..., Any]) -> Any:
    """Compile on first use, free of the interpreter's lock, and keep the machine code on disk.

    Where no folder can be written (a read-only installation without a home), it is compiled in each
    process instead. The kept code is renewed when the function's own file changes, not when another file
    does: a kernel may call only kernels of its own file.
    """
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)


def unsigned(values: Ints) -> Rows:
    """The same memory as unsigned places; none may be negative."""
    return values.view(np.uint32)
