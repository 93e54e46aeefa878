"""A microstructure that this file alone defines goes through everything that is not of lattices by nature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.main import app
from microtann.data.file import write_dataset
from microtann.data.generate import generate
from microtann.data.shards import generate_to
from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.errors import ConfigurationError, InputError
from microtann.evaluation.audit import audit
from microtann.evaluation.laws import examine_laws
from microtann.fem import Model, Prescribed, SolverOptions, Step, VonMises, box
from microtann.fem.failed_point import read_failed_point
from microtann.microstructure import registry
from microtann.microstructure.protocol import require_microstructure
from microtann.microstructure.registry import UnknownMicrostructure
from microtann.training.walk_errors import dataset_errors

NAME = "test_own_microstructure"
PLAN = mt.WalkPlan(paths=24, steps=30, limit=1.5, increment=0.3)
QUIET = SolverOptions(outside_training="none")


@mt.register_microstructure
class Mixture(mt.Microstructure):
    """Two von Mises solids that share one strain (Taylor's assumption); stresses add up by their fractions."""

    kind = "von-mises-mixture"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "phases": ("fraction", "young", "yield_stress", "hardening"),
        "space": ("components",),
    }
    quadratic = True

    def __init__(self, fraction=(0.3, 0.7), young=(2.0, 0.5), yield_stress=(0.3, 0.2), hardening=(0.2, 0.1), v=6):
        self.v = v
        names = ("fraction", "young", "yield_stress", "hardening")
        self.parameters = dict(zip(names, (fraction, young, yield_stress, hardening), strict=True))
        self.fraction = np.asarray(fraction)
        self.phases = [
            VonMises(e, 0.3, k, h, plane="strain" if v == 3 else None)
            for e, k, h in zip(young, yield_stress, hardening, strict=True)
        ]

    @property
    def components(self):
        return self.v

    @property
    def coordinate_shapes(self):
        return {"phase_stress": (2, self.v), "phase_plastic_strain": (2, 6)}

    def initial_state(self, n):
        zeros = {"strain": np.zeros((n, self.v)), "energy": np.zeros(n), "dissipation": np.zeros(n)}
        return zeros | {"plastic": np.zeros((n, 2, 6))}

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        strain = state["strain"] + strain_increment
        stress, moduli = np.zeros((len(strain), self.v)), np.zeros((len(strain), self.v, self.v))
        energy, dissipation, plastic = np.zeros(len(strain)), np.zeros(len(strain)), np.empty((len(strain), 2, 6))
        for i, (share, phase) in enumerate(zip(self.fraction, self.phases, strict=True)):
            before = {"strain": state["strain"], "plastic_strain": state["plastic"][:, i]}
            part, stiffness, after = phase.update(strain_increment, before, dt, tangent)
            stress += share * part
            moduli += share * stiffness if tangent else 0.0
            energy += share * after["energy"]
            dissipation += share * after["dissipation"]
            plastic[:, i] = after["plastic_strain"]
        new = {"strain": strain, "energy": energy, "dissipation": dissipation, "plastic": plastic}
        return stress, moduli if tangent else None, new

    def decode(self, state):
        strain, plastic = np.asarray(state["strain"]), np.asarray(state["plastic"])
        flat, moved = strain.reshape(-1, self.v), plastic.reshape(-1, 2, 6)
        stress = np.empty((len(flat), 2, self.v))
        for i, phase in enumerate(self.phases):
            rest = {"strain": flat, "plastic_strain": moved[:, i]}
            stress[:, i] = phase.update(np.zeros_like(flat), rest, 1.0, False)[0]
        return {"phase_stress": stress.reshape(*strain.shape[:-1], 2, self.v), "phase_plastic_strain": plastic}

    def state_of(self, coordinates, strain):
        _, _, state = self.update(
            np.zeros_like(strain), {"strain": strain, "plastic": coordinates["phase_plastic_strain"]}, 1.0, False
        )
        return state

    def groups(self):
        phases = {name: np.asarray(value, dtype=float) for name, value in self.parameters.items()}
        return {"phases": phases, "space": {"components": np.array(self.v)}}

    @classmethod
    def of_groups(cls, groups):
        phases = {name: tuple(np.asarray(value).tolist()) for name, value in groups["phases"].items()}
        return cls(**phases, v=int(groups["space"]["components"]))


