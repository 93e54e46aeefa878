"""States and increments that others computed, and identities that those of a microstructure meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StoredStates:
    """States of n points as a file holds them.

    Parameters
    ----------
    strain, stress : array, shape (n, v)
    energy : array, shape (n,)
        Per unit volume.
    coordinates : mapping of arrays, shape (n, *group)
        Internal coordinates by the name of their group.
    """

    strain: Float[Array, "n v"]
    stress: Float[Array, "n v"]
    energy: Float[Array, "n"]
    coordinates: Mapping[str, Array]


@dataclass(frozen=True)
class Identity:
    """Something that holds in every state, or increment, of a microstructure.

    Parameters
    ----------
    broken : str
        What is wrong where it does not hold.
    cause : str
        What to look at then.
    inequality : bool
        Whether missing it by any amount is a matter of accuracy only, and never an error.
    """

    broken: str
    cause: str
    inequality: bool = False
