"""Voigt notation: the one order of the package, and converters to the orders of other codes.

Public arrays use the order 11, 22, 33, 23, 13, 12 (2D: 11, 22, 12; 1D: 11) with engineering shear strains
γ = 2ε and unscaled stresses. The number of components, ``v``, tells the dimension: 1, 3 or 6.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError

Order = Literal["abaqus", "mandel", "vtk"]

PAIRS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((0, 0),),
    2: ((0, 0), (1, 1), (0, 1)),
    3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)),
}
"""Tensor index pair of every Voigt component, by dimension."""

LABELS: dict[int, tuple[str, ...]] = {
    dimension: tuple(f"{i + 1}{j + 1}" for i, j in pairs) for dimension, pairs in PAIRS.items()
}
"""Names of the Voigt components ("11", "23", ...), by dimension."""


_DIMENSIONS = {len(pairs): dimension for dimension, pairs in PAIRS.items()}
_PERMUTATIONS: dict[str, dict[int, tuple[int, ...]]] = {
    "abaqus": {1: (0,), 2: (0, 1, 2), 3: (0, 1, 2, 5, 4, 3)},
    "mandel": {1: (0,), 2: (0, 1, 2), 3: (0, 1, 2, 3, 4, 5)},
    "vtk": {1: (0,), 2: (0, 1, 2), 3: (0, 1, 2, 5, 3, 4)},
}
_SHEAR = {
    "abaqus": {"strain": 1.0, "stress": 1.0},
    "mandel": {"strain": 1.0 / np.sqrt(2.0), "stress": np.sqrt(2.0)},
    "vtk": {"strain": 0.5, "stress": 1.0},
}
"""Factor of a shear component."""


def components(dimension: int) -> int:
    """Return the number of Voigt components in a space of ``dimension``."""
    return len(PAIRS[dimension])


def dimension(components: int) -> int:
    """Return the dimension of a space whose symmetric tensors have ``components`` Voigt components.

    Raises
    ------
    InputError
        If ``components`` is not 1, 3 or 6.
    """
    if components not in _DIMENSIONS:
        raise InputError(f"a Voigt array has 1, 3 or 6 components, not {components}")
    return _DIMENSIONS[components]


def component_names(components: int) -> tuple[str, ...]:
    """Return the names of 1, 3 or 6 components, and plain numbers for any other kind of strain."""
    for labels in LABELS.values():
        if len(labels) == components:
            return labels
    return tuple(str(i + 1) for i in range(components))


def strain_tensor(strain: Float[NDArray[np.float64], "*batch v"]) -> Float[NDArray[np.float64], "*batch d d"]:
    """Return the symmetric strain tensors of Voigt strains with engineering shear."""
    strain = np.asarray(strain, dtype=np.float64)
    d = dimension(strain.shape[-1])
    tensor = np.zeros((*strain.shape[:-1], d, d))
    for component, (i, j) in enumerate(PAIRS[d]):
        value = strain[..., component] * (1.0 if i == j else 0.5)
        tensor[..., i, j] = value
        tensor[..., j, i] = value
    return tensor


def stress_tensor(stress: Float[NDArray[np.float64], "*batch v"]) -> Float[NDArray[np.float64], "*batch d d"]:
    """Return the symmetric stress tensors of Voigt stresses."""
    stress = np.asarray(stress, dtype=np.float64)
    d = dimension(stress.shape[-1])
    tensor = np.zeros((*stress.shape[:-1], d, d))
    for component, (i, j) in enumerate(PAIRS[d]):
        tensor[..., i, j] = stress[..., component]
        tensor[..., j, i] = stress[..., component]
    return tensor


def projection(directions: Float[NDArray[np.float64], "m d"]) -> Float[NDArray[np.float64], "m v"]:
    """Return the rows g with g · E = n · E · n, the elongation of unit directions n under Voigt strains E.

    The same rows give the Voigt stress n ⊗ n of a unit tension along n.
    """
    d = directions.shape[1]
    return np.stack([directions[:, i] * directions[:, j] for i, j in PAIRS[d]], axis=1)


def _scale(d: int, order: Order, kind: Literal["strain", "stress"]) -> NDArray[np.float64]:
    return np.where([i != j for i, j in PAIRS[d]], _SHEAR[order][kind], 1.0)


def _permutation(d: int, order: Order) -> NDArray[np.intp]:
    return np.array(_PERMUTATIONS[order][d])


def _check_order(order: Order) -> None:
    if order not in _PERMUTATIONS:
        known = ", ".join(repr(name) for name in _PERMUTATIONS)
        raise InputError(f"unknown Voigt order {order!r}: use one of {known}")


def to_order(
    array: Float[NDArray[np.float64], "*batch v"], order: Order, kind: Literal["strain", "stress"]
) -> Float[NDArray[np.float64], "*batch v"]:
    """Convert strains or stresses from microtann's order to that of another code.

    Parameters
    ----------
    array : array, shape (..., v)
        Strains (engineering shear) or stresses in the order 11, 22, 33, 23, 13, 12.
    order : {"abaqus", "mandel", "vtk"}
        "abaqus": 11, 22, 33, 12, 13, 23 with engineering shear. "mandel": microtann's order with shear
        components times √2 (of the tensor component), so that the Euclidean norm is the tensor's. "vtk": 11, 22,
        33, 12, 23, 13 with the components of the tensor, as VTK and ParaView take symmetric tensors.
    kind : {"strain", "stress"}
        Which of the two ``array`` holds; it decides the factor of the Mandel shear.

    Returns
    -------
    array, shape (..., v)
    """
    _check_order(order)
    array = np.asarray(array, dtype=np.float64)
    d = dimension(array.shape[-1])
    return (array * _scale(d, order, kind))[..., _permutation(d, order)]


def from_order(
    array: Float[NDArray[np.float64], "*batch v"], order: Order, kind: Literal["strain", "stress"]
) -> Float[NDArray[np.float64], "*batch v"]:
    """Convert strains or stresses of another code to microtann's order; the inverse of `to_order`.

    Parameters
    ----------
    array : array, shape (..., v)
        Strains or stresses in the order of the other code.
    order : {"abaqus", "mandel", "vtk"}
        As in `to_order`.
    kind : {"strain", "stress"}
        Which of the two ``array`` holds.
    """
    _check_order(order)
    array = np.asarray(array, dtype=np.float64)
    d = dimension(array.shape[-1])
    back = np.argsort(_permutation(d, order))
    return array[..., back] / _scale(d, order, kind)
