"""Figures of results: they hold the numbers, need no display, and say what cannot be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError

CUBE = mt.load("cube")
STRAIN = 0.5 * np.sin(np.linspace(0, 6, 25))[1:, None] * np.array([1.0, -0.4, 0, 0, 0, 0])


def lines(axis):
    return [line for line in axis.lines if len(line.get_xdata())]


def test_paths_of_a_model_and_of_the_exact_cell(tmp_path: Path) -> None:
    recall, exact = (
        CUBE.recall(np.stack([STRAIN, 0.1 * STRAIN])),
        mt.solve_cell(CUBE.microstructure.cell, CUBE.microstructure.bar, STRAIN),
    )
    with pytest.raises(InputError, match="not to the same strains"):
        mt.plotting.plot_paths(recall, exact)
    figure = mt.plotting.plot_paths(recall, path=1)
    loop, history, energy = figure.axes
    np.testing.assert_allclose(lines(loop)[0].get_xdata(), np.append(0, 0.1 * STRAIN[:, 0]), rtol=1e-15)
    np.testing.assert_allclose(lines(loop)[0].get_ydata(), np.append(0, recall.stress[1, :, 0]), rtol=1e-15)
    assert [line.get_label() for line in lines(history)] == ["11", "22", "33"]
    np.testing.assert_allclose(lines(energy)[1].get_ydata()[-1], recall.dissipation[1].sum(), rtol=1e-12)
    both = mt.plotting.plot_paths(CUBE.recall(STRAIN), exact)
    assert len(lines(both.axes[1])) == 6
    both.savefig(tmp_path / "loop.png")
    assert (tmp_path / "loop.png").stat().st_size > 5000
    with pytest.raises(InputError, match="no path 2"):
        mt.plotting.plot_paths(recall, path=2)


def test_a_driven_cell_is_drawn_over_time() -> None:
    steps = [mt.CellStep(strain={"11": e}, rest="free", increments=4, dt=0.5) for e in (0.4, -0.4)]
    response = mt.drive_cell(mt.square_cell(), mt.ElastoplasticBar(), steps)
    figure = mt.plotting.plot_paths(response)
    np.testing.assert_array_equal(lines(figure.axes[1])[0].get_xdata(), np.arange(9) * 0.5)
    assert figure.axes[1].get_xlabel() == "time"


def test_a_cell_is_drawn_from_its_solution_and_from_what_a_model_decodes() -> None:
    exact, recall = (
        mt.solve_cell(CUBE.microstructure.cell, CUBE.microstructure.bar, STRAIN),
        CUBE.recall(STRAIN, decode=True),
    )
    figures = [mt.plotting.plot_cell(CUBE.microstructure.cell, r, 5) for r in (exact, recall)]
    bars = CUBE.microstructure.cell.distinct_bars
    whole = np.abs(exact.force[5] * bars.area[bars.of_bar] / CUBE.microstructure.cell.areas)
    for figure in figures:
        low, high = figure.axes[1].get_ylim()  # the scale of the colours
        assert (-low, high) == pytest.approx((np.quantile(whole, 0.995),) * 2, rel=1e-9)
        assert np.ptp(figure.axes[0].images[0].get_array()) > 100
    with pytest.raises(InputError, match="decode=True"):
        mt.plotting.plot_cell(CUBE.microstructure.cell, CUBE.recall(STRAIN))
    with pytest.raises(InputError, match="no increment 24"):
        mt.plotting.plot_cell(CUBE.microstructure.cell, exact, 24)


@pytest.mark.parametrize("kind", ["triangle", "triangle6", "quad", "quad8", "tetra", "tetra10", "hexahedron20"])
def test_bodies_of_every_kind_of_elements_are_drawn(kind: str) -> None:
    plane = kind.startswith(("tri", "quad"))
    dimension = 2 if plane else 3
    up = "xyz"[dimension - 1]
    mesh = mt.fem.box((1,) * dimension, (2,) * dimension, kind=kind)
    held = [mt.fem.Prescribed(lambda x: x[:, -1] == 0, axis) for axis in "xyz"[:dimension]]
    step = mt.fem.Step([*held, mt.fem.Prescribed(lambda x: x[:, -1] == 1, up, 0.3)])
    material = mt.fem.LinearElastic.isotropic(1.0, 0.3, plane="strain" if plane else None)
    result = mt.fem.Model(mesh, material).solve([step])
    drawn, other = ("22", "23") if plane else ("33", "44")
    figure = mt.plotting.plot_body(result, f"stress {drawn}")
    assert np.ptp(figure.axes[0].images[0].get_array()) > 100
    assert figure.axes[1].get_ylabel() == f"stress {drawn}"
    high = figure.axes[1].get_ylim()[1]  # the scale of the colours
    stress = result.fields[-1]["stress"][:, 1 if plane else 2]
    assert high == pytest.approx(np.quantile(stress, 0.995), rel=1e-9)
    with pytest.raises(InputError, match="stress has components: name one of 11, 22"):
        mt.plotting.plot_body(result, f"stress {other}")


def test_bodies_and_their_fields() -> None:
    base = [mt.fem.Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    step = mt.fem.Step([*base, mt.fem.Prescribed(lambda x: x[:, 2] == 1, "z", 0.3)], increments=2)
    result = mt.fem.Model(mt.fem.box((1, 1, 1), (2, 2, 2)), CUBE).solve([step])
    for field, label in (("", "energy"), ("stress 33", "stress 33"), ("training_reach", "training_reach")):
        figure = mt.plotting.plot_body(result, field, increment=0)
        assert figure.axes[0].images
        assert figure.axes[1].get_ylabel() == label
    for field, sentence in (("heat", "no field 'heat'"), ("stress", "name one of 11, 22, 33, 23, 13, 12")):
        with pytest.raises(InputError, match=sentence):
            mt.plotting.plot_body(result, field)
    structure = mt.Structure.box(CUBE.microstructure.cell, CUBE.microstructure.bar, (1, 1, 1), 0.5)
    assert mt.plotting.plot_body(structure.solve([step])).axes[1].get_ylabel() == "force"
    with pytest.raises(InputError, match="were not kept"):
        mt.plotting.plot_body(structure.solve([step]), increment=0)
