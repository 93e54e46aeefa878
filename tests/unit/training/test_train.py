"""Training on small data: mechanisms are found, runs resume, and bad data are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan
from microtann.errors import ConfigurationError, InputError, ReadingNote
from microtann.evaluation.closed_loop import evaluate
from microtann.forms import Play, Variational
from microtann.microstructure.bars.cells.bar import return_mapping
from microtann.training import TrainableForm, TrainingProgress, train
from microtann.training.training_range import encoded_states

CONFIG = Play(
    states=8, descent_updates=2000, batch=200, learning_rate=1e-2, polish_increments=1500, polish_updates=600
)

ANYWHERE = {"outside_training": "none"}
"""Strains here are larger than those of the small data sets."""


@pytest.fixture(scope="module")
def square() -> Dataset:
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=60, steps=40))


@pytest.fixture(scope="module")
def trained(square: Dataset) -> mt.TANN:
    return train(square, CONFIG)


def test_the_four_bar_families_of_the_square_are_found(trained: mt.TANN) -> None:
    """The exact internal variables are the plastic strains of four families; eight mechanisms were offered."""
    assert trained.states == 4
    coupling = np.asarray(trained.energy.coupling) / np.exp(np.asarray(trained.evolution.log_resistance))[:, None]
    ratio = coupling / np.abs(coupling).max(axis=1, keepdims=True)
    found = {tuple(np.round(row * np.sign(row[np.abs(row).argmax()]), 5) + 0.0) for row in ratio}
    diagonals = [row for row in found if all(abs(abs(x) - 1) < 1e-5 for x in row)]
    assert {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)} <= found
    assert len(diagonals) == 2


@pytest.mark.verify
def test_mechanisms_that_are_close_stay_two() -> None:
    """One row of bars yields a tenth later: five families, of which two differ in their yield stress alone."""
    cell = mt.square_cell((1, 2))
    middle = (cell.nodes[cell.bars][:, :, 1] == 1.0).all(axis=1)
    assert middle.sum() == 1
    bar = mt.ElastoplasticBar(yield_stress=np.where(middle, 1.1 / 3, 1 / 3))
    tann = train(generate(mt.Lattice(cell, bar)), Play())
    assert tann.states == 5
    strain = np.random.default_rng(5).normal(0, 0.3, (6, 30, 3)).cumsum(axis=1)
    exact = mt.solve_cell(cell, bar, strain)
    np.testing.assert_allclose(
        tann.recall(strain, **ANYWHERE).stress, exact.stress, rtol=0, atol=1e-10 * np.abs(exact.stress).max()
    )


def noisy(data: Increments, size: float, draw: np.random.Generator, dissipation: float = 0.0) -> Increments:
    """Return increments with normal noise of the coordinates (and of the dissipation), relative to their RMS."""

    def changed(values: np.ndarray, size: float) -> np.ndarray:
        return values + size * np.sqrt((values**2).mean(axis=0)) * draw.normal(size=values.shape)

    return replace(
        data,
        coordinates=changed(data.coordinates, size),
        coordinates_next=changed(data.coordinates_next, size),
        dissipation=changed(data.dissipation, dissipation),
    )


@pytest.mark.parametrize(
    ("size", "dissipation"),
    [
        pytest.param(1e-6, 0.0, marks=pytest.mark.verify),
        (1e-3, 0.0),
        pytest.param(1e-6, 1e-6, marks=pytest.mark.verify),
    ],
)
def test_noise_is_not_amplified(square: Dataset, size: float, dissipation: float) -> None:
    """Whitening must not take noise for signal: the errors stay below the noise of the data."""
    draw = np.random.default_rng(0)
    sets = {name: noisy(getattr(square, name), size, draw, dissipation) for name in ("training", "validation")}
    tann = train(replace(square, **sets), CONFIG)
    assert tann.reduction.deviation.shape == (4,)  # the plastic strains of four families, and no noise
    strain = np.random.default_rng(5).normal(0, 0.1, (6, 60, 3)).cumsum(axis=1)
    exact = tann.microstructure.solve(strain)
    recall = tann.recall(strain, decode=True, **ANYWHERE)
    for name in ("stress", "energy", "force", "displacement"):
        found, expected = getattr(recall, name), getattr(exact, name)
        assert np.sqrt(np.mean((found - expected) ** 2) / np.mean(expected**2)) < size, name


def test_coordinates_that_are_all_noise_are_refused(square: Dataset) -> None:
    draw = np.random.default_rng(0)
    shape = square.training.coordinates.shape
    training = replace(
        square.training, coordinates=draw.normal(size=shape), coordinates_next=draw.normal(size=shape)
    )
    with pytest.raises(InputError, match="all noise"):
        train(replace(square, training=training), CONFIG)


@pytest.mark.verify
def test_merging_is_undone_where_the_loss_rises(square: Dataset) -> None:
    """So large a tolerance makes all mechanisms one, which cannot hold the data."""
    tann = train(square, replace(CONFIG, merge_tolerance=10.0))
    assert [r.phase for r in tann.information.history][-1] == "refine"
    assert tann.states >= 4
    strain = np.random.default_rng(5).normal(0, 0.3, (6, 30, 3)).cumsum(axis=1)
    exact = tann.microstructure.solve(strain)
    np.testing.assert_allclose(
        tann.recall(strain, **ANYWHERE).stress, exact.stress, rtol=0, atol=1e-9 * np.abs(exact.stress).max()
    )


def test_recall_far_outside_the_data_is_exact(trained: mt.TANN) -> None:
    strain = np.random.default_rng(5).normal(0, 1.0, (6, 30, 3)).cumsum(axis=1)
    exact = trained.microstructure.solve(strain)
    recall = trained.recall(strain, decode=True, **ANYWHERE)
    for name in ("stress", "energy", "dissipation", "force", "displacement"):
        found, expected = getattr(recall, name), getattr(exact, name)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * np.abs(expected).max(), err_msg=name)


def test_units_do_not_matter(square: Dataset, trained: mt.TANN) -> None:
    """The paper's steel in pascals, with strains 111 times smaller, trains to the same material."""
    stiff, small = 100e9, 3e-3 * 3
    bar = mt.ElastoplasticBar(stiff, stiff * small / 3, stiff / 10)
    scaled = generate(mt.Lattice(mt.square_cell((1, 1)), bar), WalkPlan(paths=60, steps=40))
    steel = train(scaled, CONFIG)
    strain = np.random.default_rng(6).normal(0, 0.2, (3, 20, 3)).cumsum(axis=1)
    found = steel.recall(strain * small, **ANYWHERE).stress / (stiff * small)
    np.testing.assert_allclose(found, trained.recall(strain, **ANYWHERE).stress, rtol=0, atol=1e-11)
    here, there = (evaluate(model, ["b"]).paths["b"] for model in (trained, steel))
    assert max(here.stress, there.stress) < 1e-11
    assert (here.outside_training_range, there.outside_training_range) == (False, False)


