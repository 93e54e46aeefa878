"""A section of the paper again, as the command ``microtann reproduce`` makes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from microtann.errors import InputError
from microtann.numbers.configuration import nearest
from microtann.report.section import Section
from microtann.reproduction.section4 import reproduce_section4
from microtann.reproduction.section5 import MODELS, reproduce_section5
from microtann.system.progress import ShowProgress, logged

SECTIONS = ("section4", "section5")


def reproduce(
    section: str,
    models: Mapping[str, str | os.PathLike[str]] | Sequence[str] | None = None,
    *,
    cells: Sequence[str] | None = None,
    cases: Sequence[str] | None = None,
    full: bool = False,
    output: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    progress: ShowProgress = logged("reproduction"),
) -> Section:
    """Make the figures of a section of the paper again, beside what the paper claims.

    What is there is not computed again.

    Parameters
    ----------
    section : str
        "section4", two-dimensional lattices, or "section5", structures.
    models : mapping or sequence of str, optional
        Models, shipped or files. Section IV: by the name of their cell, in place of the shipped ones. Section V: a
        list of models of lattices in space.
    cells : sequence of str, optional
        Section IV: names of lattices, such as "square-2x2"; by default all.
    cases : sequence of str, optional
        Section V: names of load cases, such as "lcT2"; by default all.
    full : bool
        Section V: whether cells go down to ε = 1/20 and elements to 0.5.
    output : path, optional
        Folder of the results, by default that of the section in "results".
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress of Section V; by default the logger ``microtann.reproduction`` hears of it.

    Returns
    -------
    Section
        The overview, with the tables.

    Raises
    ------
    InputError
        If there is no such section, cell, case or model, an argument belongs to the other section, or the folder
        holds something else.
    ModelFileError
        If a cell has no model.

    See Also
    --------
    microtann.reproduction.reproduce_section4, microtann.reproduction.reproduce_section5

    Examples
    --------
    >>> import microtann as mt
    >>> paper = mt.reproduce("section4", cells=["square-2x2"], output="section4")
    >>> paper.tables[0].rows[0][0]
    '2×2 regular'
    """
    if section not in SECTIONS:
        raise InputError(f"there is no section {section!r}: {nearest(section, SECTIONS)}it is one of {SECTIONS}")
    others = {"cases": cases, "full": full} if section == "section4" else {"cells": cells}
    wrong = [name for name, value in others.items() if value]
    if wrong:
        raise InputError(f"{wrong[0]} is not an argument of {section}: leave it out")
    place = output or os.path.join("results", section)
    if section == "section4":
        if models is not None and not isinstance(models, Mapping):
            raise InputError(f"the models of section4 are given by the name of their cell, got {models!r}")
        return reproduce_section4(cells, models, output=place, overwrite=overwrite)
    if isinstance(models, str | Mapping):
        raise InputError(f"the models of section5 are a list of names or files, got {models!r}")
    return reproduce_section5(
        MODELS if models is None else models, cases, full, output=place, overwrite=overwrite, progress=progress
    )
