"""The Gauss point at which a simulation failed, alone: a small file from which it can be tried again."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import FailedAttempt
from microtann.errors import InputError
from microtann.materials.protocol import Material, State, WritableMaterial
from microtann.system.hdf5 import created, opened, text, write_text

Array = NDArray[np.float64]
SCHEMA = "microtann failed point 1"
NUMBERS = ("element", "gauss_point", "region", "increment", "step", "dt", "reason", "tangent_error", "skew")

VECTORS = ("position", "strain", "strain_increment")


@dataclass(frozen=True, eq=False)
class FailedPoint:
    """A Gauss point where a material failed, or where its tangent was worst as Newton's method failed.

    Parameters
    ----------
    element, gauss_point : int
        Its cell, and its number in it.
    region : str
        Of its material; empty where one material fills the mesh.
    position : array, shape (d,)
    increment : int
    step : str
        Name of the loading step.
    dt : float
        Duration of the last attempt.
    reason : str
        Message of the error.
    failures : tuple of FailedAttempt
        All attempts at the increment.
    strain, strain_increment : array, shape (v,)
        Strain before the last attempt, and its increment when the material was called last.
    state : dict of arrays
        State before the attempt, of this one point.
    tangent_error, skew : float
        How far the tangent is from finite differences and from symmetric, relative to its largest entry; not a
        number where the material gives none.
    material : Material or None
        None if the file does not hold it.
    description : str
        The material in words.
    """

    element: int
    gauss_point: int
    region: str
    position: Float[Array, "d"]
    increment: int
    step: str
    dt: float
    reason: str
    failures: tuple[FailedAttempt, ...]
    strain: Float[Array, "v"]
    strain_increment: Float[Array, "v"]
    state: State
    tangent_error: float
    skew: float
    material: Material | None
    description: str

    def __str__(self) -> str:
        at = ", ".join(f"{x:g}" for x in self.position)
        place = f"element {self.element}" + (f" of region {self.region!r}" if self.region else "")
        return f"Gauss point {self.gauss_point} of {place} at ({at})"

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the point to an HDF5 file, with its material if that is a microstructure or a trained model.

        Raises
        ------
        StorageError
            If the file cannot be written.
        """
        notes = {name: getattr(self, name) for name in NUMBERS}
        notes |= {"failures": [asdict(failed) for failed in self.failures], "description": self.description}
        notes |= {"schema": SCHEMA}
        with created(Path(path)) as file:
            file["notes"] = _bytes(json.dumps(notes).encode())
            for name in VECTORS:
                file[name] = getattr(self, name)
            for name, values in self.state.items():
                file[f"state/{name}"] = values
            _write_material(file, self.material)
        return Path(path)


@dataclass(frozen=True)
class HeldMaterial:
    """What the file of a failed point holds of its material.

    Parameters
    ----------
    model : bytes
        A trained model, as its file; empty if it is none.
    kind : str
        Of a microstructure; empty if it is none.
    groups : mapping
        Arrays of the microstructure by group and name.
    """

    model: bytes = b""
    kind: str = ""
    groups: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)


def read_failed_point(path: str | os.PathLike[str]) -> tuple[FailedPoint, HeldMaterial]:
    """Read a failed point, and what its file holds of the material.

    Raises
    ------
    InputError
        If the file is damaged, or of another kind.
    """
    with opened(Path(path)) as file:
        notes = json.loads(file["notes"][()].tobytes()) if "notes" in file else {}
        if not isinstance(notes, dict) or notes.get("schema") != SCHEMA:
            raise InputError(f"{path} is no file of a failed Gauss point")
        arrays: dict[str, Any] = {name: np.asarray(file[name][()]) for name in VECTORS}
        state = {name: np.asarray(values[()]) for name, values in file["state"].items()}
        held = _held(file)
    failures = tuple(FailedAttempt(**{**f, "residuals": tuple(f["residuals"])}) for f in notes["failures"])
    point = FailedPoint(
        **{name: notes[name] for name in NUMBERS},
        **arrays,
        state=state,
        failures=failures,
        material=None,
        description=notes["description"],
    )
    return point, held


def _write_material(file: h5py.File, material: Any) -> None:
    """Write what a file keeps of a material, if it can be written at all."""
    if isinstance(material, WritableMaterial):
        write_text(file, "microstructure", material.kind)
        for group, arrays in material.groups().items():
            for name, values in arrays.items():
                file[f"material/{group}/{name}"] = values
    elif hasattr(material, "save"):  # a trained model
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            material.save(path)
            file["model"] = _bytes(path.read_bytes())


def _held(file: h5py.File) -> HeldMaterial:
    model = file["model"][()].tobytes() if "model" in file else b""
    kind = text(file.attrs["microstructure"]) if "microstructure" in file.attrs else ""
    groups = {
        group: {name: np.asarray(values[()]) for name, values in arrays.items()}
        for group, arrays in file.get("material", {}).items()
    }
    return HeldMaterial(model, kind, groups)


def _bytes(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, dtype=np.uint8)
