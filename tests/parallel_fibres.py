"""A microstructure of NumPy alone, for tests: fibres in three directions of the plane that share the strain.

Each is a bar with linear kinematic hardening, whose return map is exact.
"""

import numpy as np

import microtann as mt

DIRECTIONS = np.deg2rad([0.0, 60.0, 120.0, 90.0])
YOUNG, YIELD, HARDENING, AREA = 1.0, np.array([0.3, 0.25, 0.4, 0.3]), 0.1, np.array([0.4, 0.3, 0.3, 0.2])
ALONG = np.stack([np.cos(DIRECTIONS) ** 2, np.sin(DIRECTIONS) ** 2, np.sin(DIRECTIONS) * np.cos(DIRECTIONS)], 1)


class ParallelFibres(mt.Microstructure):
    kind = "parallel-fibres"
    fields = {}  # noqa: RUF012
    quadratic = True

    @property
    def components(self):
        return 3

    @property
    def coordinate_shapes(self):
        return {"plastic": (len(YIELD),)}

    def initial_state(self, n):
        zeros = {"strain": np.zeros((n, 3)), "energy": np.zeros(n), "dissipation": np.zeros(n)}
        return zeros | {"plastic": np.zeros((n, len(YIELD)))}

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        strain, plastic = state["strain"] + strain_increment, state["plastic"]
        fibre = strain @ ALONG.T
        force = YOUNG * (fibre - plastic) - HARDENING * plastic
        flow = np.sign(force) * np.maximum(np.abs(force) - YIELD, 0.0) / (YOUNG + HARDENING)
        after = plastic + flow
        stress = YOUNG * (fibre - after)
        energy = (0.5 * stress**2 / YOUNG + 0.5 * HARDENING * after**2) @ AREA
        moduli = np.where(flow == 0.0, YOUNG, YOUNG * HARDENING / (YOUNG + HARDENING))
        new = {"strain": strain, "plastic": after, "energy": energy, "dissipation": np.abs(flow) * YIELD @ AREA}
        stiffness = np.einsum("nf,fi,fj->nij", moduli * AREA, ALONG, ALONG) if tangent else None
        return stress * AREA @ ALONG, stiffness, new

    def decode(self, state):
        return {"plastic": np.asarray(state["plastic"])}

    def groups(self):
        return {}

    @classmethod
    def of_groups(cls, groups):
        return cls()
