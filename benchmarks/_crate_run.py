"""Run decks of CRATE (cratepy): a script for the Python that has it, which needs nothing else of this repository.

``PYTHON _crate_run.py FOLDER`` solves every ``FOLDER/*.dat`` and leaves what CRATE writes beside it. Its matrix
has linear kinematic hardening in place of the isotropic one that CRATE has: the number ``a`` of the deck is H.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import cratepy  # type: ignore[import-not-found]
import numpy as np
from material.models.von_mises import VonMises  # type: ignore[import-not-found]
from material.models.von_mises import mop as order

time.time = time.process_time  # CRATE takes times by this; they mean something while others compute
VOLUME = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
"""Unit tensor in the order 11, 22, 33, 12, 23, 13 of CRATE, whose shears are √2 times the tensor's."""


def state_update(self: Any, inc_strain: Any, state: Any, *_: Any, **__: Any) -> tuple[dict[str, Any], Any]:
    """Return state and consistent tangent after an increment in plane strain, back stress ⅔ H εᵖ.

    Parameters
    ----------
    self : VonMises
        Of CRATE.
    inc_strain : array, shape (2, 2)
    state : dict
        At the beginning.
    """
    own = self._material_properties
    young, poisson, hardening, strength = own["E"], own["v"], own["a"], own["s0"]
    shear, bulk = young / (2.0 + 2.0 * poisson), young / (3.0 - 6.0 * poisson)
    strain = state["strain_mf"] + order.get_tensor_mf(inc_strain, 2, self._comp_order_sym)
    total = order.get_state_3Dmf_from_2Dmf(1, strain, 0.0)
    elastic_before = order.get_state_3Dmf_from_2Dmf(1, state["e_strain_mf"], state["e_strain_33"])
    plastic = order.get_state_3Dmf_from_2Dmf(1, state["strain_mf"], 0.0) - elastic_before
    deviator = np.eye(6) - np.outer(VOLUME, VOLUME) / 3.0
    over = 2.0 * shear * (deviator @ total - plastic) - 2.0 / 3.0 * hardening * plastic
    size, radius = float(np.linalg.norm(over)), np.sqrt(2.0 / 3.0) * strength
    moduli = bulk * np.outer(VOLUME, VOLUME) + 2.0 * shear * deviator
    flows = size > radius
    if flows:
        slope = 2.0 * shear / (2.0 * shear + 2.0 / 3.0 * hardening)
        normal, part = over / size, 1.0 - radius / size
        plastic = plastic + slope * (size - radius) / (2.0 * shear) * normal
        turned = part * (deviator - np.outer(normal, normal)) + np.outer(normal, normal)
        moduli = moduli - 2.0 * shear * slope * turned
    elastic = total - plastic
    stress = bulk * VOLUME * total[:3].sum() + 2.0 * shear * (deviator @ total - plastic)
    new = self.state_init()
    new |= {"strain_mf": strain, "is_plast": flows, "is_su_fail": False}
    new |= {"e_strain_mf": order.get_state_2Dmf_from_3Dmf(1, elastic), "e_strain_33": elastic[2]}
    new |= {"stress_mf": order.get_state_2Dmf_from_3Dmf(1, stress), "stress_33": stress[2]}
    return new, order.get_state_2Dmf_from_3Dmf(1, moduli)


def main(folder: Path) -> None:
    """Solve the decks of a folder."""
    VonMises.state_update = state_update
    for deck in sorted(folder.glob("*.dat")):
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            cratepy.crate_simulation(str(deck), str(folder), is_null_stdout=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
