"""Checks of arrays where they enter the package."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError, MicrotannError

Array = NDArray[np.float64]


def check_strain_paths(strain: ArrayLike, components: int) -> Float[Array, "*batch T v"]:
    """Return strain paths as float64 after checking their shape and values.

    Parameters
    ----------
    strain : array, shape (T, v) or (B, T, v)
    components : int
        The v expected.

    Raises
    ------
    InputError
        If the shape is wrong or a value is not finite; the message names the first such step.
    """
    array = as_floats("strain", strain)
    if array.ndim not in (2, 3) or array.shape[-1] != components or 0 in array.shape:
        raise InputError(
            f"strain must have shape (T, {components}) or (B, T, {components}) with at least one increment, "
            f"got {array.shape}"
        )
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = f"path {bad[0][0]}, step {bad[0][1]}" if array.ndim == 3 else f"step {bad[0][0]}"
        raise InputError(f"strain must be finite: component {bad[0][-1]} of {where} is {array[tuple(bad[0])]}")
    return array


def check_increment(strain_increment: Float[Array, "n v"]) -> None:
    """Refuse strain increments of material points that are not finite: no yield test could see them.

    Raises
    ------
    InputError
        If a component is not finite; the message names the first point.
    """
    finite = np.isfinite(strain_increment)
    if not finite.all():
        point, component = np.argwhere(~finite)[0]
        raise InputError(
            f"the strain increment of material point {point} is not finite: "
            f"component {component} is {strain_increment[point, component]}"
        )


def check_dt(dt: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return time increments broadcast to ``shape``.

    Raises
    ------
    InputError
        If an increment is not positive and finite, or the shapes do not match.
    """
    array = as_floats("dt", dt)
    if not (np.isfinite(array) & (array > 0)).all():
        raise InputError("dt must be positive and finite")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise InputError(f"dt of shape {array.shape} does not fit increments of shape {shape}") from None


def as_floats(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as a float64 array.

    Raises
    ------
    InputError
        If it is not numeric.
    """
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be an array of numbers") from None


def require_float64() -> None:
    """Assert that JAX computes in float64, as it does from the import of microtann on.

    Raises
    ------
    MicrotannError
        If something has switched it back to float32.
    """
    import jax.numpy as jnp  # slow to import, and lattices do without it

    if jnp.zeros(()).dtype != jnp.float64:
        raise MicrotannError(
            "JAX was switched to float32 after microtann was imported, but recall needs float64: "
            'call jax.config.update("jax_enable_x64", True)'
        )
