"""A form that is defined here alone is trained, kept in a file, recalled, used in finite elements, and resumed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float
from pydantic import Field
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.form_choice import choose_form
from microtann.cli.main import app
from microtann.cli.sections import gather
from microtann.data.file import write_dataset
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan
from microtann.errors import ConfigurationError, InputError, ModelFileError
from microtann.numbers.configuration import configuration
from microtann.tann import form as forms
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import Reduction
from microtann.training import Phase, TrainableForm, TrainingProgress, train
from microtann.training.optimise import Method, descent
from microtann.training.preparation import driving_variables, scale_of

ANYWHERE = {"outside_training": "none"}
"""Strains here are larger than those of the small data sets."""


class LinearReduction(Reduction):
    """States are linear in the coordinates and back."""

    encoder: Float[Array, "z c"]
    decoder: Float[Array, "c z"]
    elastic: Float[Array, "c y"]

    @property
    def coordinates(self) -> int:
        return self.encoder.shape[1]

    def encode(self, coordinates: Float[Array, "c"], driving: Float[Array, "y"]) -> Float[Array, "z"]:
        return self.encoder @ coordinates

    def decode(self, state: Float[Array, "z"], driving: Float[Array, "y"]) -> Float[Array, "c"]:
        return self.elastic @ driving + self.decoder @ state


class NetworkEnergy(Energy):
    """A small multilayer perceptron that vanishes with its gradient in the virgin state."""

    network: eqx.nn.MLP
    stiffness: float = eqx.field(static=True)

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        at = jnp.concatenate([driving, state])
        value, slope = jax.value_and_grad(self.network)(jnp.zeros_like(at))
        return 0.5 * self.stiffness * driving @ driving + self.network(at) - value - slope @ at


class NetworkEvolution(Evolution):
    """The change of the states is a network of driving variables, states and increment, times its size and Δt."""

    layers: list[eqx.nn.Linear]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        hidden = jnp.concatenate([driving, state, driving_increment])
        for layer in self.layers[:-1]:
            hidden = jax.nn.elu(layer(hidden))
        return state + dt * jnp.sqrt(jnp.sum(driving_increment**2) + 1e-30) * self.layers[-1](hidden)


@configuration
class Perceptron(TrainableForm):
    """Small networks for energy and evolution, defined in a test."""

    name: ClassVar[str] = "perceptron"
    version: ClassVar[int] = 3
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (LinearReduction, NetworkEnergy, NetworkEvolution)
    weights: ClassVar[dict[str, float]] = {"stress": 1.0, "energy": 0.2, "coordinates": 0.1}

    states: Annotated[int, Field(ge=1, description="Internal state variables.")] = 2
    seed: Annotated[int, Field(ge=0, description="Seed of all weights.")] = 0
    width: Annotated[int, Field(ge=1, le=512, description="Neurons of the hidden layers.")] = 8
    updates: Annotated[int, Field(ge=1, description="Updates of Adam.")] = 200

    def start(self, dataset: Dataset) -> MaterialPoint:
        keys = jax.random.split(jax.random.key(self.seed), 5)
        c, v, z = dataset.training.coordinates.shape[1], dataset.components, self.states
        return MaterialPoint(
            reduction=LinearReduction(
                jax.random.normal(keys[0], (z, c)) / c, jax.random.normal(keys[1], (c, z)), jnp.zeros((c, v))
            ),
            energy=NetworkEnergy(
                eqx.nn.MLP(v + z, "scalar", self.width, 1, jax.nn.softplus, key=keys[2]), stiffness=0.5
            ),
            evolution=NetworkEvolution(
                [
                    eqx.nn.Linear(2 * v + z, self.width, key=keys[3]),
                    eqx.nn.Linear(self.width, z, use_bias=False, key=keys[4]),
                ]
            ),
            scaling=scale_of(dataset.training),
            components=v,
        )

    def to_batch(self, point: MaterialPoint, data: Increments) -> dict[str, Any]:
        driving, increment = driving_variables(data, point.scaling)
        stress = np.asarray(point.scaling.stress(point.components))
        arrays = {
            "driving": driving,
            "increment": increment,
            "dt": data.dt,
            "coordinates": data.coordinates,
            "coordinates_next": data.coordinates_next,
            "stress": data.stress_next / stress,
            "energy": data.energy_next / float(point.scaling.energy),
        }
        return {name: jnp.asarray(value) for name, value in arrays.items()}

    def terms(self, point: MaterialPoint, batch: dict[str, Any], reference: Any) -> dict[str, Float[Array, ""]]:
        encode = jax.vmap(point.reduction.encode)
        state = encode(batch["coordinates"], batch["driving"])
        result = jax.vmap(point.scaled_increment)(batch["driving"], state, batch["increment"], batch["dt"])
        decoded = jax.vmap(point.reduction.decode)(result.state, batch["driving"] + batch["increment"])
        return {
            "stress": jnp.mean((result.stress - batch["stress"]) ** 2),
            "energy": jnp.mean((result.energy - batch["energy"]) ** 2),
            "coordinates": jnp.mean((decoded - batch["coordinates_next"]) ** 2),
        }

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("adam", self.updates, self._adam),)

    def _adam(self, point: MaterialPoint, dataset: Dataset) -> Method:
        batch = self.to_batch(point, dataset.training)
        options = {"updates": self.updates, "size": 100, "learning_rate": 1e-2, "seed": self.seed}
        return descent(point, self.loss(()), batch, block_updates=50, **options)


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    """Make the form known for one test."""
    forms.register(Perceptron)
    yield
    forms.FORMS.pop(Perceptron.name)


@pytest.fixture(scope="module")
def cube() -> Dataset:
    return generate(mt.Lattice(mt.cube_cell()), WalkPlan(paths=20, steps=20))


@pytest.fixture(scope="module")
def trained(cube: Dataset) -> mt.TANN:
    return train(cube, Perceptron())


def test_the_loss_falls_and_nothing_of_play_is_used(trained: mt.TANN) -> None:
    history = trained.information.history
    assert [record.phase for record in history] == ["adam"] * 4
    assert history[-1].training < 0.5 * history[0].training
    assert (trained.form, trained.states) == ("perceptron", 2)
    assert isinstance(trained.evolution, NetworkEvolution)


def test_a_model_kept_in_a_file_gives_the_same_answers(trained: mt.TANN, tmp_path: Path) -> None:
    trained.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    strain = np.random.default_rng(0).normal(0, 0.1, (3, 30, 6)).cumsum(axis=1)
    before, after = trained.recall(strain, decode=True, **ANYWHERE), read.recall(strain, decode=True, **ANYWHERE)
    assert np.array_equal(before.stress, after.stress)
    assert np.array_equal(before.force, after.force)
    assert before.displacement.shape == (3, 30, 8, 3)
    assert np.array_equal(read.microstructure.cell.nodes, trained.microstructure.cell.nodes)
    assert read.information.history == trained.information.history
    assert read.energy.stiffness == 0.5
    assert read.energy.network.activation is jax.nn.softplus


def test_files_of_an_unknown_form_or_another_version_are_refused(
    trained: mt.TANN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    trained.save(path)
    with monkeypatch.context() as patch:
        patch.setattr(Perceptron, "version", 4)
        with pytest.raises(ModelFileError, match="version 3 of the form 'perceptron', here is version 4"):
            mt.load(path)
    with monkeypatch.context() as patch:
        patch.setattr(forms, "FORMS", {"play": forms.FORMS["play"]})
        with pytest.raises(ModelFileError, match="unknown form 'perceptron'"):
            mt.load(path)
    with monkeypatch.context() as patch:
        patch.setattr(Perceptron, "parts", Perceptron.parts[:2])
        with pytest.raises(ModelFileError, match="'NetworkEvolution' is not known"):
            mt.load(path)


def test_what_has_no_name_cannot_be_kept(trained: mt.TANN, tmp_path: Path) -> None:
    nameless = eqx.tree_at(lambda t: t.point.energy.network.activation, trained, lambda x: x)
    with pytest.raises(InputError, match=r"energy\.network\.activation cannot be kept"):
        nameless.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_update_follows_recall_and_its_tangent_is_the_derivative(trained: mt.TANN) -> None:
    draw = np.random.default_rng(1)
    strain = draw.normal(0, 0.1, (5, 4, 6)).cumsum(axis=1)
    recall = trained.recall(strain, dt=0.5, **ANYWHERE)
    state, before = trained.initial_state(5), np.zeros((5, 6))
    for step in range(4):
        stress, tangent, new = trained.update(strain[:, step] - before, state, dt=0.5)
        np.testing.assert_allclose(stress, recall.stress[:, step], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(new["isv"], recall.state[:, step], rtol=1e-10, atol=1e-12)
        h = 1e-6
        for component in range(6):
            shift = h * np.eye(6)[component]
            ahead, behind = (
                trained.update(strain[:, step] - before + s, state, dt=0.5, tangent=False)[0]
                for s in (shift, -shift)
            )
            np.testing.assert_allclose(tangent[:, :, component], (ahead - behind) / (2 * h), rtol=1e-5, atol=1e-7)
        state, before = new, strain[:, step]


def test_it_runs_in_finite_elements(trained: mt.TANN) -> None:
    """Under an affine motion of the boundary every point follows the strain path that recall is given."""
    mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    gradient = 0.05 * np.array([[1.0, 0.4, 0.0], [0.0, -0.3, 0.2], [0.1, 0.0, -0.5]])

    def boundary(points: np.ndarray) -> np.ndarray:
        return ((points == 0) | (points == 1)).any(axis=1)

    affine = [mt.fem.Prescribed(boundary, i, lambda x, i=i: x @ gradient[i]) for i in range(3)]
    result = mt.fem.Model(mesh, trained).solve([mt.fem.Step(affine, increments=2)])
    small = gradient + gradient.T
    strain = np.array([small[0, 0] / 2, small[1, 1] / 2, small[2, 2] / 2, small[1, 2], small[0, 2], small[0, 1]])
    expected = trained.recall(np.array([0.5, 1.0])[:, None] * strain, **ANYWHERE)
    np.testing.assert_allclose(result.stress.reshape(-1, 6), np.tile(expected.stress[-1], (64, 1)), rtol=1e-7)
    np.testing.assert_allclose(result.energy, expected.energy, rtol=1e-9)
    np.testing.assert_allclose(result.dissipation, expected.dissipation.cumsum(), rtol=1e-8, atol=1e-14)


def _train_slowly(dataset: Dataset, checkpoint: Path) -> None:
    forms.register(Perceptron)

    def wait(_: TrainingProgress) -> None:
        time.sleep(0.5)

    sys.modules["microtann.training.train"].CHECKPOINT_SECONDS = 0.0
    train(dataset, Perceptron(), wait, checkpoint)


@pytest.mark.verify
def test_a_killed_run_resumes_to_the_same_model(cube: Dataset, trained: mt.TANN, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    process = multiprocessing.get_context("spawn").Process(target=_train_slowly, args=(cube, checkpoint))
    process.start()
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert checkpoint.exists()
    seen: list[int] = []
    resumed = train(cube, Perceptron(), lambda p: seen.append(p.update), checkpoint)
    assert seen[0] > 50
    assert not checkpoint.exists()
    assert resumed.information.history == trained.information.history
    for a, b in zip(jax.tree.leaves(resumed.point), jax.tree.leaves(trained.point), strict=True):
        assert np.array_equal(a, b)


def test_the_command_line_knows_it(cube: Dataset, tmp_path: Path) -> None:
    runner = CliRunner()
    shown = " ".join(runner.invoke(app, ["train", "--help"]).output.split())
    assert "perceptron" in shown
    assert "Small networks for energy and evolution" in shown
    assert "width" in runner.invoke(app, ["configuration", "--form", "perceptron"]).output
    write_dataset(tmp_path / "data.h5", cube)
    arguments = ["train", str(tmp_path / "data.h5"), "-o", str(tmp_path / "out"), "--form", "perceptron"]
    done = runner.invoke(app, [*arguments, "--set", "train.width=4", "--set", "train.updates=50"])
    assert done.exit_code == 0, done.output
    tann = mt.load(tmp_path / "out" / "model.safetensors")
    assert tann.evolution.layers[0].weight.shape[0] == 4
    written = (tmp_path / "out" / "configuration.toml").read_text()
    assert 'form = "perceptron"' in written
    assert "merge_tolerance" not in written


def test_the_command_line_says_where_a_training_resumes(
    cube: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dataset(tmp_path / "data.h5", cube)
    arguments = ["train", str(tmp_path / "data.h5"), "-o", str(tmp_path / "out"), "--form", "perceptron"]
    arguments += ["--set", "train.width=4", "--set", "train.updates=150"]
    whole = sys.modules["microtann.cli.train"].fit

    def interrupted(dataset: Dataset, form: object, progress: object, checkpoint: Path) -> mt.TANN:
        def stop(state: TrainingProgress) -> None:
            if state.update == 100:
                raise KeyboardInterrupt

        return whole(dataset, form, stop, checkpoint)

    with monkeypatch.context() as patch:
        patch.setattr("microtann.cli.train.fit", interrupted)
        nothing = CliRunner().invoke(app, [*arguments, "--resume"])
        assert nothing.exit_code == 2
        assert "there is no interrupted training" in nothing.stderr
        assert CliRunner().invoke(app, arguments).exit_code == 130
    resumed = CliRunner().invoke(app, [*arguments, "--resume"])
    assert resumed.exit_code == 0, resumed.output
    assert "training: resumed at update 100" in resumed.stderr
    again = CliRunner().invoke(app, [*arguments[:-1], "train.updates=100"])
    assert "resumed" not in again.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.merge_tolerance=0.1"], "'merge_tolerance' .* belongs to the form 'play'"),
        (["train.width=0"], "width"),
        (["train.poem=1"], "poem"),
    ],
)
def test_keys_belong_to_forms(settings: list[str], message: str) -> None:
    assigned = ['train.form="perceptron"', *settings]
    with pytest.raises(ConfigurationError, match=message):
        choose_form(gather(None, assigned))


def test_an_installed_package_makes_its_forms_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point of the group microtann.forms, which names the form or a module that registers it."""
    entries = [EntryPoint("perceptron", f"{__name__}:Perceptron", forms.FORM_ENTRY_POINTS)]
    monkeypatch.setattr(
        "microtann.system.entry_points.entry_points", lambda group: entries if group == "microtann.forms" else []
    )
    forms.FORMS.pop(Perceptron.name)
    assert forms.form_class("perceptron") is Perceptron
    entries.append(EntryPoint("broken", "no_such_package.forms", forms.FORM_ENTRY_POINTS))
    with pytest.raises(ConfigurationError, match="'broken' of an installed package cannot be imported"):
        forms.form_class("unknown")
