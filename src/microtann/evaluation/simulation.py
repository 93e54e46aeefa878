"""A reference structure with a material, with the exact material on the same mesh, and as a full lattice."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from microtann.equilibrium.solver_options import SolverOptions
from microtann.errors import InputError, ReadingNote
from microtann.evaluation.audit import Audit
from microtann.evaluation.audit_on_data import audit_as_possible
from microtann.evaluation.both_scales import Microscale, shows_both_scales
from microtann.evaluation.comparison import ANALYSIS_TITLES, Analysis, Comparison
from microtann.evaluation.distributed_run import DistributedJob, run_distributed
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.nodal_states import DecodingMaterial
from microtann.evaluation.reference_run import (
    ReferenceRuns,
    compile_kernels,
    elements,
    newton_progress,
    records_in,
)
from microtann.evaluation.scale_errors import Errors, scale_errors, solved_again, solving
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.evaluation.structures import ReferenceCase, reference_case
from microtann.fem.model import Result
from microtann.materials.protocol import Material
from microtann.microstructure.bars.full.structure import StructureResult
from microtann.microstructure.protocol import Microstructure
from microtann.numbers import voigt
from microtann.numbers.configuration import to_table
from microtann.system.progress import ShowProgress, logged
from microtann.tann.hybrid import Hybrid
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN

EXACT = "exact"
"""Name in place of a model's: the exact regular cube alone."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """What was computed of a reference structure, side by side.

    Parameters
    ----------
    comparison : Comparison
        Results of all analyses, with the errors of network and of homogenisation.
    choice : SimulationChoice
    scales : mapping
        The lattice inside the finite elements (`Microscale`), by analysis; empty without a full lattice.
    solved : Microscale, optional
        That of the model, with the exact cell solved again.
    scale_errors : mapping
        See `microtann.evaluation.scale_errors.scale_errors`.
    audit : Audit, optional
    """

    comparison: Comparison
    choice: SimulationChoice
    scales: Mapping[Analysis, Microscale]
    solved: Microscale | None
    scale_errors: dict[str, Errors]
    audit: Audit | None

    def __str__(self) -> str:
        """Return what is compared at the end of the loading as a table."""
        values = self.comparison.quantities
        titles = [ANALYSIS_TITLES[analysis] for analysis in values]
        lines = [f"{self.comparison.case.name:<20}" + "".join(f"{title:>18}" for title in titles)]
        for name in next(iter(values.values())):
            numbers = (float(quantities[name][-1]) for quantities in values.values())
            lines.append(f"{name:<20}" + "".join(f"{number:18.6g}" for number in numbers))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON."""
        mesh = next(iter(self.comparison.elements.values())).mesh
        sizes = {"mesh_size": self.choice.mesh_size, "element": mesh.kind, "dns": self.choice.dns}
        return (
            sizes
            | self.comparison.to_dict()
            | {"scales": self.scale_errors}
            | ({} if self.solved is None else {"solved_again": asdict(solving(self.solved))})
            | ({} if self.audit is None else {"audit": self.audit.to_dict()})
        )


