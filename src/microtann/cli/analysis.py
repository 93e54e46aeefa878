"""What the commands that analyse structures share: compiling beforehand, and showing Newton's iterations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from microtann import fem
from microtann.cli.progress import Report
from microtann.equilibrium.options import Progress
from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.full.structure import Structure

COARSE = {2: 0.25, 3: 1.25}
"""Edge of the elements and cells of the small runs that compile everything, by dimension: fine enough for
multigrid, which a body of 10 × 10 × 10 in elements of 2 is not."""


def compile_kernels(
    case: ReferenceCase, cell: UnitCell, bar: ElastoplasticBar, finite_elements: fem.Model
) -> None:
    """Run every kernel once, the material with every number of points that will occur, so that none is timed."""
    mesh, material = finite_elements.mesh, finite_elements.material
    points, edge = mesh.weights.size, COARSE[case.dimension]
    assert not isinstance(material, Mapping)
    for count in {min(finite_elements.chunk, points), points % finite_elements.chunk} - {0}:
        for tangent in (True, False):
            material.update(np.zeros((count, cell.components)), material.initial_state(count), tangent=tangent)
    options = fem.SolverOptions(outside_training="none")
    small = fem.box(case.lengths, case.elements(edge), case.origin, mesh.kind)
    fem.Model(small, material).solve(case.steps[:1], options)
    Structure.box(cell, bar, case.lengths, edge, case.origin).solve(case.steps[:1])


def newton_progress(report: Report, done: int = 0, runs: int = 1, name: str = "") -> Callable[[Progress], None]:
    """Return what shows the Newton iterations of a run, which may be one of several."""

    def update(state: Progress) -> None:
        share = (state.increment + (1.0 if state.converged else 0.0)) / state.increments
        note = f"{name}, " if name else ""
        note += f"increment {state.increment + 1}/{state.increments}, iteration {state.iteration}, "
        report(done + share, runs, note + f"residual {state.residual:.1e}")

    return update
