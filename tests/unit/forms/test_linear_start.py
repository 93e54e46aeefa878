"""The linear start: networks of the paper that hold principal components and a quadratic energy."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError
from microtann.forms import Classical, Published
from microtann.forms.published.learning import NetworkForm

FORM = Published(states=7, encoder_widths=(24, 12), residual=False)


@pytest.mark.parametrize("form", [FORM, replace(FORM, tied=False), replace(FORM, states=4, residual=True)])
def test_the_autoencoder_returns_the_coordinates_of_the_data(square: Dataset, form: Published) -> None:
    """Strain and four families of bars make seven directions, or four after the elastic response."""
    data = form.prepare(square)
    reduction = form.start(data).reduction
    assert all(layer.weight.shape[0] in (24, 12, form.states) for layer in reduction.encoder.layers)
    y = (data.training.strain + data.training.strain_increment) / np.abs(
        data.training.strain + data.training.strain_increment
    ).max(axis=0)
    xi = data.training.coordinates_next
    states = jax.vmap(reduction.encode)(xi, y)
    np.testing.assert_allclose(jax.vmap(reduction.decode)(states, y), xi, rtol=0, atol=1e-12 * np.abs(xi).max())
    np.testing.assert_allclose(reduction.encode(jnp.zeros(xi.shape[1]), jnp.zeros(3)), 0.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "form",
    [
        FORM,
        replace(FORM, states=4, residual=True),
        Classical(
            coordinates=("plastic_strain",),
        ),
    ],
)
def test_the_energy_network_starts_as_the_energy_of_the_lattice(
    with_plastic_strain: Dataset, form: NetworkForm
) -> None:
    if isinstance(form, Published):
        form = replace(form, coordinates=("displacement", "force"))
    data = form.prepare(with_plastic_strain)
    point = form.start(data)
    batch = form.to_batch(point, data.training)
    values = jax.vmap(jax.value_and_grad(point.energy.__call__, argnums=(0, 1)))
    energy, (stress, thermodynamic) = values(batch.driving + batch.increment, batch.inside_next)
    dissipation = -np.sum(thermodynamic * (batch.inside_next - batch.inside), axis=1)
    for found, exact in (
        (energy, batch.energy_next),
        (stress, batch.stress_next),
        (dissipation, batch.dissipation),
    ):
        np.testing.assert_allclose(found, exact, rtol=0, atol=2e-3 * float(jnp.abs(exact).max()))
    assert point.energy.network.layers[-1].bias is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy_widths": (12,)}, "12 hidden units are too few for a quadratic energy in"),
        ({"energy_power": 3}, "one hidden layer of rectified units of the fourth power"),
        ({"energy_widths": (48, 48)}, "one hidden layer of rectified units of the fourth power"),
    ],
)
def test_networks_that_cannot_hold_a_quadratic_energy_are_refused(
    square: Dataset, change: dict, message: str
) -> None:
    form = replace(FORM, **change)
    with pytest.raises(ConfigurationError, match=message):
        form.start(form.prepare(square))
