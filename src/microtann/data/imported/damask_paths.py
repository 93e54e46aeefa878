"""Paths in the results of DAMASK (DADF5, the HDF5 file of its grid and mesh solvers).

A file is one load case. Its increments are the groups ``increment_N`` with the time as attribute ``t/s``; fields
of a phase are in ``increment_N/phase/LABEL/mechanical/NAME``, and ``cell_to/phase`` says for every cell its phase
("label") and its row there ("entry"). Strains are taken as small: the average of sym(F) − 1 and of sym(P) over the
cells, which have equal volumes on a grid.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.imported.averaged_path import AveragedPath
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.imported.raw_states import RawStates, to_path
from microtann.errors import DataFileError, ReadingNote
from microtann.numbers.configuration import nearest
from microtann.system.hdf5 import opened

Array = NDArray[np.float64]
VERSION = "DADF5_version_major"
INCREMENT = re.compile(r"increment_(\d+)")
SMALL = 0.05
"""Largest displacement gradient that is small without a word."""


@dataclass(frozen=True)
class DamaskPath:
    """A load case of DAMASK that is read when it is its turn.

    Parameters
    ----------
    file : Path
    choice : ImportChoice
        Of which the stress factor and the coordinates, as name=field of a phase, are looked at.
    """

    file: Path
    choice: ImportChoice

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.stem

    def read(self) -> AveragedPath:
        """Return the path.

        Raises
        ------
        DataFileError
            If the file is no DADF5, or lacks F, P or a field.
        """
        with opened(self.file) as file:
            if VERSION not in file.attrs:
                raise DataFileError(f"{self.file} is no result of DAMASK: it has no attribute {VERSION}")
            return to_path(self._raw(file), self.choice)

    def _raw(self, file: h5py.File) -> RawStates:
        steps = sorted((int(m[1]), name) for name in file if (m := INCREMENT.fullmatch(name)))
        if not steps:
            raise DataFileError(f"{self.file} has no increment: the run has not begun, or was not to write any")
        cells = file.get("cell_to/phase")
        if not isinstance(cells, h5py.Dataset) or cells.dtype.names is None:
            raise DataFileError(f"{self.file} does not say where its cells are: cell_to/phase is missing")
        if cells.ndim != 2 or cells.shape[1] != 1:
            raise DataFileError(f"{self.file} has several constituents in a cell: one is read, write cells of one")
        rows = cells[:, 0]
        labels = np.char.decode(rows["label"], "utf-8") if rows["label"].dtype.kind == "S" else rows["label"]
        places = {str(label): np.flatnonzero(labels == label) for label in np.unique(labels)}
        where = {label: (at, rows["entry"][at].astype(np.int64)) for label, at in places.items()}
        fields: dict[str, list[Array]] = {key: [] for key in ("F", "P", *self.choice.pairs("coordinates"))}
        names = {"F": "F", "P": "P"} | self.choice.pairs("coordinates")
        for _, name in steps:
            for key, values in fields.items():
                whole = self._of_cells(file[name], names[key], where, len(rows))
                values.append(whole.mean(axis=0) if key in ("F", "P") else whole)
        gradient = np.stack(fields.pop("F")) - np.eye(3)
        largest = float(np.abs(gradient).max())
        if largest > SMALL:
            warnings.warn(
                f"{self.file}: displacement gradients to {largest:.2g} are read as small ones", ReadingNote, 2
            )
        stress = np.stack(fields.pop("P"))
        return RawStates(
            self.name,
            0.5 * (gradient + gradient.transpose(0, 2, 1)),
            0.5 * (stress + stress.transpose(0, 2, 1)),
            {"time": np.array([float(file[name].attrs["t/s"]) for _, name in steps])},
            {key: np.stack(values) for key, values in fields.items()},
        )

    def _of_cells(
        self,
        increment: h5py.Group,
        name: str,
        where: dict[str, tuple[Int[NDArray[np.int64], "k"], Int[NDArray[np.int64], "k"]]],
        count: int,
    ) -> Float[Array, "N *field"]:
        """Return a field in the order of the cells."""
        whole: Array | None = None
        for label, (at, entry) in where.items():
            phase = increment.get(f"phase/{label}")
            found = [f"{part}/{name}" for part in phase or () if name in phase[part]]
            if not found:
                known = sorted({field for part in phase or () for field in phase[part]})
                raise DataFileError(
                    f"{self.file} has no field {name!r} of the phase {label} in {increment.name.strip('/')}: "
                    f"{nearest(name, known)}its fields are {', '.join(known) or 'none'}"
                )
            values = np.asarray(phase[found[0]][()], dtype=np.float64)[entry]
            whole = np.zeros((count, *values.shape[1:])) if whole is None else whole
            whole[at] = values
        assert whole is not None
        return whole


def damask_paths(files: Sequence[Path], choice: ImportChoice) -> list[DamaskPath]:
    """Return the load cases of DAMASK files, a file each."""
    return [DamaskPath(file, choice) for file in files]


def is_damask(path: Path) -> bool:
    """Return whether an HDF5 file is a result of DAMASK."""
    with opened(path) as file:
        return VERSION in file.attrs
