"""What compiled code reads and never writes, as it is compiled for: once for each kernel and not twice.

To numba an array that may be written to and one that may not, such as JAX hands out, are of different types, and
it compiles a kernel anew for every mixture of them that it meets: some seconds each, and the code is the same.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)


def read_only(array: NDArray[Number]) -> NDArray[Number]:
    """Return a view of an array that cannot be written to; the array itself stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view
