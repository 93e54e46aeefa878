"""Self-consistent clustering analysis by CRATE comes close to a solid on the same cell, law and path."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
from benchmarks.crate import errors, solved_by_crate

import microtann as mt
from microtann.evaluation.protocol_paths import path

if importlib.util.find_spec("cratepy") is None:
    pytest.skip("the peer CRATE is not installed: pip install --no-deps cratepy", allow_module_level=True)


@pytest.mark.verify
def test_crate_solves_the_same_problem() -> None:
    """An elastic increment and some with flow: what few clusters and another discretisation of pixels leave."""
    solid = mt.random_inclusions(seed=3)
    walk = path("a", 3, solid.strain_metric()).strain[0, :15]
    strain = np.concatenate([0.05 * walk[:1], walk])
    exact = solid.solve(strain).stress
    found, milliseconds = solved_by_crate(solid, {"b": strain}, 8, 1, sys.executable)
    assert milliseconds > 0.0
    assert np.linalg.norm(found["b"][0] - exact[0]) < 0.1 * np.linalg.norm(exact[0])
    assert errors(found, {"b": exact})["b"] < 0.1
