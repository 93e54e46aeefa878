"""Validation of a data file, whoever wrote it: everything that is wrong with it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.consistency import (
    continuity_errors,
    dissipation_errors,
    energy_errors,
    moves_at_rest,
    rest_errors,
    scales_of,
    stiffness_of,
)
from microtann.data.file import has_checksums, read_microstructure, read_set, read_stiffness, require_room_for
from microtann.data.format_errors import (
    field_errors,
    header_errors,
    read_layout,
    split_errors,
    value_errors,
)
from microtann.data.increments import Increments
from microtann.data.microstructure_check import microstructure_misses, shape_errors, unchecked
from microtann.data.schema import SETS, Layout
from microtann.errors import CellError, DataFileError, InputError
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.registry import UnknownMicrostructure
from microtann.numbers import voigt
from microtann.system.hdf5 import opened

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Parameters
    ----------
    level : {"error", "warning", "note"}
        An error makes the file unfit for training; a warning deserves a look; a note only tells.
    sentence : str
        What, where (field and row) and what to do.
    """

    level: Level
    sentence: str


@dataclass(frozen=True)
class Report:
    """What the check of a file found; it is true if there is no error."""

    path: Path
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """The sentences of the errors."""
        return tuple(finding.sentence for finding in self.findings if finding.level == "error")

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences of the warnings."""
        return tuple(finding.sentence for finding in self.findings if finding.level == "warning")

    def __bool__(self) -> bool:
        return not self.errors


def check_file(path: str | Path) -> Report:
    """Validate a data file.

    Checked are: schema and version, attributes, units, Voigt order and shear, fields, kinds and shapes, checksums,
    finite values, positive time increments, sets disjoint in their paths; then the physics: no negative
    dissipation, zero increments that leave the state alone, steps that start where the step before ended, and the
    balance ½(S_t + S_{t+Δt}) · ΔE = ΔΨ + D up to a second-order defect (see
    `microtann.data.consistency.energy_errors`), which a lattice may have with one sign only. At last the
    states are held against the cell and the bars that the file names (see `microtann.data.microstructure_check`).

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Report
        Its findings, errors first in the order of the checks. A file that cannot be read gives one error.
    """
    path = Path(path)
    try:
        with opened(path) as file:
            findings = tuple(_findings(path, file))
    except DataFileError as error:
        findings = (Finding("error", str(error)),)
    return Report(path, tuple(sorted(findings, key=lambda found: ("error", "warning", "note").index(found.level))))


def _findings(path: Path, file: h5py.File) -> Iterator[Finding]:
    sentences = list(header_errors(file))
    if not sentences:
        layout = read_layout(file)
        sentences = list(field_errors(file, layout))
    yield from _errors(sentences)
    if sentences:
        return  # what the fields mean is not known
    yield from _advice(file, layout)
    require_room_for(path, file, layout)
    damage: list[str] = []
    sets = {name: read_set(file, name, layout, damage) for name in SETS}
    yield from _errors(damage)
    yield from _errors(split_errors({name: part.path for name, part in sets.items()}))
    microstructure = read_microstructure(path, file, layout)
    told = () if microstructure is None else microstructure.strain_names
    yield from _order_advice(layout.voigt_order, told)
    cannot = list(unchecked(layout, microstructure))
    if isinstance(microstructure, UnknownMicrostructure):
        cannot, microstructure = [microstructure.unknown], None
    if microstructure is not None:
        yield from _errors(shape_errors(layout, microstructure))
    values = [sentence for name, part in sets.items() for sentence in value_errors(name, part, layout)]
    yield from _errors(values)
    yield Finding("note", _summary(sets, layout))
    for sentence in (*_absent(sets), *cannot):
        yield Finding("note", sentence)
    if values or (microstructure is not None and any(shape_errors(layout, microstructure))):
        return
    physics = list(_physics(path, sets, layout, microstructure, read_stiffness(file)))
    yield from physics
    if microstructure is None or any(finding.level == "error" for finding in physics):
        return  # increments that are none of any material are none of this microstructure
    for name, part in sets.items():
        for miss in microstructure_misses(name, part, layout, microstructure):
            yield Finding("error" if miss.wrong else "warning", miss.sentence)


def _absent(sets: dict[str, Increments]) -> Iterator[str]:
    """Yield the sets that are empty."""
    for name, use in (("validation", "to see when training overfits"), ("test", "to judge the trained model")):
        if not len(sets[name]):
            yield f"the {name} set is empty: there are no increments {use}"


def _errors(sentences: Iterator[str] | list[str]) -> Iterator[Finding]:
    for sentence in sentences:
        yield Finding("error", sentence)


def _order_advice(order: tuple[str, ...], told: tuple[str, ...]) -> Iterator[Finding]:
    """Yield that components with names of their own are taken for those of tensors; those of the cell are not."""
    for labels in voigt.LABELS.values():
        if len(labels) == len(order) and order not in (labels, told):
            yield Finding(
                "warning",
                f"voigt_order is {','.join(order)}: a material with {len(order)} components is taken to have the "
                f"order {','.join(labels)} in finite elements",
            )


def _advice(file: h5py.File, layout: Layout) -> Iterator[Finding]:
    """Yield warnings about what is allowed but unusual."""
    energy, dissipation = (layout.units.get(name, "").strip() for name in ("energy", "dissipation"))
    if energy != dissipation:
        yield Finding(
            "warning",
            f"the unit of energy is {energy!r} and that of dissipation {dissipation!r}: both are energies per "
            "unit volume in one unit, stress × strain",
        )
    if not has_checksums(file):
        yield Finding(
            "warning", "some fields have no sha256 attribute: a change of their values cannot be noticed"
        )
    if not layout.coordinate_shapes:
        yield Finding("note", "the file has no internal coordinates: no microstructural fields can be decoded")
    if layout.without:
        yield Finding(
            "note",
            f"the file is without {' and '.join(layout.without)}: first and second law cannot be checked, and of "
            "the forms variational alone learns from it",
        )


def _largest_stiffness(path: Path, microstructure: Microstructure | None) -> float | None:
    """Return the largest elastic stiffness of a microstructure; None if it is not known.

    Raises
    ------
    DataFileError
        If the microstructure cannot be used.
    """
    if microstructure is None or not microstructure.solvable:
        return None
    try:
        return float(np.linalg.eigvalsh(microstructure.elastic_stiffness())[-1])
    except (CellError, InputError) as error:
        raise DataFileError(f"{path} holds a {microstructure.kind} that cannot be used: {error}") from None


def _physics(
    path: Path,
    sets: dict[str, Increments],
    layout: Layout,
    microstructure: Microstructure | None,
    given: Float[NDArray[np.float64], "v v"] | None,
) -> Iterator[Finding]:
    scales = scales_of(sets, layout)
    stiffness = _largest_stiffness(path, microstructure)
    if stiffness is None:
        stiffness = stiffness_of(sets) if given is None else float(np.linalg.eigvalsh(given)[-1])
    at_rest = microstructure is not None and microstructure.rate_independent
    quadratic = microstructure is not None and microstructure.quadratic
    stays = at_rest if microstructure is not None else not moves_at_rest(sets, layout, scales)
    for name, part in sets.items():
        if not len(part):
            continue
        yield from _errors(dissipation_errors(name, part, scales))
        if microstructure is None or at_rest:
            for sentence in rest_errors(name, part, layout, scales):
                if at_rest and microstructure is not None:
                    kind = microstructure.kind
                    yield Finding("error", f"{sentence}: the state of a {kind} does not move at rest")
                else:
                    hint = "only the state of a rate-dependent material may move at rest"
                    yield Finding("warning", f"{sentence}: {hint}")
        yield from _errors(continuity_errors(name, part, layout, scales))
        judged = () if layout.without else energy_errors(name, part, scales, stiffness, quadratic, stays)
        for wrong, sentence in judged:
            yield Finding("error" if wrong else "warning", sentence)


def _summary(sets: dict[str, Increments], layout: Layout) -> str:
    counts = ", ".join(
        f"{len(part)} of {len(np.unique(part.path))} paths for {name}" for name, part in sets.items()
    )
    largest = np.max([np.abs(part.strain).max(axis=0) for part in sets.values() if len(part)], axis=0)
    reach = ", ".join(f"{label} {value:.3g}" for label, value in zip(layout.voigt_order, largest, strict=True))
    coordinates = ", ".join(f"{name} {shape}" for name, shape in layout.coordinate_shapes.items()) or "none"
    return f"increments: {counts}; largest strain: {reach}; internal coordinates: {coordinates}"
