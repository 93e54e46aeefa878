"""A state variable beyond strain needs configuration only: a bar whose energy depends on temperature (Eq. 9a)."""

from __future__ import annotations

import numpy as np

import microtann as mt
from microtann.data.increments import Dataset, Increments
from microtann.forms import Residual
from microtann.microstructure.bars.cells.bar import return_mapping
from microtann.training import train

EXPANSION, CAPACITY = 0.3, 0.4


def thermal_bar(paths: int = 200, steps: int = 40) -> tuple[Dataset, np.ndarray]:
    """Return data of a heated bar with Ψ = ½ (ε − α − aθ)² + ½ H α² − ½ c θ², and the entropy of its test rows.

    The internal coordinates are the stress and the plastic strain; η = −∂Ψ/∂θ = a σ + c θ.
    """
    draw = np.random.default_rng(0)
    strain = draw.normal(0, 0.15, (paths, steps, 1)).cumsum(axis=1)
    heat = draw.normal(0, 0.2, (paths, steps, 1)).cumsum(axis=1)
    plastic, rows = np.zeros(paths), []
    for step in range(steps):
        result = return_mapping(strain[:, step, 0] - EXPANSION * heat[:, step, 0], plastic, 1.0, 1 / 3, 0.1)
        plastic = result.plastic_strain
        energy = result.energy - 0.5 * CAPACITY * heat[:, step, 0] ** 2
        rows.append(np.stack([result.stress, energy, result.dissipation, plastic], axis=-1))
    stress, energy, dissipation, alpha = np.moveaxis(np.stack(rows, axis=1), -1, 0)
    entropy = EXPANSION * stress + CAPACITY * heat[..., 0]

    def before(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros_like(values[:, :1]), values[:, :-1]], axis=1)

    def increments(chosen: slice) -> Increments:
        count = len(range(paths)[chosen]) * steps

        def flat(values: np.ndarray) -> np.ndarray:
            return values[chosen].reshape(count, *values.shape[2:])

        inside = np.stack([stress, alpha], axis=-1)
        return Increments(
            path=np.repeat(np.arange(paths)[chosen], steps),
            step=np.tile(np.arange(steps), count // steps),
            dt=np.full(count, 0.5),
            strain=flat(before(strain)),
            strain_increment=flat(strain - before(strain)),
            extra=flat(before(heat)),
            extra_increment=flat(heat - before(heat)),
            stress=flat(before(stress)[..., None]),
            stress_next=flat(stress[..., None]),
            energy=flat(before(energy)),
            energy_next=flat(energy),
            dissipation=flat(dissipation),
            coordinates=flat(before(inside)),
            coordinates_next=flat(inside),
        )

    third = paths // 10
    sets = (increments(s) for s in (slice(2 * third, None), slice(third), slice(third, 2 * third)))
    return Dataset(*sets, {"inside": (2,)}, ("temperature",)), entropy[third : 2 * third]


def test_stress_and_entropy_are_derivatives_of_one_energy() -> None:
    form = Residual(widths=(8,), descent_updates=6000, batch=200, polish_increments=1500)
    data, entropy = thermal_bar()
    tann = train(data, form)
    assert (tann.components, tann.states) == (1, 1)
    test, shape = data.test, entropy.shape
    strain = (test.strain + test.strain_increment).reshape(*shape, 1)
    heat = (test.extra + test.extra_increment).reshape(*shape, 1)
    recall = tann.recall(strain, dt=0.5, extra=heat, outside_training="none")
    stress = test.stress_next.reshape(shape)
    assert np.abs(recall.stress[..., 0] - stress).max() < 1e-4
    found = recall.conjugates["temperature"]
    assert found.shape == shape
    assert np.abs(found - entropy).max() < 1e-4
    assert np.abs(recall.energy - test.energy_next.reshape(shape)).max() < 1e-4


def test_without_extra_state_variables_there_is_no_entropy() -> None:
    assert mt.load("cube").recall(np.zeros((2, 6))).conjugates == {}
