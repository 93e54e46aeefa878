"""A dimensionless lattice made of a real material of the same ratio of hardening."""

from __future__ import annotations

import numpy as np

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.real_material import RealMaterial, UnitFactors

SAME_RATIO = 1e-9
"""Relative difference of two ratios of hardening that are the same."""


def made_of(
    cell: UnitCell, bar: ElastoplasticBar, material: RealMaterial
) -> tuple[UnitCell, ElastoplasticBar, UnitFactors]:
    """Return cell and bars made of a real material, and by what their quantities are multiplied.

    Bars in the plane have the area of a width.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    material : RealMaterial

    Raises
    ------
    InputError
        If the bars are of several materials, or their ratio of hardening is another.
    """
    young, yield_stress, hardening = bar.per_bar(len(cell.bars))
    kinds = np.unique(np.stack([young, yield_stress, hardening]), axis=1)
    if kinds.shape[1] > 1:
        raise InputError(
            f"the bars of this model are of {kinds.shape[1]} materials, and in_units names one: scale the "
            "lattice and train on it"
        )
    ratio = hardening[0] / young[0]
    if material.hardening is not None:
        asked = material.hardening / material.young
        if abs(asked - ratio) > SAME_RATIO * max(asked, ratio):
            raise InputError(
                f"the bars of this model have a hardening of {ratio:.6g} E, those asked for {asked:.6g} E: "
                "reduce or train a model of that ratio"
            )
    strain = float(material.yield_strain * young[0] / yield_stress[0])
    stress = float(strain * material.young / young[0])
    length, area = material.length, material.length ** (cell.dimension - 1)
    return (
        UnitCell(cell.nodes * length, cell.bars, cell.areas * area, cell.periods * length),
        ElastoplasticBar(material.young, material.young * material.yield_strain, float(ratio) * material.young),
        UnitFactors(strain, stress, {"displacement": strain * length, "force": stress * area}),
    )
