"""An input deck of Abaqus and CalculiX: one element of a model, stretched and pushed back."""

from __future__ import annotations

from microtann.export.exported_model import ExportedModel

SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))
PART = 0.5
"""Of the strains of the training."""


def element_deck(exported: ExportedModel, element: str, material: str, constants: str) -> str:
    """Return the deck of one element under uniaxial stress: stretched in ten increments, and pushed back in ten.

    Parameters
    ----------
    exported : ExportedModel
    element : str
        Type of the element, such as "C3D8".
    material : str
        How the host calls the material.
    constants : str
        Those of the user material, as a line.
    """
    space = exported.model.components == 6
    nodes = [(*corner, z) for z in (0, 1) for corner in SQUARE] if space else list(SQUARE)
    numbers = range(1, len(nodes) + 1)
    lines = [
        f"** {exported.name}: one element under uniaxial stress, stretched along x and pushed back",
        "*NODE, NSET=ALL",
        *(f"{n}, {', '.join(f'{c}.' for c in node)}" for n, node in zip(numbers, nodes, strict=True)),
        f"*ELEMENT, TYPE={element}, ELSET=ALL",
        f"1, {', '.join(map(str, numbers))}",
        "*NSET, NSET=HELD",
        ", ".join(str(n) for n, node in zip(numbers, nodes, strict=True) if node[0] == 0),
        "*NSET, NSET=MOVED",
        ", ".join(str(n) for n, node in zip(numbers, nodes, strict=True) if node[0] == 1),
        f"*MATERIAL, NAME={material}",
        "*DEPVAR",
        f"{exported.model.states + 2}",
        "*USER MATERIAL, CONSTANTS=2",
        constants,
        f"*SOLID SECTION, ELSET=ALL, MATERIAL={material}",
        "*BOUNDARY",
        "HELD, 1",
        *(["1, 2, 3", "4, 3"] if space else ["1, 2"]),
    ]
    known = exported.model.information.training_range
    stretch = PART * (1.0 if known is None else float(known.strain[0]))
    for goal in (f"{stretch:.6g}", "0."):
        lines += ["*STEP, INC=100", "*STATIC", "0.1, 1., 1e-6, 0.1", "*BOUNDARY", f"MOVED, 1, 1, {goal}"]
        lines += ["*NODE PRINT, NSET=ALL", "U", "*EL PRINT, ELSET=ALL", "S", "SDV", "*END STEP"]
    return "\n".join(lines) + "\n"
