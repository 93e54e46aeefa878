"""A TANN from a microstructure of slips, or of points that flow, in one call, without training."""

from __future__ import annotations

from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import REDUCTION_WALKS, WalkPlan
from microtann.errors import InputError
from microtann.forms.variational.clusters.cluster_start import is_clusterable
from microtann.forms.variational.form import Variational
from microtann.forms.variational.slip_start import is_reducible
from microtann.microstructure.protocol import Microstructure
from microtann.tann.trained_model import TANN
from microtann.training.train import train


def reduce(
    microstructure: Microstructure | Dataset,
    states: int = 48,
    slips: int = 0,
    plan: WalkPlan | None = None,
) -> TANN:
    """Return a TANN of a lattice, a frame or a solid without training (``microtann reduce``).

    The microstructure is solved along a few walks, and slips (of a lattice the plastic strains of the bars) that
    go together there are merged, whose motion the internal state variables describe; of a solid, the integration
    points whose plastic strains go together flow as one group. The laws of thermodynamics hold, and the elastic
    response is exact. With as many states as there are slips, everything is. Training makes the error smaller
    (``microtann.forms.Variational``, with more slips), of solids many times.

    Parameters
    ----------
    microstructure : Microstructure or Dataset
        The microstructure, or increments of it that are already there.
    states : int
        Most internal state variables.
    slips : int
        Most slips, or components of groups; 0 takes one for a state, which is best without training. There are no
        more than those of the microstructure.
    plan : WalkPlan, optional
        The walks; by default `microtann.data.walks.REDUCTION_WALKS`. A data set has its own.

    Returns
    -------
    TANN

    Raises
    ------
    InputError
        If nothing yields on the walks, the inelasticity of the microstructure are neither slips nor points that
        flow, or a data set comes with a plan.
    CellError
        If a lattice cell is a mechanism or the material does not fit it.

    Examples
    --------
    >>> import microtann as mt
    >>> tann = mt.reduce(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2)), states=16)
    >>> bool(mt.evaluate(tann, ["b"]).paths["b"].stress < 1e-9)
    True
    """
    if isinstance(microstructure, Dataset):
        if plan is not None:
            raise InputError("a data set has its own walks: give no plan beside it")
        dataset = microstructure
    else:
        dataset = generate(microstructure, plan or REDUCTION_WALKS)
    if not is_reducible(dataset) and not is_clusterable(dataset):
        raise InputError(
            "these are not the data of a microstructure of slips, such as a lattice with displacements and bar "
            "forces, or of a solid with the plastic strains of its points, which could be reduced without "
            "training: train a model on them"
        )
    known = dataset.microstructure
    problem = known.slip_problem() if known is not None else None
    most = slips or states
    form = Variational(states=states, slips=most if problem is None else min(most, problem.count), updates=0)
    return train(dataset, form)
