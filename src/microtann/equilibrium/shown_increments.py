"""How far the solver is, shown in a notebook where its caller asks for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from microtann.equilibrium.solver_options import Progress, ProgressCallback
from microtann.system.notebook import in_notebook, notebook_bar


@contextmanager
def shown_increments(progress: ProgressCallback | None) -> Iterator[ProgressCallback | None]:
    """Yield the callback of the caller; where there is none and a notebook is open, one that shows a bar."""
    if progress is not None or not in_notebook():
        yield progress
        return
    with notebook_bar("equilibria") as bar:

        def show(state: Progress) -> None:
            words = f"{state.step or 'step'}, iteration {state.iteration}, residual {state.residual:.1e}"
            bar(state.increment + state.converged * state.fraction, state.increments, words)

        yield show
