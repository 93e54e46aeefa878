"""The kernel of linear hexahedra adds what the general one does, and nothing where tangents are not symmetric."""

from __future__ import annotations

import numpy as np

import microtann as mt
from microtann.equilibrium.sparsity import Sparsity
from microtann.fem.hexahedron_stiffness_kernel import add_hexahedron_stiffness
from microtann.fem.space_stiffness_kernel import add_space_stiffness


def test_hexahedra_are_as_the_general_kernel_makes_them() -> None:
    draw = np.random.default_rng(3)
    block = mt.fem.box((1.0, 2.0, 3.0), (2, 1, 1)).blocks[0]
    gradients = block.gradients + 0.1 * draw.normal(size=block.gradients.shape)
    first, second = np.broadcast_arrays(block.cells[:, :, None], block.cells[:, None, :])
    pattern = Sparsity.of(first.ravel(), second.ravel(), 12)
    slots = pattern.half_slots(first, second)
    moduli = draw.normal(size=(block.weights.size, 6, 6))
    found, expected = (np.ones((len(pattern.indices), 3, 3)) for _ in range(2))
    assert add_hexahedron_stiffness(gradients, block.weights, slots, moduli, found)[0] > 0.0
    np.testing.assert_array_equal(found, 1.0)
    moduli += moduli.transpose(0, 2, 1)
    none = np.empty((0, *gradients.shape[2:]))
    largest = add_hexahedron_stiffness(gradients, block.weights, slots, moduli, found)
    assert largest == add_space_stiffness(gradients, none, block.weights, slots, moduli, expected)
    assert largest == (0.0, np.abs(moduli).max())
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13 * np.abs(expected).max())
