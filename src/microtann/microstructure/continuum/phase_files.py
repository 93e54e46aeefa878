"""The materials of phases as text that files keep, and back."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises

Bytes = NDArray[np.uint8]
LAWS: dict[str, type[Any]] = {"linear elastic": LinearElastic, "von Mises": VonMises}
"""Materials that files can keep, by the name of their law: their arguments are attributes of the same names."""


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


def _described(name: str, material: Material) -> dict[str, Any]:
    for law, kind in LAWS.items():
        if type(material) is kind:
            arguments = {key: getattr(material, key) for key in inspect.signature(kind).parameters}
            return {"law": law} | {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    raise CellError(
        f"the phase {name!r} is a {type(material).__name__}, which files cannot keep: they keep phases that are "
        + " or ".join(LAWS)
    )


def _material(described: dict[str, Any]) -> Material:
    law = described.pop("law")
    if law not in LAWS:
        raise ValueError(f"the law {law!r} is not known, only {', '.join(LAWS)}")
    made: Material = LAWS[law](**described)
    return made
