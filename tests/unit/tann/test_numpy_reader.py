"""What docs/model-format.md tells is enough: NumPy alone reads every form and recalls what the model does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from numpy_reader import read, recall

import microtann as mt
from microtann.forms.variational.convex_energy import with_convex_network
from microtann.forms.variational.viscous_flow import viscous
from microtann.tann.given_states import GivenStates
from microtann.tann.shipped import find_model
from random_groups import random_group_tann, random_growing_tann
from random_slips import random_slip_tann


def compare(file: Path, dt: float = 1.0) -> None:
    """Compare one increment of the file with that of the model, at points that have moved before."""
    tann = mt.load(file)
    draw = np.random.default_rng(0)
    state = tann.initial_state(4)
    scale = 0.4 * np.asarray(tann.scaling.driving)[: tann.components]
    _, _, state = tann.update(scale * draw.standard_normal((4, tann.components)), state, dt)
    increment = 2.0 * scale * draw.standard_normal((4, tann.components))
    stress, _, after = tann.update(increment, state, dt, tangent=False)
    for point in range(4):
        found = recall(file, state["strain"][point], state["isv"][point], increment[point], dt)
        expected = {"stress": stress, "state": after["isv"]} | {k: after[k] for k in ("energy", "dissipation")}
        for name, values in expected.items():
            size = np.abs(after["energy"] if name == "dissipation" else values).max()
            np.testing.assert_allclose(found[name], values[point], rtol=0, atol=1e-12 * size, err_msg=name)


@pytest.mark.parametrize("name", ["cube-play", "cube-variational", "cube-residual", "cube-published"])
def test_shipped_forms(name: str) -> None:
    compare(find_model(name))


@pytest.mark.parametrize("convex", [0, pytest.param(3, marks=pytest.mark.verify)])
@pytest.mark.parametrize("viscosity", [0.0, 0.5])
def test_coupled_slips_of_every_kind(convex: int, viscosity: float, tmp_path: Path) -> None:
    tann = random_slip_tann(1, 3, 4)
    point = with_convex_network(tann.point, convex) if convex else tann.point
    point = viscous(point, viscosity, 0.7) if viscosity else point
    mt.TANN(point, tann.information).save(tmp_path / "slips.safetensors")
    compare(tmp_path / "slips.safetensors", dt=0.3)


def test_groups_of_slips(tmp_path: Path) -> None:
    random_group_tann(1, 4, (1, 3)).save(tmp_path / "groups.safetensors")
    compare(tmp_path / "groups.safetensors")


def test_groups_whose_resistances_grow(tmp_path: Path) -> None:
    random_growing_tann().save(tmp_path / "laws.safetensors")
    compare(tmp_path / "laws.safetensors", dt=0.3)


def test_given_states(tmp_path: Path) -> None:
    """The form "classical": the networks of "published" on states that the data name."""
    published = mt.load("cube-published")
    scale = jnp.asarray(np.random.default_rng(0).uniform(0.5, 2.0, published.states))
    information = replace(published.information, form="classical", coordinate_shapes={"given": scale.shape})
    mt.TANN(replace(published.point, reduction=GivenStates(scale)), information).save(
        tmp_path / "given.safetensors"
    )
    compare(tmp_path / "given.safetensors")
    tann, (arrays, _, v) = mt.load(tmp_path / "given.safetensors"), read(tmp_path / "given.safetensors")
    isv = np.random.default_rng(1).standard_normal((3, tann.states))
    decoded = tann.decode({"isv": isv, "strain": np.zeros((3, v))})["given"]
    np.testing.assert_array_equal(decoded, arrays["reduction.scale"] * isv)
