import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, InputError

SQUARE = {
    "nodes": [[0, 0], [1, 0], [0, 1], [1, 1]],
    "bars": [[0, 1], [2, 3], [0, 2], [1, 3], [0, 3], [1, 2]],
    "areas": [0.5, 0.5, 0.5, 0.5, 1.0, 1.0],
    "periods": np.eye(2),
}


def square(**changes):
    return mt.UnitCell(**{**SQUARE, **changes})


def test_attributes_are_the_arguments_and_read_only():
    cell = square()
    for name, value in SQUARE.items():
        np.testing.assert_array_equal(getattr(cell, name), value)
        with pytest.raises(ValueError, match="read-only"):
            getattr(cell, name)[0] = 0
    assert (cell.dimension, cell.components, cell.volume) == (2, 3, 1.0)
    assert cell.distinct_nodes.count == 1
    np.testing.assert_allclose(cell.distinct_bars.area, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": [[0, 0, 0, 0]]}, r"nodes must have shape \(N, 2\) or \(N, 3\)"),
        ({"nodes": [[0, 0], [1, 0], [0, 1], [1, np.nan]]}, "nodes must be finite: row 3"),
        ({"nodes": "grid"}, "nodes must be an array of numbers"),
        ({"nodes": [[0, 0], [1]]}, "nodes must be an array of numbers"),
        ({"nodes": [*SQUARE["nodes"], [0.5, 0.5]]}, "no bar holds node 4"),
        ({"nodes": [[0, 0], [1, 0], [0, 1], [0, 0]]}, "bar 4 between nodes 0 and 3 has no length"),
        ({"nodes": [*SQUARE["nodes"][:3], [1e-6, 0]]}, "bar 4 between nodes 0 and 3 has no length"),
        ({"bars": [[0, 1.5]] * 6}, "bars must be an integer array"),
        ({"bars": [[0, 1], [2]]}, "bars must be an integer array"),
        ({"bars": np.zeros((0, 2), int), "areas": []}, "no bars"),
        ({"bars": [*SQUARE["bars"][:5], [1, 7]]}, "bar 5 names node 7, but nodes are numbered 0 to 3"),
        ({"bars": [*SQUARE["bars"][:5], [-1, 2]]}, "bar 5 names node -1"),
        ({"bars": [*SQUARE["bars"][:5], [3, 0]]}, "bars 4 and 5 both join nodes 0 and 3"),
        ({"areas": [1.0]}, r"areas must have shape \(6,\)"),
        ({"areas": [0.5, 0.5, 0.5, -0.5, 1.0, 1.0]}, "bar 3 has area -0.5: areas must be positive"),
        ({"areas": [0.5, 0.5, 0.5, 0.0, 1.0, 1.0]}, "bar 3 has area 0: areas must be positive"),
        ({"periods": np.eye(3)}, r"periods must have shape \(2, 2\)"),
        ({"periods": [[1, 1], [2, 2]]}, "periods do not span the space"),
    ],
)
def test_bad_cells_are_refused_in_one_sentence(changes, message):
    with pytest.raises(CellError, match=message) as caught:
        square(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("strain", "message"),
    [
        (np.zeros(3), r"shape \(T, 3\) or \(B, T, 3\)"),
        (np.zeros((4, 6)), r"shape \(T, 3\) or \(B, T, 3\).*got \(4, 6\)"),
        (np.zeros((0, 3)), "at least one increment"),
        ([[0, 0, 0], [0, np.nan, 0]], "component 1 of step 1 is nan"),
        (np.full((2, 1, 3), np.inf), "component 0 of path 0, step 0 is inf"),
        ("pull", "must be an array of numbers"),
    ],
)
def test_bad_strains_are_refused_in_one_sentence(strain, message):
    with pytest.raises(InputError, match=message):
        mt.solve_cell(square(), mt.ElastoplasticBar(), strain)


@pytest.mark.parametrize("dt", [0.0, -1.0, np.nan, [1.0, 1.0, 1.0]])
def test_bad_time_increments_are_refused(dt):
    with pytest.raises(InputError, match="dt"):
        mt.solve_cell(square(), mt.ElastoplasticBar(), np.zeros((2, 3)), dt)


def test_copies_of_a_bar_must_agree():
    with pytest.raises(CellError, match="bars 0 and 1 are periodic copies of one bar but differ in young"):
        mt.solve_cell(square(), mt.ElastoplasticBar(young=[1.0, 2, 1, 1, 1, 1]), np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (mt.square_cell, {"units": (0, 1)}, "units must be 2 positive integers"),
        (mt.cube_cell, {"units": (1, 1)}, "units must be 3 positive integers"),
        (mt.cube_cell, {"size": -1.0}, "size must be positive"),
        (mt.cube_cell, {"perturbation": 0.2}, "no interior node to perturb"),
        (mt.square_cell, {"perturbation": 0.6}, "perturbation must lie between 0 and 0.45"),
        (mt.square_cell, {"perturbation": -0.1}, "perturbation must lie between"),
    ],
)
def test_bad_generator_arguments_are_refused(make, arguments, message):
    with pytest.raises(CellError, match=message):
        make(**arguments)


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_perturbations_follow_their_law_and_seed(law):
    base, moved = mt.square_cell((30, 30)), mt.square_cell((30, 30), perturbation=0.2, law=law, seed=4)
    move = (moved.nodes - base.nodes) * 30
    boundary = ((base.nodes == 0) | (base.nodes == 1)).any(axis=1)
    assert (move[boundary] == 0).all()
    inside = move[~boundary]
    expected = 0.2 / np.sqrt(3) if law == "uniform" else 0.189  # truncated at 0.45 = 2.25 deviations
    assert inside.std() == pytest.approx(expected, rel=0.05)
    assert np.abs(inside).max() <= (0.2 if law == "uniform" else 0.45)
    again = mt.square_cell((30, 30), perturbation=0.2, law=law, seed=4)
    np.testing.assert_array_equal(moved.nodes, again.nodes)
    assert np.abs(moved.nodes - mt.square_cell((30, 30), perturbation=0.2, law=law, seed=5).nodes).max() > 0


def test_with_all_partners_move_together():
    base, cell = mt.cube_cell((2, 2, 2)), mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all")
    assert np.abs(cell.nodes - base.nodes).max(axis=1).min() > 0
    assert cell.distinct_nodes.count == 8
    assert cell.distinct_bars.count == 104
