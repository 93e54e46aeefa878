"""Figures of the authors' published 3D network on the protocol, as the anchor to compare with.

They were obtained by running the network that accompanies Masi & Stefanou (2022) in closed loop on the paths of
`microtann.evaluation.protocol`; the network itself is not part of this package.
"""

from __future__ import annotations

STRESS_ERROR: dict[str, float] = {
    "a": 3.3e-3,
    "b": 6.7e-3,
    "c": 1.1e-2,
    "d": 2.0e-2,
    "e": 8.1e-3,
    "f": 1.7e-1,
    "g": 2.0e-2,
    "h": 9.6e-2,
}
"""Relative RMS error of the stress, by path."""

ENERGY_ERROR = (4e-3, 8e-3)
"""Range of the relative RMS error of the energy over the paths."""

DISSIPATION_ERROR = (2e-3, 7e-3)
"""Range of the relative RMS error of the accumulated dissipation over the paths."""

REST_DRIFT = 1.5e-2
"""Relative change of the stress over 100 zero increments."""
