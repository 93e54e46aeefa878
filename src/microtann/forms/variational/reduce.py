"""A TANN from a lattice in one call, without training."""

from __future__ import annotations

from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import REDUCTION_WALKS, WalkPlan
from microtann.errors import InputError
from microtann.forms.variational.form import Variational
from microtann.forms.variational.lattice_start import is_reducible
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.tann.model import TANN
from microtann.training.train import train


def reduce_lattice(
    lattice: UnitCell | Dataset,
    bar: ElastoplasticBar | None = None,
    states: int = 48,
    slips: int = 0,
    plan: WalkPlan | None = None,
) -> TANN:
    """Return a TANN of a lattice cell without training, as ``microtann reduce`` does.

    The cell is solved along a few walks, and bars whose plastic strains go together there are merged into slips,
    whose motion the internal state variables describe. The laws of
    thermodynamics hold, and the elastic response is exact. With as many states as the cell has distinct bars,
    everything is. Training makes the error smaller (``microtann.forms.Variational``, with more slips).

    Parameters
    ----------
    lattice : UnitCell or Dataset
        The cell, or increments of it that are already there.
    bar : ElastoplasticBar, optional
        By default the dimensionless reference material; a data set has its own.
    states : int
        Most internal state variables.
    slips : int
        Most slips; 0 takes one for a state, which is best without training. There are no more than distinct bars.
    plan : WalkPlan, optional
        The walks; by default `microtann.data.walks.REDUCTION_WALKS`. A data set has its own.

    Returns
    -------
    TANN

    Raises
    ------
    InputError
        If no bar yields on the walks, or a data set is not that of a lattice, or comes with bars or a plan.
    CellError
        If the cell is a mechanism or the material does not fit it.

    Examples
    --------
    >>> import microtann as mt
    >>> tann = mt.reduce_lattice(mt.square_cell((2, 2), perturbation=0.2), states=16)
    >>> bool(mt.evaluate(tann, ["b"]).paths["b"].stress < 1e-9)
    True
    """
    if isinstance(lattice, Dataset):
        if bar is not None or plan is not None:
            raise InputError("a data set has its own bars and walks: give neither beside it")
        dataset = lattice
    else:
        dataset = generate(lattice, ElastoplasticBar() if bar is None else bar, plan or REDUCTION_WALKS)
    if not is_reducible(dataset):
        raise InputError(
            "the data are not those of a lattice with displacements and bar forces, which could be reduced "
            "without training: train a model on them"
        )
    form = Variational(states=states, slips=slips or states, updates=0)
    return train(dataset, form)
