"""Any microstructure under strain, stress or a mix: frames, materials that only update, many paths at once."""

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError, InputError, LimitLoadError

PULL = [mt.CellStep(strain={"11": 1.2}, rest="free", increments=6), mt.CellStep(rest="free", increments=3)]


@pytest.fixture(scope="module")
def frame():
    return mt.Frame(mt.honeycomb_cell(thickness=0.1, perturbation=0.1), sections=3)


@pytest.fixture(scope="module")
def pulled(frame):
    return mt.drive(frame, PULL)


def test_uniaxial_stress_of_a_frame_is_the_answer_to_its_own_strain(frame, pulled):
    largest = np.abs(pulled.stress).max()
    assert np.abs(pulled.stress[:6, 1:]).max() < 1e-10 * largest
    assert np.abs(pulled.stress[-1]).max() < 1e-10 * largest  # released
    assert pulled.strain[5, 0] == pytest.approx(1.2, rel=1e-14)
    assert abs(pulled.strain[-1, 0]) > 0.1  # what stays is plastic
    again = frame.solve(pulled.strain)
    for name in ("stress", "energy", "dissipation"):
        np.testing.assert_allclose(getattr(again, name), getattr(pulled, name), rtol=0, atol=1e-12, err_msg=name)
    for name, values in pulled.coordinates.items():
        np.testing.assert_allclose(again.coordinates[name], values, rtol=0, atol=1e-10, err_msg=name)


def test_stress_and_strain_control_are_inverse(frame, pulled):
    labels = ("11", "22", "12")
    steps = [mt.CellStep(stress=dict(zip(labels, s.tolist(), strict=True)), increments=1) for s in pulled.stress]
    np.testing.assert_allclose(mt.drive(frame, steps).strain, pulled.strain, rtol=0, atol=1e-8)


def test_many_paths_at_once_are_each_alone(frame, pulled):
    press = [mt.CellStep(strain={"22": -0.8}, rest="free", increments=6), mt.CellStep(increments=3)]
    together = mt.drive_many(frame, [PULL, press])
    for one, alone in zip(together, (pulled, mt.drive(frame, press)), strict=True):
        for name in ("strain", "stress", "energy", "dissipation"):
            np.testing.assert_allclose(getattr(one, name), getattr(alone, name), rtol=0, atol=1e-11, err_msg=name)
        assert np.array_equal(one.step, alone.step)


class Told(mt.Microstructure):
    """A lattice that tells nothing but what it must, and fails in increments beyond a size."""

    kind, fields, size = "told", {}, np.inf
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
    components = property(lambda self: 3)
    coordinate_shapes = property(lambda self: {})
    decode = staticmethod(lambda state: {})
    groups = staticmethod(dict)
    of_groups = classmethod(lambda cls, groups: cls())
    initial_state = staticmethod(lattice.initial_state)

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        far = np.flatnonzero(np.abs(strain_increment).max(axis=1) > self.size)
        if len(far):
            raise ConvergenceError("too far", worst=far.tolist())
        return self.lattice.update(strain_increment, state, dt, tangent)


def test_increments_that_fail_are_halved_one_path_alone():
    limited = Told()
    limited.size = 0.7
    far, near = ([mt.CellStep(strain={"11": e}, rest="free", increments=1)] for e in (2.0, 0.4))
    cut, whole = mt.drive_many(limited, [near, far])[::-1]
    assert (cut.parts[0], whole.parts[0]) == (4, 1)
    quarters = mt.drive(Told(), [mt.CellStep(strain={"11": 2.0}, rest="free", increments=4)])
    for name in ("strain", "stress", "energy"):
        np.testing.assert_allclose(getattr(cut, name)[0], getattr(quarters, name)[-1], rtol=0, atol=1e-12)
    assert cut.dissipation[0] == pytest.approx(quarters.dissipation.sum(), rel=1e-12)


def test_mixed_control_of_a_material_that_only_updates():
    step = mt.CellStep(strain={"11": 0.9, "12": 0.5}, stress={"22": 0.05}, increments=5)
    found, exact = (
        mt.drive(Told(), [step]),
        mt.drive_cell(Told.lattice.cell, Told.lattice.bar, [step]),
    )
    for name in ("strain", "stress", "energy", "dissipation"):
        np.testing.assert_allclose(getattr(found, name), getattr(exact, name), rtol=0, atol=1e-12, err_msg=name)


def test_a_frame_without_hardening_tells_its_limit_load():
    # G. and A.: a honeycomb collapses at 2/3 (t/l)² of the yield stress of its walls, less a little by their force
    thickness, strength = 0.05, 1 / 3
    ideal = mt.ElastoplasticBar(yield_stress=strength, hardening=0.0)
    frame = mt.Frame(mt.honeycomb_cell(thickness=thickness), bar=ideal, sections=3)
    collapse = 2 / 3 * thickness**2 * strength
    with pytest.raises(LimitLoadError, match=r"step 1: the stress cannot be reached") as caught:
        mt.drive(frame, [mt.CellStep(stress={"22": 2 * collapse}, rest="free", increments=2)], iterations=12)
    part = 0.5 / 2**6  # of the step: the smallest that was tried
    assert 0.5 * 0.99 - part <= caught.value.load_factor <= 0.5


def test_averages_are_a_path_that_can_be_read_again(pulled, tmp_path):
    from microtann.data.path_file import read_path

    pulled.to_csv(tmp_path / "averages.csv")
    _, strain = read_path(tmp_path / "averages.csv", 3)
    np.testing.assert_allclose(strain, pulled.strain, rtol=1e-12)


def test_bad_programmes_of_many_paths(frame):
    with pytest.raises(InputError, match="no step"):
        mt.drive_many(frame, [])
    with pytest.raises(InputError, match="same number of steps"):
        mt.drive_many(frame, [PULL, PULL[:1]])
    with pytest.raises(InputError, match="as many increments"):
        mt.drive_many(frame, [PULL[:1], [mt.CellStep(increments=7)]])
