"""The plot of total error against CPU time of three ways to compute a structure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from microtann.plotting.style import EXACT, LATTICE, MODEL, house_style, new_figure, save_figure

LOOKS = {
    "tann": ("FE × TANN, 48 states", MODEL, "o"),
    "lean": ("FE × TANN, 24 states", MODEL, "."),
    "tann20": ("FE × TANN, 20 nodes", MODEL, "D"),
    "exact": ("FE²", EXACT, "s"),
    "exact20": ("FE², 20 nodes", EXACT, "D"),
    "lattice": ("full lattice", LATTICE, "^"),
}
QUANTITIES = {"energy": "energy", "dissipation": "dissipation", "u_z(5, 5, 20)": "u_z of a corner"}


def draw_cost_of_error(found: Sequence[dict[str, Any]], path: Path) -> Path:
    """Draw, for every cell and quantity, the total error of every run against its CPU time."""
    with house_style():
        picture = new_figure(3.0 * len(QUANTITIES), 2.6 * len(found) + 0.6)
        axes = picture.subplots(len(found), len(QUANTITIES), squeeze=False)
        for line, cell in zip(axes, found, strict=True):
            for axis, (quantity, title) in zip(line, QUANTITIES.items(), strict=True):
                for method, (label, colour, mark) in LOOKS.items():
                    runs = [r for r in cell["rows"] if r["method"] == method and r["total errors"][quantity] > 0.0]
                    seconds = [r["solve_s"] for r in runs]
                    axis.loglog(
                        seconds,
                        [r["total errors"][quantity] for r in runs],
                        color=colour,
                        marker=mark,
                        markersize=4,
                        label=label,
                    )
                axis.set_title(f"{title}, cells of {cell['units']}³")
                axis.set_xlabel("CPU time [s]")
                axis.set_ylabel("total error")
        picture.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(LOOKS) // 2)
        save_figure(picture, path)
    return path
