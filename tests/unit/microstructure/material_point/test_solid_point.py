"""One point of every law as a microstructure: data, their check, files, durations, and the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.data.walks import draw_walks
from microtann.errors import InputError
from microtann.fem import VonMises
from microtann.microstructure.registry import microstructure_class

LAWS = {
    "kinematic": {},
    "isotropic": {"isotropic_hardening": 0.1},
    "Voce": {"saturation": 0.3, "saturation_rate": 2.0},
    "Perzyna": {"viscosity": 0.2, "rate_exponent": 0.5},
    "viscoelastic": {"yield_stress": 0.0, "viscosity": 0.3},
}
PLAN = mt.WalkPlan(paths=16, steps=25, decades=2.0)


@pytest.fixture(scope="module", params=LAWS)
def point(request: pytest.FixtureRequest) -> mt.SolidPoint:
    return mt.SolidPoint(VonMises(**LAWS[request.param], plane="strain" if request.param == "Voce" else None))


@pytest.fixture(scope="module")
def data(point: mt.SolidPoint) -> mt.Dataset:
    return mt.generate_data(point, PLAN)


def test_data_are_sound_and_a_file_keeps_the_law(point: mt.SolidPoint, data: mt.Dataset, tmp_path: Path) -> None:
    """Relaxation at constant strain, durations over two decades: fit for training, with the law or without it."""
    mt.write_dataset(tmp_path / "data.h5", data)
    report = mt.check_file(tmp_path / "data.h5")
    assert report, report.errors
    assert all("large increments of a dissipative material" in sentence for sentence in report.warnings)
    read = mt.read_dataset(tmp_path / "data.h5").microstructure
    assert isinstance(read, mt.SolidPoint)
    assert repr(read.solid) == repr(point.solid)
    mt.write_dataset(tmp_path / "foreign.h5", replace(data, microstructure=None))
    report = mt.check_file(tmp_path / "foreign.h5")
    assert report, report.errors
    assert any("may move at rest" in sentence for sentence in report.warnings) == (not point.rate_independent)


def test_wrong_data_of_a_viscous_law_are_still_found(data: mt.Dataset, tmp_path: Path) -> None:
    """Another unit of the dissipation, energy that rises at rest, and another law."""
    law = data.microstructure
    assert isinstance(law, mt.SolidPoint)
    training = data.training
    rest = (training.strain_increment == 0.0).all(axis=1)
    rising = np.where(rest, 2.0 * training.energy - training.energy_next, training.energy_next)
    wrong = [replace(data, training=replace(training, dissipation=1e3 * training.dissipation))]
    if not law.rate_independent:
        wrong.append(replace(data, training=replace(training, energy_next=rising)))
        wrong[-1] = replace(wrong[-1], training=replace(wrong[-1].training, step=np.full(len(rest), -1)))
    for index, spoilt in enumerate(wrong):
        mt.write_dataset(tmp_path / f"{index}.h5", replace(spoilt, microstructure=None))
        errors = mt.check_file(tmp_path / f"{index}.h5").errors
        assert any("do not balance" in error for error in errors), errors
    other = mt.SolidPoint(VonMises(young=1.2, plane=law.solid.plane))
    mt.write_dataset(tmp_path / "law.h5", replace(data, microstructure=other))
    assert not mt.check_file(tmp_path / "law.h5")


def test_batches_of_different_durations_are_the_single_paths(point: mt.SolidPoint) -> None:
    """By an array of durations, and by the loop of microstructures that take one duration at a time."""
    generator = np.random.default_rng(0)
    strain = np.cumsum(0.2 * generator.standard_normal((4, 6, point.components)), axis=1)
    dt = 10.0 ** generator.integers(-1, 2, (4, 6))
    whole, looped = point.solve(strain, dt), Looped(point.solid).solve(strain, dt)
    for path in range(4):
        single = point.solve(strain[path], dt[path])
        np.testing.assert_allclose(whole.stress[path], single.stress, rtol=0, atol=1e-15)
        np.testing.assert_allclose(looped.stress[path], single.stress, rtol=0, atol=1e-15)
        assert set(single.coordinates) == set(point.coordinate_shapes)
    if not point.rate_independent:
        assert np.abs(whole.stress - point.solve(strain).stress).max() > 1e-3


class Looped(mt.SolidPoint):
    """The same without an update of several durations."""

    durations_by_point = False

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        assert isinstance(dt, float)
        return super().update(strain_increment, state, dt, tangent)


def test_states_follow_from_coordinates(point: mt.SolidPoint, data: mt.Dataset) -> None:
    rows = data.training.take(slice(0, 40))
    names = list(point.coordinate_shapes)
    parts = np.split(rows.coordinates_next, [6], axis=1)[: len(names)]
    strain = rows.strain + rows.strain_increment
    state = point.state_of(dict(zip(names, parts, strict=True)), strain)
    assert state is not None
    np.testing.assert_allclose(state["energy"], rows.energy_next, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(point.decode(state)["plastic_strain"], parts[0])
    assert point.state_of({}, strain) is None


def test_durations_of_walks_change_nothing_else() -> None:
    plain, spread = (draw_walks(replace(PLAN, decades=decades), 0, 16, 3) for decades in (0.0, 3.0))
    np.testing.assert_array_equal(plain.strain, spread.strain)
    assert (plain.dt == 1.0).all()
    logarithm = np.log10(spread.dt)
    assert np.abs(logarithm).max() <= 1.5
    assert np.ptp(logarithm) > 2.7


def test_a_file_that_lacks_a_parameter_is_refused() -> None:
    groups = {"solid": dict(mt.SolidPoint().groups()["solid"])}
    del groups["solid"]["viscosity"]
    with pytest.raises(InputError, match="lacks viscosity"):
        microstructure_class("solid-point").of_groups(groups)
    with pytest.raises(InputError, match=r"a point is of a microtann\.fem\.VonMises"):
        mt.SolidPoint(mt.fem.LinearElastic.isotropic(1.0, 0.3))


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    law = ["--set=point.viscosity=0.2", "--set=point.space=plane strain", "--set=walks.decades=2"]
    made = ["data", "--cell", "solid-point", *law, "--paths", "12", "--steps", "10", "-o", "data"]
    result = CliRunner().invoke(app, made)
    assert result.exit_code == 0, result.output + result.stderr
    assert CliRunner().invoke(app, ["data", "check", "data/data.h5"]).exit_code == 0
    read = mt.read_dataset("data/data.h5")
    assert read.components == 3
    assert np.unique(read.training.dt).size == len(read.training)
    wrong = CliRunner().invoke(app, ["data", "--cell", "solid-point", "--set=point.yield_stress=0", "-o", "no"])
    assert wrong.exit_code == 2
    assert "yield stress must be positive" in wrong.stderr
