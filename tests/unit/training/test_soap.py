"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from microtann.training.soap import soap


def descended(
    optimiser: optax.GradientTransformation, loss: Callable[[dict], jax.Array], start: dict, updates: int
) -> dict:
    @jax.jit
    def run(parameters: dict) -> dict:
        def update(carry: tuple, _: None) -> tuple:
            parameters, state = carry
            change, state = optimiser.update(jax.grad(loss)(parameters), state, parameters)
            return (optax.apply_updates(parameters, change), state), None

        return jax.lax.scan(update, (parameters, optimiser.init(parameters)), None, length=updates)[0][0]

    return run(start)


def test_steps_do_not_depend_on_the_bases_of_inputs_and_outputs() -> None:
    """The same problem in rotated variables gives the rotated path, which Adam's does not."""
    draw = np.random.default_rng(0)
    inputs, outputs = (np.linalg.qr(draw.normal(size=(4, 4)))[0] for _ in range(2))
    target, x = draw.normal(size=(4, 4)), draw.normal(size=(30, 4)) * [1.0, 0.5, 0.2, 2.0]

    def plain(p: dict) -> jax.Array:
        return jnp.mean((x @ (p["w"] - target).T) ** 2)

    def rotated(p: dict) -> jax.Array:
        return plain({"w": outputs.T @ p["w"] @ inputs})

    first = np.eye(4)
    for optimiser, same in ((soap(lambda _: 1e-2), True), (optax.adam(1e-2), False)):
        ends = [
            descended(optimiser, loss, {"w": jnp.asarray(start)}, 25)["w"]
            for loss, start in ((plain, first), (rotated, outputs @ first @ inputs.T))
        ]
        assert np.allclose(outputs.T @ ends[1] @ inputs, ends[0], rtol=0, atol=1e-6) is same


@pytest.mark.parametrize("name", ["soap", "adam"])
def test_correlated_inputs_are_no_hindrance(name: str) -> None:
    """Inputs along skew directions, of condition 30: SOAP finds the map in 600 updates, Adam does not."""
    draw = np.random.default_rng(1)
    skew = np.linalg.qr(draw.normal(size=(12, 12)))[0]
    sizes = np.geomspace(1.0, 0.03, 12)
    x = draw.normal(size=(200, 12)) * sizes @ skew
    target, bias = draw.normal(size=(5, 12)) / sizes @ skew, draw.normal(size=5)

    def loss(p: dict) -> jax.Array:
        return jnp.mean((x @ (p["w"] - target).T + p["b"] - bias) ** 2)

    rate = optax.cosine_decay_schedule(0.3, 600, 1e-4)
    optimiser = {"soap": soap, "adam": optax.adam}[name](rate)
    end = float(loss(descended(optimiser, loss, {"w": jnp.zeros((5, 12)), "b": jnp.zeros(5)}, 600)))
    assert (end < 1e-6) is (name == "soap"), end
