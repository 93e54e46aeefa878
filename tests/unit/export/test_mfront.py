"""The behaviour of an exported model agrees with the model in Python, and answers what hosts of MFront ask."""

from __future__ import annotations

import ctypes
import shutil

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError
from microtann.export import compile_source, write
from microtann.export.mfront_points import GenericBehaviour
from microtann.numbers.voigt import to_order

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
STRICT = ("-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
VIRGIN, NONE = np.zeros(15), np.zeros(6)
YIELDED = np.array([0.6, -0.1, 0.2, 0.1, 0.0, 0.3])


@pytest.fixture(scope="module")
def play() -> mt.TANN:
    return mt.load("cube-play")


@pytest.fixture(scope="module")
def behaviour(tmp_path_factory: pytest.TempPathFactory) -> GenericBehaviour:
    source = write("cube-play", tmp_path_factory.mktemp("mfront"), to="mfront")[0]
    return GenericBehaviour(compile_source(source, flags=STRICT))


def test_points_agree_with_python(play: mt.TANN, behaviour: GenericBehaviour) -> None:
    rng = np.random.default_rng()
    state = play.initial_state(20)
    for _ in range(5):
        increment = rng.normal(0.0, 0.15, (20, 6))
        stress, tangent, after = play.update(increment, state)
        own_stress, own_tangent, own_after = behaviour.update(increment, state)
        pairs = [(own_stress, stress), (own_tangent, tangent), *((own_after[k], after[k]) for k in after)]
        for own, right in pairs:
            assert np.abs(own - right).max() <= 1e-12 * np.abs(right).max()
        state = after


def test_strains_and_stresses_are_tensors_in_mandels_notation(play: mt.TANN, behaviour: GenericBehaviour) -> None:
    """In MFront's order xx, yy, zz, xy, xz, yz; scalar products are kept."""
    strain = YIELDED + 0.05
    stress = play.update(strain[None], play.initial_state(1))[0][0]
    mandel = [
        to_order(to_order(a, "mandel", kind), "abaqus", kind)
        for a, kind in ((strain, "strain"), (stress, "stress"))
    ]
    point = behaviour.call(NONE, mandel[0], VIRGIN)
    np.testing.assert_allclose(point.stress, mandel[1], rtol=1e-12)
    np.testing.assert_allclose(point.stress @ mandel[0], stress @ strain, rtol=1e-12)


def test_energies_are_returned_and_kept(play: mt.TANN, behaviour: GenericBehaviour) -> None:
    first = behaviour.call(NONE, YIELDED, VIRGIN)
    second = behaviour.call(YIELDED, -YIELDED, first.states)
    path = np.array([YIELDED, -YIELDED])
    path[:, 3:] *= np.sqrt(2.0)
    recalled = play.recall(path[:, [0, 1, 2, 5, 4, 3]])
    np.testing.assert_allclose(second.stored, recalled.energy[-1], rtol=1e-12)
    np.testing.assert_allclose(second.dissipated, recalled.dissipation.sum(), rtol=1e-12)
    np.testing.assert_array_equal(second.states[-2:], [second.stored, second.dissipated])


def test_the_tangent_is_the_one_that_is_asked_for(behaviour: GenericBehaviour) -> None:
    full = behaviour.call(NONE, YIELDED, VIRGIN)
    elastic = behaviour.call(NONE, NONE, VIRGIN).tangent
    assert np.abs(full.tangent - elastic).max() > 0.01
    without = behaviour.call(NONE, YIELDED, VIRGIN, wanted=0.0)
    np.testing.assert_array_equal(without.stress, full.stress)
    assert not without.tangent.any()
    with_elastic = behaviour.call(NONE, YIELDED, VIRGIN, wanted=1.0)
    np.testing.assert_array_equal(with_elastic.stress, full.stress)
    np.testing.assert_array_equal(with_elastic.tangent, elastic)
    with_sound = behaviour.call(NONE, YIELDED, VIRGIN, wanted=104.0)  # 100 more asks for the speed of sound too
    np.testing.assert_array_equal(with_sound.tangent, full.tangent)


def test_predictions_change_no_state(behaviour: GenericBehaviour) -> None:
    elastic = behaviour.call(NONE, NONE, VIRGIN).tangent
    states = behaviour.call(NONE, YIELDED, VIRGIN).states
    for wanted in (-1.0, -3.0):
        point = behaviour.call(YIELDED, 2.0 * YIELDED, states, wanted=wanted)
        np.testing.assert_array_equal(point.states, states)
        assert np.isnan(point.stress).all()
        resting = behaviour.call(YIELDED, YIELDED, states).tangent
        np.testing.assert_array_equal(point.tangent, elastic if wanted == -1.0 else resting)


@pytest.mark.parametrize(
    ("end", "dt", "reason"),
    [
        (np.full(6, np.nan), 1.0, "a strain is no number"),
        (YIELDED, 0.0, "the time increment must be positive"),
        (YIELDED, np.nan, "the time increment must be positive"),
        (1e3 * YIELDED, 1.0, "the strain is far outside of the range of the training"),
    ],
    ids=["no number", "no time", "time is no number", "far"],
)
def test_what_cannot_be_computed_is_refused(
    behaviour: GenericBehaviour, end: np.ndarray, dt: float, reason: str
) -> None:
    point = behaviour.call(NONE, end, VIRGIN, dt)
    assert (point.success, point.next_time) == (-1, 0.25)
    assert point.message == f"cube-play: {reason}"
    assert np.isnan(point.stress).all()
    np.testing.assert_array_equal(point.states, VIRGIN)


def test_refused_points_are_named(behaviour: GenericBehaviour) -> None:
    increment = np.zeros((3, 6))
    increment[1] = 1e3
    with pytest.raises(ConvergenceError, match=r"first of them point 1 \(cube-play: the strain is far outside"):
        behaviour.update(increment, behaviour.initial_state(3))


def test_the_range_is_held_if_the_host_says_so(behaviour: GenericBehaviour) -> None:
    policy = behaviour.library.cube_play_setOutOfBoundsPolicy
    outside = np.array([3.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    try:
        policy(2)
        assert "leaves the range of the training" in behaviour.call(NONE, outside, VIRGIN).message
        policy(0)
        assert behaviour.call(NONE, outside, VIRGIN).success == 1
    finally:
        policy(1)


def test_the_library_describes_itself(behaviour: GenericBehaviour) -> None:
    def number(name: str) -> int:
        return ctypes.c_ushort.in_dll(behaviour.library, f"cube_play_{name}").value

    def texts(name: str, count: int) -> list[str]:
        found = (ctypes.c_char_p * count).in_dll(behaviour.library, f"cube_play_{name}")
        return [text.decode() for text in found]

    states = number("nInternalStateVariables")
    assert states == 15
    names = [*(f"Z{i + 1}" for i in range(13)), "StoredEnergy", "DissipatedEnergy"]
    assert texts("InternalStateVariables", states) == names
    assert (
        list((ctypes.c_int * states).in_dll(behaviour.library, "cube_play_InternalStateVariablesTypes"))
        == [0] * 15
    )
    assert texts("Gradients", number("nGradients")) == ["Strain"]
    assert texts("ThermodynamicForces", number("nThermodynamicForces")) == ["Stress"]
    for hypothesis in texts("ModellingHypotheses", number("nModellingHypotheses")):
        assert getattr(behaviour.library, f"cube_play_{hypothesis}")
    assert not hasattr(behaviour.library, "cube_play_PlaneStress")


def test_plane_hypotheses_are_space_without_two_shears(behaviour: GenericBehaviour) -> None:
    flat = np.array([0.3, -0.1, 0.2, 0.4])
    space = behaviour.call(NONE, np.append(flat, [0.0, 0.0]), VIRGIN)
    for hypothesis in ("PlaneStrain", "Axisymmetrical", "GeneralisedPlaneStrain"):
        plane = GenericBehaviour(behaviour.plain.path, hypothesis).call(np.zeros(4), flat, VIRGIN)
        np.testing.assert_array_equal(plane.stress, space.stress[:4])
        np.testing.assert_array_equal(plane.tangent, space.tangent[:4, :4])
