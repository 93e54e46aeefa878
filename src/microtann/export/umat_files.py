"""A model as a user material of Abaqus/Standard, with decks of one element."""

from __future__ import annotations

from collections.abc import Mapping

from microtann.export.c_files import with_head
from microtann.export.element_deck import element_deck
from microtann.export.exported_model import ExportedModel
from microtann.export.host_places import SPACE
from microtann.materials.plane_stress import NORMAL_STRAIN

ORDERS = {"abaqus": "11, 22, 33, 12, 13, 23", "kratos": "XX, YY, ZZ, XY, YZ, XZ"}


def umat_files(exported: ExportedModel) -> Mapping[str, str]:
    """Return the source with the head of a user material, its header, and decks of one element in Abaqus' order.

    The source needs no header. Abaqus and CalculiX name materials otherwise, hence two decks; CalculiX has no
    elements of the plane.
    """
    files = with_head(exported, "umat.c", _macros(exported))
    prefix = exported.prefix
    source, header = files[f"{prefix}.c"], files[f"{prefix}.h"]
    files[f"{prefix}.c"] = source.replace(
        f'#include "{prefix}.h"', header
    )  # Abaqus compiles it away from its folder
    constants = f"{model_number(exported)}., {_order_number(exported)}."
    if exported.order == "abaqus" and exported.model.components == 6:
        files[f"{prefix}.inp"] = element_deck(exported, "C3D8", prefix.upper(), constants)
        files[f"{prefix}_calculix.inp"] = element_deck(exported, "C3D8", calculix_name(prefix), constants)
    elif exported.order == "abaqus":
        element = "CPE4" if _planes(exported)[0] else "CPS4"
        files[f"{prefix}.inp"] = element_deck(exported, element, prefix.upper(), constants)
    return files


def model_number(exported: ExportedModel) -> int:
    """Return the number by which decks name a model: the first eight digits of its digest."""
    return int(exported.digest[:8], 16)


def calculix_name(prefix: str) -> str:
    """Return how CalculiX calls the material in a library: it knows capitals only, and ``_`` parts names.

    Examples
    --------
    >>> from microtann.export.umat_files import calculix_name
    >>> calculix_name("cube_play")  # in libCUBEPLAY.so
    '@ABAQUS_CUBEPLAY'
    """
    return f"@ABAQUS_{prefix.replace('_', '').upper()}"


def _order_number(exported: ExportedModel) -> int:
    return 1 + list(SPACE).index(exported.order)


def _macros(exported: ExportedModel) -> dict[str, str]:
    """Return the macros of the head."""
    space = exported.model.components == 6
    strain, stress = (True, False) if space else _planes(exported)
    elements = [
        *(["solid elements"] if space else []),
        *(["plane strain"] if strain else []),
        *(["axial symmetry"] if space else []),
        *(["plane stress"] if stress else []),
    ]
    return {
        "NUMBER": f"{model_number(exported)}.0",
        "HOST_ORDER": str(_order_number(exported)),
        "HOST_NAME": f'"{exported.order} ({ORDERS[exported.order]})"',
        "PLACES": "{" + ", ".join(map(str, SPACE[exported.order])) + "}",
        "ACROSS": "2" if space else "-1",
        "PLANE_STRAIN": str(int(strain)),
        "PLANE_STRESS": str(int(stress)),
        "ELEMENTS": f'"{" or ".join(elements)}"',
    }


def _planes(exported: ExportedModel) -> tuple[bool, bool]:
    """Return whether a model of the plane belongs in plane strain and in plane stress.

    A lattice has nothing out of its plane and fits both; a solid is one or the other.
    """
    known = exported.model.microstructure
    if known is None or known.kind != "solid":
        return True, True
    thin = any(name.endswith(NORMAL_STRAIN) for name in known.initial_state(1))
    return not thin, thin
