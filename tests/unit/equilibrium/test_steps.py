"""Loading steps: what they select, and what they refuse."""

import numpy as np
import pytest

from microtann.equilibrium.rigid import check_supports, connected_parts, rigid_modes
from microtann.equilibrium.steps import NodalForce, Prescribed, Step, resolve
from microtann.errors import InputError

POINTS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])


def test_nodes_are_indices_masks_or_functions():
    step = Step(
        [
            Prescribed([1], "x", 2.0),
            Prescribed(POINTS[:, 1] == 1, 1, [3.0]),
            Prescribed(lambda p: p[:, 2] == 1, "z", lambda p: 4 * p[:, 2]),
        ],
        forces=[NodalForce([0, 0], 2, 5.0)],
    )
    loading = resolve(step, POINTS)
    assert loading.held.sum() == 3
    assert (loading.target[1, 0], loading.target[2, 1], loading.target[3, 2]) == (2.0, 3.0, 4.0)
    assert loading.force[0, 2] == 10.0  # forces on one node add


def test_the_same_value_twice_is_no_conflict():
    assert resolve(Step([Prescribed([0, 1], 0, 1.0), Prescribed([1, 2], 0, 1.0)]), POINTS).held.sum() == 3


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Prescribed([4], 0), "no node 4"),
        (Prescribed([-1], 0), "no node -1"),
        (Prescribed([0.5], 0), "integers or a mask"),
        (Prescribed([True, False], 0), "mask must have shape"),
        (Prescribed(lambda p: p[:, 0] > 9, 0), "no node is selected"),
        (Prescribed([0], 3), "no component 3"),
        (Prescribed([0], "w"), "no component 'w'"),
        (Prescribed([0], 0, np.nan), "value at node 0 is not finite"),
        (Prescribed([0, 1], 0, [1.0, 2.0, 3.0]), "one for each of the 2 nodes"),
        (Prescribed([0], 0, "much"), "one number"),
    ],
)
def test_bad_items_are_named(item, words):
    with pytest.raises(InputError, match=words) as caught:
        resolve(Step([item]), POINTS, "step 7")
    assert "step 7" in str(caught.value)


def test_conflicting_values_are_refused():
    with pytest.raises(InputError, match="component 0 of node 1 is prescribed twice, as 1 and 2"):
        resolve(Step([Prescribed([0, 1], 0, 1.0), Prescribed([1], 0, 2.0)]), POINTS)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_values_that_differ_by_round_off_are_the_same_and_the_first_counts(size):
    """The edges of a turned plate: what one side gives as 0 the other gives as (cos 20° − 1) 0 − sin 20° 1e-17."""
    first = Prescribed([0, 1], 0, [0.0, 0.3 * size])
    for off in (1e-16 * size, -1e-16 * size):
        again = Prescribed([1, 0], 0, [(0.1 + 0.2) * size, off])
        loading = resolve(Step([first, again]), size * POINTS)
        np.testing.assert_array_equal(loading.target[:2, 0], [0.0, 0.3 * size])
        assert resolve(Step([Prescribed([0, 0], 0, [0.0, off])]), size * POINTS).target[0, 0] == 0.0


@pytest.mark.parametrize("off", [1e-14, 1e-9])
def test_values_that_differ_by_more_than_round_off_are_refused(off):
    for items in (
        [Prescribed([0], 0), Prescribed([0], 0, off)],
        [Prescribed([0, 0], 0, [0.0, off])],
        [Prescribed([0], 0), Prescribed([1, 0], 0, [1e-3, off])],
    ):
        with pytest.raises(InputError, match=f"component 0 of node 0 is prescribed twice, as 0 and {off:g}"):
            resolve(Step(items), POINTS)


@pytest.mark.parametrize("bad", [{"increments": 0}, {"increments": True}, {"dt": 0.0}, {"dt": np.inf}])
def test_bad_steps_are_refused(bad):
    with pytest.raises(InputError):
        Step(**bad)


@pytest.mark.parametrize("d", [2, 3])
def test_rigid_modes_stretch_nothing(d):
    points = np.random.default_rng(0).normal(size=(6, d))
    modes = rigid_modes(points)
    assert modes.shape == (6, d, d * (d + 1) // 2)
    for i in range(6):
        for j in range(i):
            elongation = (points[i] - points[j]) @ (modes[i] - modes[j])
            np.testing.assert_allclose(elongation, 0.0, rtol=0, atol=1e-14)


def test_supports_that_leave_a_motion_free_are_refused():
    held = np.zeros((4, 3), dtype=bool)
    held[0] = True
    with pytest.raises(InputError, match=r"free to move .rotation"):
        check_supports(POINTS, held, np.zeros(4, dtype=np.int32), "step 0")
    held[1, 1:] = True
    held[2, 2] = True
    check_supports(POINTS, held, np.zeros(4, dtype=np.int32), "step 0")


def test_points_on_a_line_need_no_support_against_turning_about_it():
    line = np.array([[0.0, 0, 0], [1, 1, 0], [2, 2, 0]])
    part = np.zeros(3, dtype=np.int32)
    held = np.zeros((3, 3), dtype=bool)
    held[[0, 2]] = True
    check_supports(line, held, part, "step 0")
    held[2] = False
    with pytest.raises(InputError, match="the body free to move"):
        check_supports(line, held, part, "step 0")


def test_parts_are_those_that_pairs_join():
    parts = connected_parts(np.array([0, 4, 3]), np.array([2, 3, 5]), 6)
    assert parts[0] == parts[2]
    assert parts[3] == parts[4] == parts[5]
    assert len({parts[0], parts[1], parts[3]}) == 3


def test_a_node_listed_twice_with_different_values_is_refused():
    points = np.zeros((3, 2))
    with pytest.raises(InputError, match="component 1 of node 2 is prescribed twice, as 1 and 3"):
        resolve(Step([Prescribed([2, 0, 2], 1, [1.0, 2.0, 3.0])]), points)
    again = resolve(Step([Prescribed([2, 0, 2], 1, [1.0, 2.0, 1.0])]), points)
    assert again.target[:, 1].tolist() == [2.0, 0.0, 1.0]