@pytest.mark.verify
def test_a_run_interrupted_twice_resumes_to_the_same_model(square: Dataset, tmp_path: Path) -> None:
    config = replace(CONFIG, descent_updates=1000, polish_updates=100, merge_tolerance=1e-9)
    whole = train(square, config)
    checkpoint = tmp_path / "run.checkpoint"
    seen: list[tuple[str, int]] = []
    for stop in (("descent", 500), ("polish", 50)):

        def interrupt(progress: TrainingProgress, stop: tuple[str, int] = stop) -> None:
            seen.append((progress.phase, progress.update))
            if seen[-1] == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(square, config, interrupt, checkpoint)
        assert checkpoint.exists()
    resumed = train(square, config, lambda p: seen.append((p.phase, p.update)), checkpoint)
    assert seen == [("descent", 500), ("descent", 1000), ("polish", 50), ("polish", 100)]
    assert not checkpoint.exists()
    assert np.array_equal(resumed.energy.coupling, whole.energy.coupling)
    assert resumed.information.history == whole.information.history


def test_a_foreign_checkpoint_is_refused(square: Dataset, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    config = replace(CONFIG, descent_updates=500)

    def interrupt(_: TrainingProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(square, config, interrupt, checkpoint)
    with pytest.raises(ConfigurationError, match="another configuration"):
        train(square, replace(config, seed=1), checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(ConfigurationError, match="damaged"):
        train(square, config, checkpoint=checkpoint)


def thermal_bar(paths: int = 60, steps: int = 40) -> Dataset:
    """Return data of a heated elastoplastic bar: one strain component, one extra state variable, Δt = 0.5."""
    draw = np.random.default_rng(0)
    expansion = 0.3
    strain = draw.normal(0, 0.15, (paths, steps, 1)).cumsum(axis=1)
    temperature = draw.normal(0, 0.2, (paths, steps, 1)).cumsum(axis=1)
    plastic = np.zeros(paths)
    stresses, energies, dissipations, plastics = [], [], [], []
    for step in range(steps):
        result = return_mapping(strain[:, step, 0] - expansion * temperature[:, step, 0], plastic, 1.0, 1 / 3, 0.1)
        plastic = result.plastic_strain
        stresses.append(result.stress)
        energies.append(result.energy)
        dissipations.append(result.dissipation)
        plastics.append(plastic)
    stress, energy, dissipation, alpha = (
        np.stack(a, axis=1) for a in (stresses, energies, dissipations, plastics)
    )

    def states(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start = np.concatenate([np.zeros_like(values[:, :1]), values[:, :-1]], axis=1)
        return start, values

    def rows(chosen: slice) -> Increments:
        n = len(range(paths)[chosen]) * steps

        def flat(values: np.ndarray, *shape: int) -> np.ndarray:
            return values[chosen].reshape(n, *shape)

        (e0, e1), (t0, t1), (s0, s1), (p0, p1) = map(states, (strain, temperature, stress, energy))
        a0, a1 = states(np.stack([stress, alpha], axis=-1))
        return Increments(
            path=np.repeat(np.arange(paths)[chosen], steps),
            step=np.tile(np.arange(steps), n // steps),
            dt=np.full(n, 0.5),
            strain=flat(e0, 1),
            strain_increment=flat(e1 - e0, 1),
            extra=flat(t0, 1),
            extra_increment=flat(t1 - t0, 1),
            stress=flat(s0, 1),
            stress_next=flat(s1, 1),
            energy=flat(p0),
            energy_next=flat(p1),
            dissipation=flat(dissipation),
            coordinates=flat(a0, 2),
            coordinates_next=flat(a1, 2),
        )

    return Dataset(
        rows(slice(0, 40)), rows(slice(40, 50)), rows(slice(50, 60)), {"inside": (2,)}, ("temperature",)
    )


def test_components_extra_state_variables_and_dt_come_with_the_data() -> None:
    """Nothing is built for 3 or 6 components: a heated bar has one, and a temperature."""
    data = thermal_bar()
    tann = train(data, replace(CONFIG, states=4))
    assert (tann.states, tann.components) == (1, 1)
    test = data.test
    strain, heat = (
        (a + d).reshape(10, 40, 1)
        for a, d in ((test.strain, test.strain_increment), (test.extra, test.extra_increment))
    )
    recall = tann.recall(strain, dt=0.5, decode=True, extra=heat, **ANYWHERE)
    np.testing.assert_allclose(recall.stress.reshape(-1, 1), test.stress_next, rtol=0, atol=1e-11)
    np.testing.assert_allclose(recall.energy.ravel(), test.energy_next, rtol=0, atol=1e-11)
    np.testing.assert_allclose(
        recall.coordinates["inside"].reshape(-1, 2), test.coordinates_next, rtol=0, atol=1e-11
    )


def test_data_that_cannot_determine_a_model_are_refused(square: Dataset) -> None:
    training = square.training
    flowing = replace(square, training=training.take(training.dissipation > 1e-3))
    with pytest.raises(ReadingNote, match=r"only 0 of .* increments are elastic"):
        train(flowing, CONFIG)
    small = WalkPlan(paths=10, steps=10, increment=1e-3, smallest_increment=1e-4)
    tiny = generate(mt.Lattice(mt.square_cell((1, 1))), small)
    with pytest.raises(InputError, match="irreversible"):
        train(tiny, CONFIG)
    names = "coordinates", "coordinates_next"
    parts = {
        part: replace(data, **{name: np.zeros((len(data), 0)) for name in names})
        for part, data in (("training", training), ("validation", square.validation), ("test", square.test))
    }
    with pytest.raises(InputError, match="internal coordinates"):
        train(replace(square, **parts, coordinate_shapes={}), CONFIG)
    with pytest.raises(InputError, match="validation"):
        train(replace(square, validation=training.take(slice(0, 0))), CONFIG)


@pytest.mark.parametrize(
    "wrong", [{"poem": "rose"}, {"states": 0}, {"learning_rate": -1.0}, {"polish_updates": -1}]
)
def test_a_wrong_configuration_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Play(**wrong)


@pytest.mark.parametrize("form", [Play(states=10**9), Variational(states=10**9), Variational(slips=10**13)])
def test_what_does_not_fit_is_refused_before_it_is_allocated(square: Dataset, form: TrainableForm) -> None:
    with pytest.raises(InputError, match=r"internal state variables would take about .*: use fewer states"):
        train(square, form)


def test_the_model_knows_where_its_data_were(square: Dataset, trained: mt.TANN) -> None:
    """In strain, increment and its own states: on a walk of the data it is inside."""
    data = square.training
    seen = trained.information.training_range
    np.testing.assert_array_equal(seen.strain, np.abs(data.strain + data.strain_increment).max(axis=0))
    np.testing.assert_array_equal(seen.largest_increment, np.abs(data.strain_increment).max(axis=0))
    assert seen.state.shape == (2, trained.states)
    assert (np.diff(seen.quantiles, axis=1) >= 0).all()
    assert (seen.quantiles[:, -1] > 0.5).all()
    first = data.path == data.path[0]
    recall = trained.recall((data.strain + data.strain_increment)[first], outside_training="error")
    assert 0.1 < recall.training_reach.max() <= 1.0
    monotonic = np.linspace(0.0, 0.999, 50)[1:, None] * seen.strain  # within the box of strains, not of states
    found = trained.recall(monotonic, outside_training="none")
    low, high = found.state.min(axis=0), found.state.max(axis=0)
    assert (found.training_reach.max() > 1.0) == bool(((low < seen.state[0]) | (high > seen.state[1])).any())


def test_states_are_unknown_where_the_encoder_does_not_fit(square: Dataset, trained: mt.TANN) -> None:
    other = np.zeros((len(square.training), 1))
    data = replace(square.training, coordinates=other, coordinates_next=other)
    assert encoded_states(trained.point, data) is None
