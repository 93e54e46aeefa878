"""The prism of docs/hosts.md, as the page itself writes it for other codes, and what our own solver finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import microtann as mt
from microtann import fem
from pages import blocks

PAGE = "docs/hosts.md"
EXACT = fem.SolverOptions(tolerance=1e-12, linear_tolerance=1e-12, outside_training="none")


@dataclass(frozen=True, eq=False)
class TwistedPrism:
    """The prism in the working folder, where the code of the page has left its files.

    Parameters
    ----------
    model : str
        Name of a shipped model.
    size : float
        Of the elements.
    variables : dict
        What the code of the page has named.
    """

    model: str
    size: float
    variables: dict[str, Any]

    @classmethod
    def written(cls, model: str, size: float) -> TwistedPrism:
        """Run the code of the page for a model and elements of a size."""
        variables: dict[str, Any] = {"__name__": PAGE}
        for block in blocks(PAGE):
            if block.language == "python":
                code = cls._renamed(block.text, model).replace("size = 2.0", f"size = {size}")
                exec(compile(code, PAGE, "exec"), variables)
        return cls(model, size, variables)

    def project(self) -> str:
        """Return the project of OpenGeoSys on the page, for this model."""
        text = next(b.text for b in blocks(PAGE) if b.text.startswith("<?xml"))
        return self._renamed(text, self.model)

    def solved(self, factors: list[float]) -> Any:
        """Return what our solver finds for a twist by these parts of 60°, an increment each."""
        mesh, base, top, twist = (self.variables[name] for name in ("mesh", "base", "top", "twist"))
        steps = []
        for factor in factors:
            held = [fem.Prescribed(base, axis) for axis in "xyz"]
            moved = [fem.Prescribed(top, axis, factor * twist[:, i]) for i, axis in enumerate("xy")]
            steps.append(fem.Step([*held, *moved]))
        return fem.Model(mesh, mt.load(self.model)).solve(steps, EXACT)

    @staticmethod
    def _renamed(text: str, model: str) -> str:
        prefix = model.replace("-", "_")
        for old, new in (
            ("cube_play", prefix),
            ("cube-play", model),
            ("CUBEPLAY", prefix.replace("_", "").upper()),
        ):
            text = text.replace(old, new)
        return text


def difference(found: np.ndarray, right: np.ndarray) -> float:
    """Return the largest difference relative to the largest value."""
    return float(np.abs(found - right).max() / np.abs(right).max())
