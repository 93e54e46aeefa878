"""Play mechanisms in C."""

from __future__ import annotations

import numpy as np

from microtann.export.kernel_text import KernelText, KernelWriter
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.point import MaterialPoint


def play_text(point: MaterialPoint) -> KernelText:
    """Return the increment of independent play mechanisms."""
    evolution = point.evolution
    assert isinstance(evolution, PlayMechanisms)
    elastic, coupling, _, scale = quadratic_parts(point)
    return KernelText(
        template="play.c",
        counts={},
        numbers={"ENERGY": scale, "YIELDS": 1.0 + YIELD_TOLERANCE},
        arrays={
            "ELASTIC": elastic,
            "COUPLING": coupling,
            "RESISTANCE": np.exp(np.asarray(evolution.log_resistance)),
        },
    )


PLAY = KernelWriter(DecoupledQuadraticEnergy, PlayMechanisms, play_text)
