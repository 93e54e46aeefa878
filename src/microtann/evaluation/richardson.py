"""Richardson's extrapolation: the limit of a quantity as elements or cells shrink, from three sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from microtann.errors import InputError


@dataclass(frozen=True)
class Limit:
    """Limit of q(s) = limit + c s^order as the size s goes to zero.

    Parameters
    ----------
    limit, order : float
        Both nan where the differences do not shrink in one direction, so that three values show no order.
    """

    limit: float
    order: float


def richardson(sizes: Sequence[float], values: Sequence[float]) -> Limit:
    """Return the limit and order that the three smallest of geometrically falling sizes give.

    Parameters
    ----------
    sizes, values : sequence of float
        At least three, with the same ratio between neighbouring ones of the three smallest.

    Raises
    ------
    InputError
        If there are fewer, or the ratio differs.

    References
    ----------
    P. J. Roache, Perspective: A method for uniform reporting of grid refinement studies, Journal of Fluids
    Engineering 116 (1994) 405-413.

    Examples
    --------
    >>> from microtann.evaluation.richardson import richardson
    >>> richardson([2.0, 1.0, 0.5], [7.0, 4.0, 3.25])
    Limit(limit=3.0, order=2.0)
    """
    pairs = sorted(zip(sizes, values, strict=True))[:3]
    if len(pairs) < 3:
        raise InputError(f"a limit needs three sizes, got {len(pairs)}")
    (s0, q0), (s1, q1), (s2, q2) = pairs
    ratio = s1 / s0
    if abs(s2 / s1 - ratio) > 1e-6 * ratio or ratio <= 1.0:
        raise InputError(f"a limit needs sizes of one ratio, got {s2:g}, {s1:g}, {s0:g}")
    fine, coarse = q0 - q1, q1 - q2
    if fine == 0.0 == coarse:
        return Limit(q0, float("inf"))
    if fine == 0.0 or coarse / fine <= 1.0:
        return Limit(float("nan"), float("nan"))
    return Limit(q0 + fine / (coarse / fine - 1.0), float(np.log(coarse / fine) / np.log(ratio)))