class PlaneMixture(Mixture):
    """The mixture under plane strain."""

    def __init__(self, **parameters):
        super().__init__(**{"v": 3, **parameters})


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output + result.stderr
    return result


@pytest.fixture(scope="module", params=[6, 3], ids=["space", "plane strain"])
def mixture(request: pytest.FixtureRequest) -> Mixture:
    return Mixture(v=request.param)


@pytest.fixture(scope="module")
def data(mixture: Mixture) -> mt.Dataset:
    return mt.generate_data(mixture, PLAN)


@pytest.fixture(scope="module")
def tann(data: mt.Dataset) -> mt.TANN:
    return mt.train(data, mt.forms.Variational(states=8, slips=16, updates=40, from_coordinates=False))


def bent(material: mt.fem.Material, size: float = 1.0, options: SolverOptions = QUIET, **record: Path):
    """Solve a cantilever whose end is pushed, and released half."""
    plane = material.components == 3
    lengths, divisions = ((2.0, 1.0), (4, 2)) if plane else ((2.0, 1.0, 1.0), (2, 1, 1))
    held = [Prescribed(lambda x: x[:, 0] == 0.0, axis) for axis in range(len(lengths))]
    steps = [
        Step([*held, Prescribed(lambda x: x[:, 0] == 2.0, 1, value)], increments=2) for value in (size, 0.5 * size)
    ]
    return Model(box(lengths, divisions), material).solve(steps, options, **record)


def test_its_data_are_sound_and_a_file_keeps_them(mixture: Mixture, data: mt.Dataset, tmp_path: Path) -> None:
    assert data.training.dissipation.max() > 1e-3
    mt.write_dataset(tmp_path / "data.h5", data)
    report = mt.check_file(tmp_path / "data.h5")
    assert [finding.level for finding in report.findings] == ["note"], report.findings
    read = mt.read_dataset(tmp_path / "data.h5")
    assert isinstance(read.microstructure, Mixture)
    assert read.microstructure.parameters == {k: tuple(v) for k, v in mixture.parameters.items()}


def test_wrong_increments_are_found_by_solving_them_again(
    mixture: Mixture, data: mt.Dataset, tmp_path: Path
) -> None:
    other = Mixture(yield_stress=(0.6, 0.2), v=mixture.v)
    write_dataset(tmp_path / "data.h5", replace(data, microstructure=other))
    report = mt.check_file(tmp_path / "data.h5")
    assert any("are not those of the von-mises-mixture in the file" in error for error in report.errors)