def simulate(
    case: str | ReferenceCase,
    material: Material | str | os.PathLike[str] = "cube",
    choice: SimulationChoice | None = None,
    *,
    solver: SolverOptions | None = None,
    records: str | os.PathLike[str] | None = None,
    failure: str | os.PathLike[str] | None = None,
    progress: ShowProgress = logged("evaluation"),
    named: str = "",
    files: str | os.PathLike[str] | None = None,
    **keys: Any,
) -> Simulation:
    """Compute a reference structure with a material, with the exact one on the same mesh, and as a full lattice.

    Parameters
    ----------
    case : str or ReferenceCase
        "lcU1", "lcU2", "lcC1", "lcC2", "lcT1", "lcT2", "lcH", or a case of your own.
    material : Material, name or path
        A model, shipped or from a file; "exact" for the exact regular cube; or any material. Beside one
        that is no lattice there is no full one; beside one that names no microstructure, nothing exact: what is
        left out is told by a `ReadingNote`.
    choice : SimulationChoice, optional
    solver : SolverOptions, optional
        Settings of the equilibrium solver; what is done outside of the training range is said by the choice.
    records : path, optional
        Folder in which the equilibria are kept while the work goes on: a second call goes on where the first one
        was stopped. It belongs to one material and one choice, and stays when all is done.
    failure : path, optional
        File for the Gauss point at which an increment fails, which ``microtann replay`` tries alone.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.evaluation`` hears of it.
    named : str
        Of a material that is an object of yours: module:name, by which the processes of FEniCSx find it.
    files : path, optional
        Folder for the fields that the engine fenicsx writes; without it there are none.
    **keys
        Keys of `SimulationChoice`, such as ``mesh_size=1.0``, ``dns="1/20"`` or ``increments=4``.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If there is no such case, sizes do not fill its box, or what is asked for needs a lattice.
    EquilibriumError
        If an increment fails although it was cut.

    Examples
    --------
    >>> import microtann as mt
    >>> found = mt.simulate("lcU1", "cube", mesh_size=5.0, dns="1/2")
    >>> found.comparison.network_errors["energy"] < 1e-9
    True
    """
    choice = replace(choice or SimulationChoice(), **keys)
    distributed = _job(case, material, named, choice, files) if choice.engine == "fenicsx" else None
    model = _model(material)
    reference = ExactReference.regular_cube() if model is None else ExactReference.of(model)
    if isinstance(model, Microstructure):
        model = None  # it is the exact material itself
    if model is None and not choice.exact:
        raise InputError("neither a model nor the exact cell is to be computed: choose a model, or exact = true")
    if choice.audit and not isinstance(model, DecodingMaterial):
        raise InputError("an audit compares a model with the exact cell: choose a model, or leave the audit out")
    name = material if isinstance(material, str) else repr(material)
    if reference is None and (choice.exact or choice.dns > 0):
        warnings.warn(
            f"{name} names no microstructure that can be solved: the exact cell and the full lattice are left out",
            ReadingNote,
            stacklevel=2,
        )
        choice = replace(choice, exact=False, dns=0.0)
    if choice.dns > 0 and not (reference is not None and reference.fills_structures):
        warnings.warn(
            f"{name} does not stand for a lattice: there is no full one beside it (dns = 0)",
            ReadingNote,
            stacklevel=2,
        )
        choice = replace(choice, dns=0.0)
    case = _case(case, model, reference).divided(choice.increments)
    kind = choice.kind(case.dimension)
    case.elements(choice.mesh_size)
    # made first, so that one that is too large is found before the work
    structure = reference.structure(case, choice.dns) if reference is not None and choice.dns > 0 else None
    if choice.inside:
        case.check_inside(choice.inside)
    policy = "none" if choice.outside_training == "exact" else choice.outside_training
    if choice.outside_training == "exact" and isinstance(model, TANN):
        model = Hybrid(model)
    materials: dict[Literal["model", "exact"], Material] = {} if model is None else {"model": model}
    if choice.exact and reference is not None:
        materials["exact"] = reference.microstructure
    options = replace(solver or SolverOptions(), outside_training=policy)
    runs = ReferenceRuns(case, options, records_in(records))
    results: dict[Literal["model", "exact"], Result] = {}
    for analysis, chosen in materials.items():
        with progress(f"{case.name}, {ANALYSIS_TITLES[analysis]}") as report:
            body = elements(case, chosen, choice.mesh_size, kind, choice.diagonals)
            if distributed is not None:
                report(0.0, 1, f"FEniCSx, {choice.ranks} processes")
                run = replace(distributed, analysis=analysis, element=kind, options=to_table(options))
                results[analysis] = run_distributed(run.beside(records), choice.ranks, body.mesh)
                continue
            compile_kernels(case, body, reference)
            follow = newton_progress(report)
            results[analysis] = runs.result(analysis, choice.mesh_size, body, follow, failure=failure)
    lattice: StructureResult | None = None
    if structure is not None:
        with progress(f"{case.name}, {ANALYSIS_TITLES['lattice']}") as report:
            lattice = runs.result("lattice", choice.dns, structure, newton_progress(report), fields=True)
    return _examined(Comparison(case, results, lattice), materials, choice)


