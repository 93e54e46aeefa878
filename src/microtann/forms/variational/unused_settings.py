"""Settings of the form variational that do nothing are told, so that nobody believes that they did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from microtann.forms.variational.slip_reduction import SlipSystem


def unused_beside_others(given: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every setting that has no effect beside the others.

    Parameters
    ----------
    given, usual : mapping
        The settings of the form by name, and their defaults.
    """
    if given["prune"] > 0.0 and not given["updates"]:
        yield f"prune = {given['prune']:g} is not used: nothing is trained with updates = 0"
    if given["rate_exponent"] != usual["rate_exponent"] and given["viscosity"] == 0.0:
        yield f"rate_exponent = {given['rate_exponent']:g} is not used: the slips have no viscosity"


def unused_by_start(
    given: Mapping[str, Any], usual: Mapping[str, Any], system: SlipSystem, of_lattice: bool
) -> Iterator[str]:
    """Yield a sentence for every setting that asks for more than a start that was found has.

    Parameters
    ----------
    given, usual : mapping
        The settings of the form by name, and their defaults.
    system : SlipSystem
        The start.
    of_lattice : bool
        Whether it is that of a known microstructure, which may need fewer states than are allowed, or was found in
        internal coordinates.
    """
    states, slips = system.normals.shape
    which = "of the microstructure" if of_lattice else "that the internal coordinates show"
    if given["slips"] > slips:
        yield f"slips = {given['slips']} is not reached: all {slips} slips {which} are taken"
    if given["states"] > states and given["states"] != usual["states"] and not of_lattice:
        yield f"states = {given['states']} is not reached: {states} describe all slips {which}"
    if given["starts"] > 1:
        yield f"starts = {given['starts']} is not used: the slips {which} are the only start"
