"""`simulate` takes every kind of element, in space and in the plane, from the command line and from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError
from microtann.evaluation.structures import reference_case
from microtann.report.section import read_section

SPACE = ("hexahedron", "hexahedron20", "tetra", "tetra10")
PLANE = ("quad", "quad8", "triangle", "triangle6")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microtann.evaluation.simulation.compile_kernels", lambda *_: None)
    monkeypatch.setattr("microtann.report.simulation_section.draw_simulation", lambda *_: [])


def simulate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["simulate", *(str(argument) for argument in arguments)])


def numbers(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("model", "kinds"), [pytest.param("cube", SPACE, marks=pytest.mark.verify), ("square-2x2", PLANE)]
)
def test_uniform_compression_is_the_same_with_every_kind(
    model: str, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    """And with the full lattice, since the cell is regular; the report names the kind."""
    energies = []
    for kind in kinds:
        chosen = () if kind == kinds[0] else ("--element", kind)  # the first is the default
        folder = tmp_path / kind
        result = simulate("lcU2", "--model", model, "--mesh-size", "5", "--dns", "1/2", *chosen, "-o", folder)
        assert result.exit_code == 0, result.output
        found = numbers(folder)
        assert found["element"] == kind
        assert f"({kind})" in read_section(folder).paragraphs[0]
        assert max(found["homogenisation_errors"].values()) < 1e-6
        assert found["runs"]["model"]["quantities"]["dissipation"][-1] > 0.01
        energies.append(found["runs"]["model"]["quantities"]["energy"][-1])
        rows = found["scales"].values()
        assert max(value for row in rows for value in row.values() if value is not None) < 1e-6
    np.testing.assert_allclose(energies, energies[0], rtol=1e-7)


@pytest.mark.usefixtures("quick")
def test_a_file_chooses_element_and_diagonals(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    text = '[simulate]\nmesh_size = 5.0\nelement = "tetra"\ndns = 0\nexact = false\n'
    file.write_text(text, encoding="utf-8")
    energies = []
    for diagonals in ("mirrored", "parallel"):
        folder = tmp_path / diagonals
        result = simulate("lcT1", "--config", file, "--set", f"simulate.diagonals={diagonals}", "-o", folder)
        assert result.exit_code == 0, result.output
        found = numbers(folder)
        assert (found["element"], found["runs"]["model"]["unknowns"]) == ("tetra", 3 * 3 * 3 * 5)
        energies.append(found["runs"]["model"]["quantities"]["energy"][-1])
    assert abs(energies[1] / energies[0] - 1.0) > 1e-3


def test_a_plane_structure_has_its_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microtann.evaluation.simulation.compile_kernels", lambda *_: None)
    folder = tmp_path / "plane"
    result = simulate(
        *("lcC2", "--model", "square-2x2", "--mesh-size", "5", "--element", "triangle6", "--dns", "1/2"),
        *("--inside", "0,5", "--audit", "4", "-o", folder),
    )
    assert result.exit_code == 0, result.output
    section = read_section(folder)
    assert all((folder / figure.file).stat().st_size > 3000 for figure in section.figures)
    assert "at (0, 5)" in section.figures[-1].caption
    assert len(list(folder.glob("*.pvd"))) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lcU1", "--element", "quad"), "the cell lies in space, where elements are hexahedron, hexahedron20"),
        (("lcU1", "--element", "wedge15"), "simulate.element"),
        (
            ("lcU1", "-m", "square-2x2", "--element", "tetra"),
            "the cell lies in the plane, where elements are quad,",
        ),
        (("lcT1", "-m", "square-2x2"), "lcT1 twists a body in space, and the cell lies in the plane"),
        (
            ("lcU1", "-m", "square-2x2", "--inside", "0,0,5"),
            "inside is a point of two coordinates, got [0.0, 0.0, 5",
        ),
    ],
)
def test_what_does_not_fit_is_told(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = simulate(*arguments, "--mesh-size", "5", "--dns", "1/2", "-o", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_uniform_compression_in_the_plane_is_uniaxial_stress() -> None:
    """The rectangle answers as the cell alone does when its strain is imposed in one direction."""
    case = reference_case("lcU2", 2)
    cell, bar = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()
    mesh = mt.fem.box(case.lengths, case.elements(5.0), case.origin)
    result = mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps, mt.fem.SolverOptions(tolerance=1e-12))
    (step,) = mt.drive_cell(cell, bar, [mt.CellStep(strain={"22": -0.5}, rest="free", increments=1)]).stress
    np.testing.assert_allclose(
        result.stress.reshape(-1, 3), np.tile(step, (result.stress[..., 0].size, 1)), atol=1e-9
    )
    assert result.axial_force(case.top)[-1] == pytest.approx(10.0 * step[1])
    with pytest.raises(InputError, match="there is no reference case 'lcX'"):
        reference_case("lcX", 2)