def _job(
    case: str | ReferenceCase,
    material: Material | str | os.PathLike[str],
    named: str,
    choice: SimulationChoice,
    files: str | os.PathLike[str] | None,
) -> DistributedJob:
    """Return what the processes of FEniCSx are to compute, as far as it is said here.

    Raises
    ------
    InputError
        If they cannot find the case or the material by its name.
    """
    name = named or (os.fspath(material) if isinstance(material, str | os.PathLike) else "")
    if not name or not isinstance(case, str):
        raise InputError(
            "the processes of the engine fenicsx find case and material by their names: give a reference "
            "structure and a shipped model, a model file or named='module:name', or start a script of your own "
            "with microtann.fenicsx.DistributedModel by mpiexec"
        )
    return DistributedJob(
        case=case,
        increments=choice.increments,
        material=name,
        hybrid=choice.outside_training == "exact",
        mesh_size=choice.mesh_size,
        diagonals=choice.diagonals,
        files="" if files is None else os.fspath(files),
        fields=choice.engine_fields,
    )


def _model(material: Material | str | os.PathLike[str]) -> Material | None:
    """Return the material of a name; None for the exact cell alone."""
    if not isinstance(material, str | os.PathLike):
        return material
    return (
        None if str(material) == EXACT else load(Path(material) if isinstance(material, os.PathLike) else material)
    )


def _case(case: str | ReferenceCase, model: Material | None, reference: ExactReference | None) -> ReferenceCase:
    """Return the case in the dimension of the material."""
    if isinstance(case, ReferenceCase):
        return case
    reference_case(case)
    components: int = getattr(model, "components", 6)
    return reference_case(case, voigt.dimension(components) if reference is None else reference.dimension)


def _examined(
    comparison: Comparison, materials: Mapping[Literal["model", "exact"], Material], choice: SimulationChoice
) -> Simulation:
    """Return the analyses with the errors on both scales and the audit that are asked for."""
    case = comparison.case
    scales: dict[Analysis, Microscale] = {}
    if comparison.lattice is not None:
        scales = {
            analysis: Microscale(result, material, case.lengths[0] * choice.dns, case.origin)
            for analysis, result in comparison.elements.items()
            if shows_both_scales(material := materials[analysis])
        }
    solved = solved_again(scales["model"]) if choice.localisation == "solve" and "model" in scales else None
    errors = scale_errors(comparison, scales, solved, choice.inside or None)
    audited = None
    if choice.audit:
        model = materials["model"]
        assert isinstance(model, DecodingMaterial)
        audited = audit_as_possible(comparison.elements["model"], model, choice.audit, choice.audit_data)
    return Simulation(comparison, choice, scales, solved, errors, audited)


def outside_sentence(comparison: Comparison) -> str:
    """Return a sentence on the Gauss points that left the training range, if it is known and any did."""
    run = comparison.elements.get("model")
    if run is not None and "exact_share" in run.state:
        share = run.state["exact_share"]
        return (
            f" {np.count_nonzero(share)} of {share.size} Gauss points near or outside the border of its training "
            f"range follow the exact cell, {np.count_nonzero(share == 1.0)} of them wholly (field exact_share)."
        )
    if run is None or run.points_outside is None or run.training_reach is None or not run.points_outside.any():
        return ""
    return (
        f" Up to {run.points_outside.max()} of {run.mesh.weights.size} Gauss points leave the range of its "
        f"training data, the farthest reaching {run.training_reach.max():.3g} times as far (field training_reach)."
    )
