"""Every form that is written in C agrees with Python behind the heads of hosts too, in space and in the plane."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.export import GenericBehaviour, UserMaterial, compile_source, write

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.fixture(scope="module", params=["cube-variational", "square-2x2-residual"])
def hosts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("forms")
    libraries = {}
    for to in ("umat", "mfront"):
        source = write(request.param, folder / to, to=to)[0]
        libraries[to] = compile_source(source, flags=["-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
    model = mt.load(request.param)
    materials = [UserMaterial(libraries["umat"]), GenericBehaviour(libraries["mfront"])]
    if model.components == 3:  # a lattice has nothing out of its plane
        materials.append(UserMaterial(libraries["umat"], thin=True))
    return model, materials


def test_points_agree_with_python(hosts) -> None:
    model, materials = hosts
    rng = np.random.default_rng()
    state = model.initial_state(10)
    for _ in range(4):
        increment = rng.normal(0.0, 0.1, (10, model.components))
        stress, tangent, after = model.update(increment, state)
        for material in materials:
            own_stress, own_tangent, own_after = material.update(increment, state)
            pairs = [(own_stress, stress), (own_tangent, tangent), *((own_after[k], after[k]) for k in after)]
            for own, right in pairs:
                assert np.abs(own - right).max() <= 1e-11 * np.abs(right).max()
        state = after


def test_source_of_a_user_material_needs_no_header(tmp_path: Path) -> None:
    """Abaqus compiles it away from its folder."""
    source = write("cube-play", tmp_path, to="umat")[0]
    source.with_suffix(".h").unlink()
    assert compile_source(source, flags=["-O0"]).is_file()
