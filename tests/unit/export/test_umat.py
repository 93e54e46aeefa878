"""The user material of an exported model agrees with the model in Python, in every order of components."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.export import compile_source, write
from microtann.export.umat_points import UserMaterial
from microtann.numbers.voigt import to_order
from pages import blocks

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.fixture(scope="module")
def play() -> mt.TANN:
    return mt.load("cube-play")


@pytest.fixture(scope="module", params=["abaqus", "kratos"])
def material(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> UserMaterial:
    order = request.param
    source = write("cube-play", tmp_path_factory.mktemp(order), to="umat", order=order)[0]
    return UserMaterial(compile_source(source, flags=["-O1"]), order)


def test_points_agree_with_python(play: mt.TANN, material: UserMaterial) -> None:
    rng = np.random.default_rng()
    state = play.initial_state(20)
    for _ in range(5):
        increment = rng.normal(0.0, 0.15, (20, 6))
        stress, tangent, after = play.update(increment, state)
        own_stress, own_tangent, own_after = material.update(increment, state)
        pairs = [(own_stress, stress), (own_tangent, tangent), *((own_after[k], after[k]) for k in after)]
        for own, right in pairs:
            assert np.abs(own - right).max() <= 1e-12 * np.abs(right).max()
        state = after


def test_components_are_in_the_order_of_the_host(play: mt.TANN, material: UserMaterial) -> None:
    strain = np.array([0.1, -0.2, 0.3, 0.4, -0.5, 0.6])
    stress = play.update(strain[None], play.initial_state(1))[0][0]
    order = "vtk" if material.host.places[4] == 3 else "abaqus"  # that of VTK is XX, YY, ZZ, XY, YZ, XZ as well
    given = to_order(strain, order, "stress")  # engineering shears have the factor 1
    point = material.call(np.zeros(6), given, np.zeros(15))
    np.testing.assert_allclose(point.stress, to_order(stress, order, "stress"), rtol=1e-12)


def test_energies_are_states_of_their_own(play: mt.TANN, material: UserMaterial) -> None:
    strain, steps = np.zeros(6), np.linspace(0.0, 0.8, 5)
    statev, path = np.zeros(15), np.zeros((4, 6))
    for k, (low, high) in enumerate(pairwise(steps)):
        start, increment = strain.copy(), strain.copy()
        start[0], increment[0] = low, high - low
        statev = material.call(start, increment, statev).statev
        path[k, 0] = high
    recalled = play.recall(path)
    np.testing.assert_allclose(statev[-2:], [recalled.energy[-1], recalled.dissipation.sum()], rtol=1e-12)


def test_plane_strain_is_space_without_two_shears(material: UserMaterial) -> None:
    flat, statev = np.array([0.3, -0.1, 0.2, 0.4]), np.zeros(15)
    plane = material.call(np.zeros(4), flat, statev)
    space = material.call(np.zeros(6), np.append(flat, [0.0, 0.0]), statev)
    np.testing.assert_array_equal(plane.stress, space.stress[:4])
    np.testing.assert_array_equal(plane.tangent, space.tangent[:4, :4])
    np.testing.assert_array_equal(plane.statev, space.statev)


def test_refused_points_are_named(material: UserMaterial) -> None:
    increment = np.zeros((3, 6))
    increment[1] = 1e3
    with pytest.raises(ConvergenceError, match=r"1 of 3 material points refuse the increment, .* point 1: use"):
        material.update(increment, material.initial_state(3))


def test_orders_are_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use abaqus, kratos"):
        write("cube-play", tmp_path, to="umat", order="ansys")


def test_the_page_shows_the_deck_that_is_written(tmp_path: Path) -> None:
    """But for what changes with the training: the number of the model and the strain."""
    deck = write("cube-play", tmp_path, to="umat")[3].read_text(encoding="utf-8")
    page = next(
        block.text for block in blocks("docs/hosts.md") if "*DEPVAR" in block.text and block.language == "text"
    )
    changing = r"\b\d{6,}\.|0\.\d{3,}"
    assert re.sub(changing, "", page) == re.sub(changing, "", deck)


def test_decks_of_one_element_are_written(tmp_path: Path) -> None:
    files = write("cube-play", tmp_path, to="umat")
    assert [file.name for file in files] == [
        "cube_play.c",
        "cube_play.h",
        "cube_play.inp",
        "cube_play_calculix.inp",
    ]
    own, other = (file.read_text(encoding="utf-8") for file in files[2:])
    assert own.replace("=CUBE_PLAY\n", "=@ABAQUS_CUBEPLAY\n") == other
    assert mt.fem.read_mesh(files[2]).points.shape == (8, 3)
    assert len(write("cube-play", tmp_path, to="umat", order="kratos")) == 2
