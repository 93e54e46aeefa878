"""How ``microtann cell`` loads the cell: turning points, a file of steps, or a strain path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from microtann.data.path_file import read_path
from microtann.errors import InputError
from microtann.microstructure.driven.programme import CellStep, read_programme
from microtann.numbers import voigt
from microtann.numbers.configuration import configuration
from microtann.system.stage import file_digest


@configuration
class LoadingChoice:
    """How a single cell is loaded."""

    strain: Annotated[
        tuple[str, ...], Field(description='Turning points of strain, a component each: "11=0.6,-0.6,0".')
    ] = ()
    stress: Annotated[
        tuple[str, ...], Field(description='Turning points of stress, a component each: "22=0.1,0".')
    ] = ()
    rest: Annotated[
        Literal["free", "fixed"],
        Field(description="The components that are not named: free of stress, or fixed in strain."),
    ] = "free"
    increments: Annotated[int, Field(ge=1, description="Increments between two turning points.")] = 20
    programme: Annotated[
        str, Field(description="TOML file with the steps, in place of strain and stress (docs/lattices.md).")
    ] = ""
    path: Annotated[
        str, Field(description="CSV file with a strain path (e11, e22, …), in place of strain and stress.")
    ] = ""

    def inputs(self) -> dict[str, str]:
        """Return the digest of every file that describes the loading.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        files = {"programme": self.programme, "path": self.path}
        return {name: file_digest(Path(file)) for name, file in files.items() if file}

    def steps(self, components: int) -> Sequence[CellStep]:
        """Return the steps of the one kind of loading that is chosen.

        Parameters
        ----------
        components : int
            Strain components of what is loaded.

        Raises
        ------
        InputError
            If none or several are chosen, a file cannot be used, or the turning points make no programme.
        """
        if sum([bool(self.programme), bool(self.path), bool(self.strain or self.stress)]) != 1:
            raise InputError("give one loading: --programme FILE, --path FILE, or --strain and --stress")
        if self.programme:
            return read_programme(self.programme)
        if self.path:
            return _path_steps(Path(self.path), components)
        return self._turning_points()

    def _turning_points(self) -> list[CellStep]:
        strain, stress = _components("strain", self.strain), _components("stress", self.stress)
        counts = {len(values) for table in (strain, stress) for values in table.values()}
        most = max(counts)
        if counts - {1, most}:
            raise InputError(
                "--strain and --stress must list the same number of turning points, or one for all of them"
            )

        def at(table: dict[str, list[float]], point: int) -> dict[str, float]:
            return {label: values[min(point, len(values) - 1)] for label, values in table.items()}

        return [
            CellStep(at(strain, point), at(stress, point), self.rest, self.increments, name=str(point + 1))
            for point in range(most)
        ]


def _path_steps(path: Path, components: int) -> list[CellStep]:
    time, strains = read_path(path, components)
    labels = voigt.component_names(components)
    durations = np.diff(time, prepend=0.0)
    return [
        CellStep(strain=dict(zip(labels, row.tolist(), strict=True)), increments=1, dt=float(dt))
        for row, dt in zip(strains, durations, strict=True)
    ]


def _components(kind: str, texts: Sequence[str]) -> dict[str, list[float]]:
    """Return the turning points of every component."""
    table: dict[str, list[float]] = {}
    for text in texts:
        label, sign, values = text.partition("=")
        label = label.strip()
        if label in table:
            raise InputError(
                f"--{kind} is given twice for component {label}: list its turning points once, {label}=0.3,-0.3,0"
            )
        try:
            if not sign:
                raise ValueError
            table[label] = [float(value) for value in values.split(",")]
        except ValueError:
            raise InputError(f"--{kind} must look like 11=0.3 or 11=0.3,-0.3,0, got {text!r}") from None
    return table
