"""Self-consistent clustering analysis by CRATE comes close to a solid on the same cell, and a model closer."""

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
def test_clusters_with_a_share_of_their_own_are_closer_than_crate() -> None:
    solid = mt.random_inclusions(seed=3)
    walks = path("a", 3, solid.strain_metric()).strain[:, :15]
    strains = {"b": walks[0]}
    exact = {"b": solid.solve(walks[0]).stress}
    theirs, milliseconds = solved_by_crate(solid, strains, 8, 1, sys.executable)
    assert milliseconds > 0.0
    model = mt.reduce(solid, states=24, plan=mt.WalkPlan(paths=20, steps=40, test=0.0))
    ours = {"b": model.recall(walks[0], outside_training="none").stress}
    assert errors(theirs, exact)["b"] < 0.1  # the same problem
    assert errors(ours, exact)["b"] < errors(theirs, exact)["b"]
    np.testing.assert_array_less(0.0, np.linalg.norm(theirs["b"], axis=1))
