"""A small writer of the layout of DADF5, the results of DAMASK, for tests.

Attributes DADF5_version_major and _minor; geometry with cells, size, origin; cell_to/phase with label and entry;
increment_N with the time as attribute "t/s", and the fields of a phase in increment_N/phase/LABEL/mechanical.
"""

from pathlib import Path

import h5py
import numpy as np


def write_damask(
    path: Path, time: np.ndarray, gradient: np.ndarray, stress: np.ndarray, phase: np.ndarray
) -> None:
    """Write displacement gradients and first Piola-Kirchhoff stresses, shape (increments, cells, 3, 3)."""
    cells = len(phase)
    entry = np.empty(cells, dtype=np.int32)
    for number in np.unique(phase):
        at = np.flatnonzero(phase == number)
        entry[at] = np.arange(len(at))[::-1]  # rows of a phase need not be in the order of the cells
    place = np.zeros((cells, 1), dtype=[("label", "S64"), ("entry", "<i4")])
    place["label"][:, 0], place["entry"][:, 0] = [f"phase_{number}".encode() for number in phase], entry
    with h5py.File(path, "w") as file:
        file.attrs["DADF5_version_major"], file.attrs["DADF5_version_minor"] = 0, 14
        geometry = file.create_group("geometry")
        geometry.attrs["cells"], geometry.attrs["size"] = np.array([cells, 1, 1], np.int32), np.array([1.0, 1, 1])
        geometry.attrs["origin"] = np.zeros(3)
        file["cell_to/phase"] = place
        for number in range(len(time)):
            increment = file.create_group(f"increment_{number}")
            increment.attrs["t/s"] = time[number]
            for which in np.unique(phase):
                at = np.flatnonzero(phase == which)
                order = at[np.argsort(entry[at])]
                mechanical = increment.create_group(f"phase/phase_{which}/mechanical")
                mechanical["F"] = gradient[number][order] + np.eye(3)
                mechanical["P"] = stress[number][order]
                mechanical["P"].attrs["unit"] = "Pa"
