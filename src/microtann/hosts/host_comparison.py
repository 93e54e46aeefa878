"""A model in every host that is found, along one programme: how far each is from Python, and how fast."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError, MicrotannError
from microtann.export.compiled_model import CompiledModel
from microtann.export.compilers import compile_source
from microtann.export.mfront_points import GenericBehaviour
from microtann.export.umat_points import UserMaterial
from microtann.export.write_export import write
from microtann.hosts.fenicsx_points import drive_in_fenicsx
from microtann.hosts.node_points import drive_in_node
from microtann.hosts.onnx_material import OnnxMaterial
from microtann.hosts.opengeosys_points import drive_in_opengeosys, opengeosys
from microtann.hosts.strain_programme import DrivenPoints, drive_points, programme
from microtann.system.plain_values import plain_values
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
COMPARED = ("stress", "state", "energy", "dissipation", "tangent")


@dataclass(frozen=True, eq=False)
class HostTask:
    """What a host is asked to do.

    Parameters
    ----------
    name : str
        Of the model, or its file.
    model : TANN
    walk : array, shape (T, n, v)
        Strain increments.
    folder : Path
        Of its own.
    """

    name: str
    model: TANN
    walk: Float[Array, "T n v"]
    folder: Path

    @property
    def virgin(self) -> Float[Array, "z"]:
        """States of the virgin material."""
        return np.asarray(self.model.virgin_state(), dtype=np.float64)

    def source(self, to: str) -> Path:
        """Return the main file of an export."""
        return write(self.name, self.folder, to=to)[0]

    def library(self, to: str) -> Path:
        """Return the compiled library of an export."""
        return compile_source(self.source(to))


def _in_node(task: HostTask) -> DrivenPoints:
    return drive_in_node(task.source("wasm").with_suffix(".mjs"), task.virgin, task.walk)


def _in_opengeosys(task: HostTask) -> DrivenPoints:
    opengeosys()  # before anything is compiled for it
    return drive_in_opengeosys(task.library("mfront"), task.virgin, task.walk)


HOSTS: Mapping[str, Callable[[HostTask], DrivenPoints]] = {
    "c": lambda task: drive_points(CompiledModel(task.library("c")), task.walk),
    "umat": lambda task: drive_points(UserMaterial(task.library("umat")), task.walk),
    "mfront": lambda task: drive_points(GenericBehaviour(task.library("mfront")), task.walk),
    "wasm": _in_node,
    "onnx": lambda task: drive_points(OnnxMaterial(task.source("onnx"), task.virgin), task.walk),
    "fenicsx": lambda task: drive_in_fenicsx(task.name, task.folder, task.walk),
    "ogs": _in_opengeosys,
}
"""What drives each host."""


@dataclass(frozen=True, eq=False)
class HostComparison:
    """Hosts side by side.

    Parameters
    ----------
    model : str
    points, increments : int
    python_us_per_point : float
        Microseconds of a point and increment in Python.
    hosts : mapping
        For every host that was found the largest differences relative to the largest value, of stress, state,
        energy, dissipation and tangent (None where it does not tell one), and "us_per_point".
    missing : mapping
        For every other one why, with what installs it.
    """

    model: str
    points: int
    increments: int
    python_us_per_point: float
    hosts: Mapping[str, Mapping[str, float | None]]
    missing: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON."""
        plain: dict[str, Any] = plain_values(self)
        return plain


def compare_hosts(
    model: str, hosts: Sequence[str] = tuple(HOSTS), points: int = 500, increments: int = 20
) -> HostComparison:
    """Drive a model through hosts along one programme, each from its own states, and compare them with Python.

    Parameters
    ----------
    model : str
        Name of a shipped model, or a model file.
    hosts : sequence of str
        Of "c", "umat", "mfront", "wasm", "onnx", "fenicsx" and "ogs".
    points, increments : int
        Material points, and strain increments of each.

    Returns
    -------
    HostComparison

    Raises
    ------
    InputError
        If there is no such model or host.
    """
    unknown = [name for name in hosts if name not in HOSTS]
    if unknown or not hosts:
        named = repr(unknown[0]) if unknown else "none"
        raise InputError(f"the hosts are {', '.join(HOSTS)}, got {named}")
    tann = load(model)
    walk = programme(tann, points, increments)
    expected = drive_points(tann, walk)
    found: dict[str, Mapping[str, float | None]] = {}
    missing: dict[str, str] = {}
    for name in hosts:
        with tempfile.TemporaryDirectory(prefix="microtann-") as folder:
            try:
                driven = HOSTS[name](HostTask(model, tann, walk, Path(folder)))
            except MicrotannError as error:
                missing[name] = str(error)
                continue
        found[name] = host_differences(driven, expected) | {"us_per_point": 1e6 * driven.seconds}
    return HostComparison(model, points, increments, 1e6 * expected.seconds, found, missing)


def host_differences(driven: DrivenPoints, expected: DrivenPoints) -> dict[str, float | None]:
    """Return the largest differences of every quantity, relative to its largest value.

    Parameters
    ----------
    driven, expected : DrivenPoints
    """
    numbers: dict[str, float | None] = {}
    for name in COMPARED:
        own, other = getattr(driven, name), getattr(expected, name)
        if own is None or other is None:
            numbers[name] = None
            continue
        other = other[-len(own) :]
        largest = float(np.abs(other).max())
        numbers[name] = float(np.abs(own - other).max()) / (largest if largest > 0.0 else 1.0)
    return numbers
