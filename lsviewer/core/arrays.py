"""Read-only numpy at the door: what crosses between threads and rooms is contiguous and cannot be written to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def freeze(array: Any) -> Array:
    """Return ``array`` as a contiguous read-only array; copies only what is writeable or not contiguous."""
    array = np.asarray(array)
    if array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, order="C", copy=True)
        array.flags.writeable = False
    return array


def differs(a: Array | None, b: Array | None) -> bool:
    """Return whether two optional arrays differ in shape or any value (NaN equals NaN)."""
    if a is b:
        return False
    if a is None or b is None or a.shape != b.shape:
        return True
    return not np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
