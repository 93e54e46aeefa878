"""What is printed of anything is one short line, and of what it cost, a table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.evaluation.closed_loop import Evaluation, PathErrors
from microtann.evaluation.protocol_paths import path


def objects() -> Iterator[tuple[object, str]]:
    """Yield objects, and words that their line must hold."""
    cell, bar = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()
    yield bar, "ElastoplasticBar(young=1, yield_stress=0.333333, hardening=0.1)"
    yield mt.ElastoplasticBar(young=np.linspace(1, 2, 28)), "young=1…2 (28 bars)"
    yield cell, "UnitCell(2D, 9 nodes, 20 bars (16 distinct), periods 1 × 1)"
    strain = np.linspace(0, 0.5, 7)[1:, None] * np.array([1.0, 0.0, 0.0])
    yield mt.solve_cell(cell, bar, np.stack([strain, -strain])), "2×6 increments, 3 strain components, 9 nodes"
    pull = mt.CellStep(strain={"11": 0.3}, rest="free", increments=4)
    yield mt.drive_cell(cell, bar, [pull, pull]), "DrivenResponse(8 increments in 2 steps"
    tann = mt.load("cube")
    yield tann, "TANN(form 'play', 13 ISVs, 6 strain components, of a cell of 8 nodes"
    yield tann.point, "MaterialPoint(ResidualReduction, DecoupledQuadraticEnergy, PlayMechanisms"
    yield tann.information, "TrainingRange(strains to 1, increments to 0.5449, states to"
    yield tann.microstructure, "Lattice(cell=UnitCell("
    yield tann.recall(0.01 * np.ones((5, 6)), decode=True), "Recall(5 increments, 13 ISVs, displacement, force)"
    far = tann.recall(9.0 * np.ones((5, 6)), outside_training="none")
    yield far, "Recall(5 increments, 13 ISVs; 5 outside the training range)"
    data = generate(mt.Lattice(mt.square_cell(), bar), WalkPlan(paths=20, steps=10))
    yield data, "140 training, 30 validation, 30 test increments; 3 strain components, displacement (9, 2)"
    yield data.training, "Increments(140 of 14 paths, 3 strain components"
    mesh = mt.fem.box((1, 1, 2), (2, 2, 4))
    yield mesh, "Mesh(45 nodes, 16 cells of kind 'hexahedron')"
    base = [mt.fem.Prescribed(lambda p: p[:, 2] == 0, axis) for axis in range(3)]
    step = mt.fem.Step([*base, mt.fem.Prescribed(lambda p: p[:, 2] == 2, 2, 0.6)], increments=2)
    model = mt.fem.Model(mesh, tann)
    yield model, "Model(Mesh(45 nodes"
    result = model.solve([step])
    yield result, "Result(2 increments to time 2, 45 nodes, 16 cells; energy"
    yield repr(result.statistics), "Newton and"
    yield mt.Lattice(mt.cube_cell(), bar), "Lattice(cell=UnitCell(3D"
    structure = mt.Structure.box(mt.cube_cell(), bar, (1, 1, 2), 0.5)
    yield structure, "Structure(3D, 45 nodes, "
    yield structure.solve([step]), "StructureResult(2 increments to time 2, 45 nodes, 296 bars; energy"
    yield path("a", 6), "EvaluationPath('a', '64 walks"


def test_everything_is_one_line() -> None:
    for thing, words in objects():
        line = thing if isinstance(thing, str) else repr(thing)
        assert words in line
        assert "\n" not in line
        assert len(line) < 250, line


def test_the_cost_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1))
    sides = [mt.fem.Prescribed(lambda p: p[:, 2] >= 0, axis, lambda p: 0.3 * p[:, 2]) for axis in range(3)]
    result = mt.fem.Model(mesh, mt.load("cube")).solve([mt.fem.Step(sides, increments=3)])
    print(result.statistics)
    lines = capsys.readouterr().out.splitlines()
    assert lines[9] == ""
    assert lines[10].split()[:3] == ["inc", "step", "time"]
    assert [line.split()[:2] for line in lines[11:]] == [["0", "1"], ["1", "2"], ["2", "3"]]
    assert lines[0].startswith("Newton iterations ")
    assert "in one of 3 increments" in lines[0]
    assert lines[2].split()[-1] == f"{result.statistics.constitutive_calls:,}"


def test_errors_are_a_table() -> None:
    errors = PathErrors(1e-3, 2e-3, 3e-3, {"force": 4e-2}, {}, 5, None, True)
    lines = str(Evaluation({"a": errors})).splitlines()
    assert lines[0].split() == ["path", "stress", "energy", "dissipation", "force", "violations"]
    assert lines[1].split()[:6] == ["a", "1.0e-03", "2.0e-03", "3.0e-03", "4.0e-02", "5"]
    assert lines[1].endswith("outside the training range")
