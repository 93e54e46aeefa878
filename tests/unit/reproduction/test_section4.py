"""Section IV: its cells and figures, and a model beside the exact cell on them."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.reproduction.claims import CELLS, PAPER, choose_cells, paper_figure
from microtann.reproduction.section4_responses import respond_section4


@pytest.fixture(scope="module")
def exact() -> mt.TANN:
    data = mt.generate_data(mt.Lattice(mt.square_cell((2, 2))), plan=mt.WalkPlan(paths=20, steps=20))
    return mt.train(data, mt.forms.Variational(states=4, updates=0))


def test_the_cells_are_those_of_the_paper_and_of_the_shipped_models() -> None:
    assert list(CELLS) == [
        "square-2x2",
        "square-4x4",
        "square-6x6",
        "square-2x2-perturbed",
        "square-6x6-perturbed",
    ]
    for cell in CELLS.values():
        assert f"{cell.units}x{cell.units}" in cell.name
        assert (cell.perturbation > 0.0) == ("perturbed" in cell.name)


def test_every_figure_has_a_cell_a_path_and_a_claim() -> None:
    assert [figure.number for figure in PAPER.section4.figures] == [7, 8, 9, 11, 12]
    for figure in PAPER.section4.figures:
        assert figure.cell in CELLS
        assert figure.claim.startswith("The paper ")
        assert paper_figure(figure.cell, figure.path) is figure
    assert paper_figure("square-4x4", "b") is None


def test_cells_come_in_the_order_of_the_paper() -> None:
    assert [c.name for c in choose_cells(["square-6x6", "square-2x2"])] == ["square-2x2", "square-6x6"]
    assert len(choose_cells(None)) == 5
    with pytest.raises(InputError, match="Section IV has no cell 'cube': its cells are square-2x2"):
        choose_cells(["cube"])


def test_an_exact_model_has_the_states_that_its_encoder_gives(exact: mt.TANN) -> None:
    found = respond_section4(exact)
    assert list(found) == ["b", "c"]
    for response in found.values():
        assert response.errors.stress < 1e-12
        np.testing.assert_allclose(response.state, response.exact_state, atol=1e-10)
    strain = found["b"].response.path.strain[0]
    size = np.linalg.norm(found["b"].state, axis=1)
    unloaded = np.flatnonzero(np.abs(strain).max(axis=1) < 1e-12)
    flowed = unloaded[unloaded > int(np.argmax(found["b"].response.exact.dissipation[0] > 0))]
    assert found["b"].remaining_state == pytest.approx(size[flowed].min() / size.max())
    assert found["b"].remaining_state > 0.0


def test_a_cell_under_shear_is_unloaded_nowhere(exact: mt.TANN) -> None:
    assert respond_section4(exact, ["c"])["c"].remaining_state is None
