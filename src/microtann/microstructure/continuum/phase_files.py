"""The materials of phases as text that files keep, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.fem.regions import Region
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.plane_stress import PlaneStress
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises

Bytes = NDArray[np.uint8]
LAWS: dict[str, type[Any]] = {"linear elastic": LinearElastic, "von Mises": VonMises, "plane stress": PlaneStress}
"""Materials that files can keep, by the name of their law."""
GROWTH = {"isotropic_hardening": "hardening"} | {
    name: name for name in ("saturation", "saturation_rate", "viscosity", "rate_exponent")
}
"""Arguments of a material under von Mises that say how its strength grows, and their names in that."""


def phase_arrays(regions: Sequence[Region], of_cell: Int[NDArray[np.int64], "E"]) -> dict[str, NDArray[Any]]:
    """Return the phases of a cell as arrays that files keep.

    Raises
    ------
    CellError
        If a material is of a kind that files cannot keep.
    """
    return {
        "of_cell": of_cell,
        "laws": phases_to_bytes({region.name: region.material for region in regions}),
        "mean_dilatation": np.array([int(region.mean_dilatation) for region in regions]),
    }


def phases_to_bytes(phases: Mapping[str, Material]) -> UInt8[Bytes, "_"]:
    """Return the materials of the phases, by name and in their order, as the bytes of a JSON text.

    Raises
    ------
    CellError
        If a material is of a kind that files cannot keep.
    """
    described = [{"phase": name} | _described(name, material) for name, material in phases.items()]
    return np.frombuffer(json.dumps(described).encode(), dtype=np.uint8).copy()


def phases_of_bytes(data: NDArray[Any]) -> dict[str, Material]:
    """Return the materials of the phases by name.

    Raises
    ------
    CellError
        If the bytes are no such text.
    """
    try:
        described = json.loads(np.asarray(data, dtype=np.uint8).tobytes().decode())
        return {one.pop("phase"): _material(one) for one in described}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CellError(f"the phases of a solid are not understood: {error}") from None


def files_keep(material: Material) -> bool:
    """Return whether files can keep a material."""
    inner = material.material if isinstance(material, PlaneStress) else material
    return type(inner) in (LinearElastic, VonMises)


def _described(name: str, material: Any) -> dict[str, Any]:
    """Return the law of a material and its arguments."""
    kind = type(material)
    if kind is LinearElastic:
        normal = None if material.normal is None else material.normal.tolist()
        return {"law": "linear elastic", "stiffness": material.stiffness.tolist(), "normal": normal}
    if kind is VonMises:
        own = {key: getattr(material, key) for key in ("young", "poisson", "yield_stress", "hardening", "plane")}
        return {"law": "von Mises"} | own | {key: getattr(material.growth, its) for key, its in GROWTH.items()}
    if kind is PlaneStress:
        return {"law": "plane stress", "material": _described(name, material.material)}
    raise CellError(
        f"the phase {name!r} is a {kind.__name__}, which files cannot keep: they keep phases that are "
        + ", ".join(LAWS)
    )


def _material(described: dict[str, Any]) -> Material:
    law = described.pop("law")
    if law not in LAWS:
        raise ValueError(f"the law {law!r} is not known, only {', '.join(LAWS)}")
    if law == "plane stress":
        described["material"] = _material(described["material"])
    made: Material = LAWS[law](**described)
    return made
