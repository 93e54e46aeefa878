"""Training as a tool: epochs, early stopping, resumption, seeds, several devices, losses that are not finite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.data.whole_walks import whole_walks
from microtann.errors import ConvergenceError, InputError
from microtann.forms import Published
from microtann.training import TrainingProgress, train, train_seeds
from microtann.training.time_left import TimeLeft
from microtann.training.walk_errors import closed_loop_error
from microtann.training.zero_increments import with_zero_increments

FORM = Published(
    states=4,
    reduction="pod",
    initial="random",
    optimiser="nadam",
    energy_widths=(12,),
    evolution_widths=(12,),
    epochs=(6, 4),
    batch=(50, 100),
    learning_rate=(3e-3, 1e-3),
    tuning_epochs=(),
    loop_epochs=(),
    patience=2,
)


@pytest.fixture(scope="module")
def square() -> Dataset:
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=30, steps=20))


@pytest.fixture(scope="module")
def trained(square: Dataset) -> mt.TANN:
    return train(square, FORM)


def same(a: mt.TANN, b: mt.TANN) -> bool:
    leaves = (jax.tree.leaves(t.point) for t in (a, b))
    return all(np.array_equal(x, y) for x, y in zip(*leaves, strict=True))


@pytest.mark.parametrize("stop", [1, 5, 8])
def test_an_interrupted_run_resumes_to_the_same_model(
    square: Dataset, trained: mt.TANN, tmp_path: Path, stop: int
) -> None:
    """Early stopping included: the best point and the epochs since are restored."""
    checkpoint, count = tmp_path / "run.checkpoint", 0

    def interrupt(_: TrainingProgress) -> None:
        nonlocal count
        count += 1
        if count == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(square, FORM, interrupt, checkpoint)
    resumed = train(square, FORM, None, checkpoint)
    assert same(resumed, trained)
    assert resumed.information.history == trained.information.history
    assert not checkpoint.exists()


def test_progress_tells_epochs_and_the_time_left(square: Dataset) -> None:
    seen: list[TrainingProgress] = []
    train(square, replace(FORM, epochs=(2,), batch=(100,), learning_rate=(1e-3,)), seen.append)
    assert [(p.unit, p.update, p.updates) for p in seen] == [("epoch", 1, 2), ("epoch", 2, 2)]
    assert seen[0].left is None  # its time is that of compiling
    assert seen[1].left == TimeLeft(0.0, 0.0)


def test_the_share_of_all_phases_grows_from_0_to_1_once(square: Dataset) -> None:
    seen: list[TrainingProgress] = []
    train(square, replace(FORM, epochs=(2, 3), batch=(100, 100)), seen.append)
    shares = [p.share for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_training_ends_with_the_error_in_closed_loop(trained: mt.TANN, square: Dataset) -> None:
    error = closed_loop_error(trained, square.validation)
    walks = len(np.unique(square.validation.path))
    assert trained.information.provenance["closed loop"] == f"stress error {error:.1e} on {walks} validation walks"


def test_the_error_in_closed_loop_is_that_of_recall(square: Dataset) -> None:
    """Compiled updates and recall follow the same walks."""
    tann = mt.load("square-2x2-variational")
    walks = whole_walks(square.validation)
    stress = tann.recall(walks.strain, walks.dt, outside_training="none").stress
    error = np.where(walks.there[..., None], stress - walks.stress, 0.0)
    expected = np.sqrt((error**2).sum() / (np.where(walks.there[..., None], walks.stress, 0.0) ** 2).sum())
    assert closed_loop_error(tann, square.validation) == pytest.approx(expected, rel=1e-6, abs=1e-13)


def test_a_loss_that_is_not_finite_names_its_term_and_keeps_the_last_good_checkpoint(
    square: Dataset, tmp_path: Path
) -> None:
    """The dissipation of one increment is infinite: its term is the first to go."""
    checkpoint, data = tmp_path / "run.checkpoint", square.training
    dissipation = data.dissipation.copy()
    dissipation[3] = np.inf
    poisoned = replace(square, training=replace(data, dissipation=dissipation))
    with pytest.raises(
        ConvergenceError, match=r"not finite after 1 epochs \(term dissipation\): lower the learning rate"
    ):
        train(poisoned, replace(FORM, residual=False), None, checkpoint)
    assert checkpoint.exists()


@pytest.mark.verify
def test_the_best_seed_is_kept(square: Dataset) -> None:
    form = replace(FORM, epochs=(2,), batch=(100,), learning_rate=(3e-3,))
    tann, results = train_seeds(square, form, 2)
    assert [result.seed for result in results] == [0, 1]
    best = min(results, key=lambda result: result.error)
    assert closed_loop_error(tann, square.validation) == best.error
    assert same(tann, train(square, replace(form, seed=best.seed)))


def test_the_closed_loop_error_is_that_of_recall(square: Dataset, trained: mt.TANN) -> None:
    data = square.validation
    count = len(np.unique(data.path))
    strain = (data.strain + data.strain_increment).reshape(count, -1, 3)
    trained = eqx.tree_at(lambda t: t.point.evolution.network.layers[-1].weight, trained, replace_fn=np.zeros_like)
    exact = square.microstructure.solve(strain).stress
    error = trained.recall(strain, outside_training="none").stress - exact
    expected = np.sqrt(np.sum(error**2) / np.sum(exact**2))
    shuffled = data.take(np.random.default_rng(0).permutation(len(data)))
    assert np.isfinite(expected)
    assert closed_loop_error(trained, shuffled) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(InputError, match="keep whole walks in the data"):
        closed_loop_error(trained, data.take(data.step > 3))


def test_zero_increments_are_added_where_they_lack(square: Dataset) -> None:
    data = square.training
    moving = data.take((data.strain_increment != 0).any(axis=1))
    added = with_zero_increments(moving, 0.2, 0)
    rest = added.take(slice(len(moving), None))
    assert len(rest) == round(0.2 * len(moving))
    assert not rest.strain_increment.any()
    assert not rest.dissipation.any()
    for name in ("stress", "energy", "coordinates"):
        assert np.array_equal(getattr(rest, name), getattr(rest, f"{name}_next"))
    assert with_zero_increments(added, 0.2, 0) is added


PARALLEL = """
import json, sys
import jax, numpy as np
sys.path.insert(0, {folder!r})
from test_tools import FORM, WalkPlan, generate, mt, train
from dataclasses import replace
data = generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=30, steps=20))
form = replace(FORM, epochs=(2,), batch=(50,), learning_rate=(3e-3,), precision="float64")
tann = train(data, form)
layer = np.asarray(tann.evolution.network.layers[0].weight)
print(json.dumps([len(jax.devices()), layer.tolist()]))
"""


@pytest.mark.verify
def test_two_devices_share_a_batch(square: Dataset) -> None:
    environment = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", PARALLEL.format(folder=str(Path(__file__).parent))]
    run = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    devices, weight = json.loads(run.stdout.splitlines()[-1])
    assert devices == 2
    form = replace(FORM, epochs=(2,), batch=(50,), learning_rate=(3e-3,), precision="float64")
    alone = train(square, form).evolution.network.layers[0].weight
    np.testing.assert_allclose(weight, alone, rtol=1e-9, atol=1e-12)
