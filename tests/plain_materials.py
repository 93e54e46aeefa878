"""Plain NumPy materials, as a user would write them."""

import numpy as np

from microtann.errors import ConvergenceError


class Elastic:
    """Isotropic elasticity; ``skew`` makes the stiffness unsymmetric."""

    def __init__(self, young=1.0, poisson=0.25, skew=0.0):
        lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
        shear = young / (2 * (1 + poisson))
        self.moduli = np.diag([2 * shear] * 3 + [shear] * 3)
        self.moduli[:3, :3] += lame
        self.moduli[0, 2] += skew
        self.moduli[4, 1] -= skew

    def initial_state(self, n):
        zeros = np.zeros(n)
        return {"strain": np.zeros((n, 6)), "energy": zeros, "dissipation": zeros, "elapsed": zeros}

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        strain = state["strain"] + strain_increment
        stress = strain @ self.moduli.T
        new = {
            "strain": strain,
            "energy": 0.5 * (strain * stress).sum(axis=1),
            "dissipation": np.zeros(len(strain)),
            "elapsed": state["elapsed"] + dt,
        }
        return stress, np.tile(self.moduli, (len(strain), 1, 1)) if tangent else None, new


class Fragile(Elastic):
    """Refuses strain increments beyond ``largest``, once time has passed ``after``."""

    def __init__(self, largest, after=0.0):
        super().__init__()
        self.largest, self.after = largest, after

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        bad = (np.abs(strain_increment).max(axis=1) > self.largest) & (state["elapsed"] >= self.after)
        if bad.any():
            raise ConvergenceError("the increment is too large", worst=[int(np.argmax(bad))])
        return super().update(strain_increment, state, dt, tangent)