def test_shards_give_the_same_resumed_or_not(mixture: Mixture, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done >= total // 2:
            raise KeyboardInterrupt

    path = tmp_path / "data.h5"
    with pytest.raises(KeyboardInterrupt):
        generate_to(path, mixture, PLAN, shard_paths=4, progress=stop)
    assert not path.exists()
    generate_to(path, mixture, PLAN, shard_paths=4, processes=2)
    whole, read = generate(mixture, PLAN), mt.read_dataset(path)
    for name in ("stress_next", "coordinates_next", "dissipation"):
        np.testing.assert_array_equal(getattr(read.training, name), getattr(whole.training, name))


def test_a_model_of_it_is_saved_loaded_and_evaluated(mixture: Mixture, tann: mt.TANN, tmp_path: Path) -> None:
    tann.save(tmp_path / "model.safetensors")
    read = mt.load(tmp_path / "model.safetensors")
    assert isinstance(read.microstructure, Mixture)
    evaluation = mt.evaluate(read, ["b", "c"])
    assert evaluation.paths["b"].stress < 0.3
    strain = 0.2 * np.linspace(0, 1, 12)[:, None] * np.eye(mixture.v)[0]
    recall = read.recall(strain, decode=True, outside_training="none")
    assert recall.phase_stress.shape == (12, 2, mixture.v)
    exact = mixture.solve(strain)
    error = np.abs(recall.phase_stress - exact.coordinates["phase_stress"]).max()
    assert error < 0.3 * np.abs(exact.coordinates["phase_stress"]).max()


def test_the_laws_hold(mixture: Mixture, tann: mt.TANN) -> None:
    for material in (mixture, tann):
        report = examine_laws(material, mixture.v, increments=400)
        assert report.negative_dissipation == report.not_finite == 0, report


def test_structures_with_model_exact_material_and_hybrid(mixture: Mixture, tann: mt.TANN) -> None:
    exact, model = bent(mixture), bent(tann)
    assert exact.dissipated.max() > 0.0
    np.testing.assert_allclose(model.energy[-1], exact.energy[-1], rtol=0.2)
    hybrid = mt.Hybrid(tann, margin=0.9)
    taken = bent(hybrid, 6.0)
    assert (taken.state["exact_share"] == 1.0).any()
    decoded = hybrid.decode(taken.state)
    assert decoded["phase_stress"].shape[2:] == (2, mixture.v)
    audited = audit(model, tann, count=12)
    assert set(audited.errors) == {"stress", "phase_stress", "phase_plastic_strain", "dissipation"}
    np.testing.assert_allclose(audit(exact, mixture, count=6).errors["stress"], 0.0, atol=1e-12)


def test_what_is_inside_is_decoded_or_solved_again(mixture: Mixture, tann: mt.TANN) -> None:
    where = [[1.0, 0.5, 0.5][: 2 if mixture.v == 3 else 3]]
    result = bent(mixture)
    kept = mt.coordinates_at(result, mixture, where)
    again = mt.coordinates_at(result, mixture, where, "solve")
    for name, values in kept.items():
        np.testing.assert_allclose(again[name], values, atol=1e-12)
    model = bent(tann)
    solved = mt.coordinates_at(model, tann, where, "solve")["phase_stress"]
    assert (
        np.abs(mt.coordinates_at(model, tann, where)["phase_stress"] - solved).max() < 0.5 * np.abs(solved).max()
    )
    with pytest.raises(InputError, match="both scales need a lattice"):
        mt.Microscale(result, mixture, 1.0, (0.0,) * len(where[0]))


def test_a_failed_point_is_kept_and_tried_again(mixture: Mixture, tmp_path: Path) -> None:
    with pytest.raises(EquilibriumError) as caught:
        bent(mixture, options=SolverOptions(max_iterations=1, max_cuts=0, outside_training="none"))
    file = caught.value.point.write(tmp_path / "point.h5")
    _, held = read_failed_point(file)
    assert held.kind == mixture.kind
    output = run("replay", file).output
    assert "The strain increment in equal parts" in output


def test_a_record_goes_on(mixture: Mixture, tmp_path: Path) -> None:
    whole = bent(mixture, record=tmp_path / "run")
    again = bent(mixture, restart=tmp_path / "run")
    np.testing.assert_array_equal(again.displacement, whole.displacement)


def test_every_command_that_is_not_of_lattices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the plane: data, their check, training, evaluation, a structure with audit and FE², the report."""
    monkeypatch.chdir(tmp_path)
    own = ("--cell", f"{NAME}:PlaneMixture")
    walks = ("--set=walks.limit=1.5", "--set=walks.increment=0.3")
    run("data", *own, "--paths", "24", "--steps", "30", *walks, "-o", "data")
    assert "is fit for training" in run("data", "check", "data/data.h5").output
    small = ("--form", "variational", *(f"--set=train.{key}" for key in ("states=6", "slips=12", "updates=20")))
    run("train", "data/data.h5", *small, "-o", "train")
    model = "train/model.safetensors"
    run("evaluate", model, "-o", "evaluate")
    run("evaluate", model, "--data", "data/data.h5", "--walks", "test", "-o", "evaluate-data")
    coarse = ("--mesh-size", "5", "--dns", "0")
    run("simulate", "lcC1", "-m", model, *coarse, "--audit", "6", "-o", "lcC1")
    numbers = json.loads(Path("lcC1/numbers.json").read_text())
    assert set(numbers["runs"]) == {"model", "exact"}
    assert "phase_stress" in numbers["audit"]["errors"]
    run("simulate", "lcC1", "-m", model, *coarse, "--outside-training", "exact", "-o", "hybrid")
    run("simulate", "lcC1", "-m", f"{NAME}:PlaneMixture", *coarse, "-o", "exact")
    run("cell", f"{NAME}:PlaneMixture", "--strain", "11=0.1", "-o", "cell")
    run("report", ".")
    assert "von-mises-mixture" in Path("report.html").read_text().lower()


@pytest.mark.verify
def test_studies_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    walks = ("--set=walks.limit=1.5", "--set=walks.increment=0.3")
    steps = ("--set=walks.paths=24", "--set=walks.steps=30", *walks)
    studied = ("--form", "variational", "--set=train.slips=16", "--set=train.updates=40", *steps)
    run("study", "isvs", f"{NAME}:PlaneMixture", "--states", "6,8", *studied, "-o", "isvs")
    few = ("--set=train.slips=12", "--set=train.updates=3")
    own = f"{NAME}:PlaneMixture"
    run("study", "increments", own, "--counts", "100,200", "--states", "4", *few, *steps, "-o", "n")
    model = "isvs/points/trained-006-seed-0/model.safetensors"
    run("study", "states", model, "isvs/points/trained-008-seed-0/model.safetensors", "-o", "states")
    run("tune", "isvs/data/data.h5", "--vary", "states=4,6", "--search", "grid", *few, "-o", "tune")


def test_commands_of_lattices_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ("cost", f"{NAME}:Mixture", "lcT2"),
        ("reduce", f"{NAME}:PlaneMixture"),
    ):
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 2, result.output
        assert "lattice" in result.stderr


def test_a_kind_that_is_not_known_loads_trains_and_evaluates(
    data: mt.Dataset, tann: mt.TANN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mt.write_dataset(tmp_path / "data.h5", data)
    tann.save(tmp_path / "model.safetensors")
    monkeypatch.setattr("microtann.microstructure.registry.MICROSTRUCTURES", {})
    monkeypatch.setattr("microtann.microstructure.registry.known_microstructures", dict)
    with pytest.warns(UserWarning, match="'von-mises-mixture' is not known here"):
        foreign = mt.read_dataset(tmp_path / "data.h5")
    with pytest.warns(UserWarning, match="'von-mises-mixture' is not known here"):
        read = mt.load(tmp_path / "model.safetensors")
    assert isinstance(read.microstructure, UnknownMicrostructure)
    assert any("is not known here" in f.sentence for f in mt.check_file(tmp_path / "data.h5").findings)
    trained = mt.train(foreign, mt.forms.Variational(states=4, updates=2))
    assert dataset_errors(trained, foreign, "test").stress < 1.0
    strain = 0.1 * np.ones((3, data.components))
    np.testing.assert_array_equal(read.recall(strain).stress, tann.recall(strain).stress)
    read.save(tmp_path / "again.safetensors")
    monkeypatch.undo()
    assert isinstance(mt.load(tmp_path / "again.safetensors").microstructure, Mixture)
    with pytest.raises(InputError, match="is not known here"):
        foreign.microstructure.initial_state(1)


def test_an_installed_package_makes_its_kinds_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point of the group microtann.microstructures: a kind, or a module that registers it."""
    entries = [EntryPoint("mixture", f"{NAME}:Mixture", registry.MICROSTRUCTURE_ENTRY_POINTS)]
    monkeypatch.setattr(
        "microtann.system.entry_points.entry_points",
        lambda group: entries if group == registry.MICROSTRUCTURE_ENTRY_POINTS else [],
    )
    monkeypatch.delitem(registry.MICROSTRUCTURES, Mixture.kind)
    assert registry.microstructure_class(Mixture.kind) is Mixture
    entries.append(EntryPoint("broken", "no_such_package:Kind", registry.MICROSTRUCTURE_ENTRY_POINTS))
    with pytest.raises(ConfigurationError, match="'broken' of an installed package cannot be imported"):
        registry.microstructure_class("unknown")


def test_what_is_no_microstructure_is_refused() -> None:
    with pytest.raises(InputError, match=r"a microstructure is asked for, such as microtann.Lattice"):
        require_microstructure(mt.square_cell())
