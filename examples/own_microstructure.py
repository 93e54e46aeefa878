"""A microstructure of one's own: fibres of two kinds side by side, from data to finite elements with its TANN.

Two von Mises solids share one strain, and their stresses add up by their fractions. That is a material with
states; what makes it a microstructure is that it decodes them: stress and plastic strain of every phase.

Run it with ``python examples/own_microstructure.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import microtann as mt

State = dict[str, np.ndarray]


@mt.register_microstructure
class Fibres(mt.Microstructure):
    """Fibres that share the strain; a third of them is four times as stiff as the rest."""

    kind = "fibres"
    fields = {"fibres": ("fraction", "young", "yield_stress", "hardening")}  # noqa: RUF012
    quadratic = True
    components = 6
    coordinate_shapes = {"fibre_stress": (2, 6), "fibre_plastic_strain": (2, 6)}  # noqa: RUF012

    def __init__(
        self,
        fraction: tuple[float, ...] = (0.3, 0.7),
        young: tuple[float, ...] = (2.0, 0.5),
        yield_stress: tuple[float, ...] = (0.3, 0.2),
        hardening: tuple[float, ...] = (0.2, 0.1),
    ) -> None:
        self.arrays = dict(zip(self.fields["fibres"], (fraction, young, yield_stress, hardening), strict=True))
        self.phases = [
            mt.fem.VonMises(young=e, yield_stress=k, hardening=h)
            for e, k, h in zip(young, yield_stress, hardening, strict=True)
        ]

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain and the plastic strains of the two phases."""
        return {
            "strain": np.zeros((n, 6)),
            "plastic": np.zeros((n, 2, 6)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def update(
        self, strain_increment: np.ndarray, state: State, dt: float = 1.0, tangent: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None, State]:
        """Advance all points by an increment: every phase for itself, then the averages."""
        parts = [
            phase.update(strain_increment, {"strain": state["strain"], "plastic_strain": state["plastic"][:, i]})
            for i, phase in enumerate(self.phases)
        ]
        share = self.arrays["fraction"]
        new = {
            "strain": state["strain"] + strain_increment,
            "plastic": np.stack([part[2]["plastic_strain"] for part in parts], axis=1),
            "energy": sum(f * part[2]["energy"] for f, part in zip(share, parts, strict=True)),
            "dissipation": sum(f * part[2]["dissipation"] for f, part in zip(share, parts, strict=True)),
        }
        stress, moduli = (sum(f * part[k] for f, part in zip(share, parts, strict=True)) for k in (0, 1))
        return stress, moduli if tangent else None, new

    def decode(self, state: Mapping[str, np.ndarray]) -> State:
        """Return the stress and the plastic strain of every phase."""
        strain = np.asarray(state["strain"]).reshape(-1, 6)
        plastic = np.asarray(state["plastic"]).reshape(-1, 2, 6)
        stress = [
            phase.update(0.0 * strain, {"strain": strain, "plastic_strain": plastic[:, i]})[0]
            for i, phase in enumerate(self.phases)
        ]
        shape = (*np.shape(state["strain"])[:-1], 2, 6)
        return {
            "fibre_stress": np.stack(stress, axis=1).reshape(shape),
            "fibre_plastic_strain": plastic.reshape(shape),
        }

    def groups(self) -> dict[str, State]:
        """Return what files keep."""
        return {"fibres": {name: np.asarray(value, dtype=float) for name, value in self.arrays.items()}}

    @classmethod
    def of_groups(cls, groups: Mapping[str, Mapping[str, np.ndarray]]) -> Fibres:
        """Return the microstructure of a file."""
        return cls(**{name: tuple(value.tolist()) for name, value in groups["fibres"].items()})


def draw(picture: Path, fibres: Fibres, tann: mt.TANN) -> None:
    """Draw cycles of uniaxial strain."""
    from microtann.plotting.curves import Curve, draw_comparison

    strain = np.zeros((80, 6))
    strain[:, 0] = np.linspace(0.3, 1.0, 80) * np.sin(np.linspace(0, 4 * np.pi, 81))[1:]
    exact, found = fibres.solve(strain), tann.recall(strain, outside_training="none")
    loop = Curve("uniaxial strain", strain[:, 0], exact.stress[:, 0], found.stress[:, 0], "ε₁₁ [–]", "σ₁₁ [–]")
    draw_comparison(picture, [loop], "TANN", beside="exact fibres")


def main(picture: Path | None = None) -> tuple[float, float]:
    """Return the energy error of the TANN in a pulled cube, and the least dissipation there; draw if asked to.

    Parameters
    ----------
    picture : Path, optional
        File to draw cycles of both to.

    Returns
    -------
    float
        Relative difference of the energies.
    float
        The least dissipation of any increment and point with the TANN.
    """
    fibres = Fibres()
    data = mt.generate_data(fibres, mt.WalkPlan(paths=30, steps=30, increment=0.3, limit=1.5))
    tann = mt.train(data, mt.forms.Variational(states=12, slips=24, updates=150, from_coordinates=False))
    bottom, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 1)
    held = [mt.fem.Prescribed(bottom, axis) for axis in "xyz"]
    steps = [mt.fem.Step([*held, mt.fem.Prescribed(top, "z", size)], increments=2) for size in (0.8, 0.2)]
    quiet = mt.fem.SolverOptions(outside_training="none")
    exact, model = (mt.fem.Model(mt.fem.box((1, 1, 1), (2, 2, 2)), m).solve(steps, quiet) for m in (fibres, tann))
    inside = mt.coordinates_at(model, tann, [[0.5, 0.5, 0.5]])["fibre_stress"]
    assert inside.shape == (1, 2, 6)
    if picture is not None:
        draw(picture, fibres, tann)
    return float(abs(model.energy[-1] / exact.energy[-1] - 1.0)), float(model.dissipated.min())


if __name__ == "__main__":
    difference, least = main(*map(Path, sys.argv[1:2]))
    print(f"energy {100 * difference:.1f} % from the exact one; least dissipation {least:.1e}")
