"""Figures of results in one call; they are matplotlib's, need no display, and are saved by ``figure.savefig``.

matplotlib and pyvista are imported where a figure is drawn, never with the package.
"""

from microtann.plotting.bent_beams import plot_frame
from microtann.plotting.deformed import plot_body, plot_cell
from microtann.plotting.paths import plot_paths
from microtann.plotting.style import style
from microtann.plotting.surface_plot import plot_surface

__all__ = ["plot_body", "plot_cell", "plot_frame", "plot_paths", "plot_surface", "style"]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
