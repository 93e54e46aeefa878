"""Settings of the form variational that do nothing are told, so that nobody believes that they did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from microtann.forms.variational.slip_reduction import SlipSystem

if TYPE_CHECKING:
    from microtann.forms.variational.form import Variational


def unused_beside_others(form: Variational) -> Iterator[str]:
    """Yield a sentence for every setting that has no effect beside the others."""
    if form.prune > 0.0 and not form.updates:
        yield f"prune = {form.prune:g} is not used: nothing is trained with updates = 0"
    if form.rate_exponent != type(form)().rate_exponent and form.viscosity == 0.0:
        yield f"rate_exponent = {form.rate_exponent:g} is not used: the slips have no viscosity"


def unused_by_start(form: Variational, system: SlipSystem, of_lattice: bool) -> Iterator[str]:
    """Yield a sentence for every setting that asks for more than a start that was found has.

    Parameters
    ----------
    form : Variational
    system : SlipSystem
        The start.
    of_lattice : bool
        Whether it is that of a known microstructure, which may need fewer states than are allowed, or was found in
        internal coordinates.
    """
    states, slips = system.normals.shape
    which = "of the microstructure" if of_lattice else "that the internal coordinates show"
    if form.slips > slips:
        yield f"slips = {form.slips} is not reached: all {slips} slips {which} are taken"
    if form.states > states and form.states != type(form)().states and not of_lattice:
        yield f"states = {form.states} is not reached: {states} describe all slips {which}"
    if form.starts > 1:
        yield f"starts = {form.starts} is not used: the slips {which} are the only start"
