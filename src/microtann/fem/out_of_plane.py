"""What is out of the plane of a mesh of two dimensions: strain and stress 33, from materials that know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import Material, PlaneMaterial, State
from microtann.numbers import voigt

Array = NDArray[np.float64]
KNOWN = "out_of_plane"
"""Field that is 1 in the cells whose material knows what is out of the plane, 0 in the others."""
TENSOR_FIELDS: tuple[Literal["strain", "stress"], ...] = ("strain", "stress")
"""Fields that are symmetric tensors."""


def normal_components(material: Material, state: State) -> dict[str, Float[Array, "n"]]:
    """Return "strain 33" and "stress 33" of the points of a material in the plane; empty where it has none.

    Raises
    ------
    InputError
        If the material's answer is not two arrays of one number per point.
    """
    found = material.out_of_plane(state) if isinstance(material, PlaneMaterial) else None
    if found is None:
        return {}
    shape = state["energy"].shape
    if len(found) != len(TENSOR_FIELDS) or any(np.shape(values) != shape for values in found):
        raise InputError(
            f"the material's out_of_plane returns strain 33 and stress 33, two arrays of shape {shape}, or None"
        )
    return {f"{name} 33": np.asarray(values) for name, values in zip(TENSOR_FIELDS, found, strict=True)}


def tensors_in_space(fields: Mapping[str, Array]) -> dict[str, Array]:
    """Return fields whose strain and stress are tensors of VTK in space, with what is out of the plane.

    Where no material knows that, the component is zero, and the field "out_of_plane" says so.
    """
    whole = dict(fields)
    for name in TENSOR_FIELDS:
        tensors = fields[name]
        if tensors.shape[1] == voigt.components(2):
            plane, tensors = tensors, np.zeros((len(tensors), voigt.components(3)))
            tensors[:, [0, 1, 5]] = plane
            tensors[:, 2] = whole.pop(f"{name} 33", 0.0)
        whole[name] = voigt.to_order(tensors, "vtk", name)
    return whole
