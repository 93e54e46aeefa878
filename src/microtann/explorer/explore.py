"""A trained model as one self-contained page in which people strain it by hand."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np

from microtann.errors import InputError
from microtann.explorer.cell_picture import picture_of
from microtann.explorer.exact_twin import exact_twin
from microtann.explorer.one_page import one_page
from microtann.explorer.touched_material import touched_material
from microtann.export.exported_model import ExportedModel, prefix_of
from microtann.export.model_source import kernel_text
from microtann.export.wasm_files import wasm_files
from microtann.system.atomic import write_atomically
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN

MOST_SLIPS = 256
"""The exact cell stands beside a model if it has no more slips: its matrices grow with their square."""


def explore(
    model: TANN | str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    exact: bool = True,
) -> Path:
    """Write one HTML page that runs a trained model, and return its file.

    The page needs no server, no network and nothing beside it. Strains are set by sliders, on a pad or as
    programmes; components may be free of stress; stress, energy, dissipation, states and the decoded cell follow.

    Parameters
    ----------
    model : TANN, str or path
        A model, the name of a shipped one ("cube-2x2x2-perturbed@young=210e3,yield_strain=0.0015"), or a file.
    path : path, optional
        The file; by default the name of the model with ``.html`` in the present folder.
    exact : bool
        Whether the exact cell is in the page too, so that its answer can be shown beside that of the model. It is
        if the inelasticity of the cell are at most 256 slips, such as the bars of a lattice.

    Raises
    ------
    InputError
        If the model cannot become a WebAssembly module; the sentence says why.
    MissingExtraError
        If there is no compiler for WebAssembly.
    """
    name = model.form if isinstance(model, TANN) else _called(os.fspath(model))
    file = Path(path) if path is not None else Path(f"{prefix_of(name)}.html")
    if file.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"a page is a file that ends in .html, got {file}")
    text = page_text(model if isinstance(model, TANN) else load(model), name, exact)
    write_atomically(file, text)
    return file


def page_text(model: TANN, name: str, exact: bool = True) -> str:
    """Return the page of a model.

    Parameters
    ----------
    model : TANN
    name : str
        How the page calls it.
    exact : bool
        Whether the exact cell stands beside it where that is possible.
    """
    exported = ExportedModel(model, name, prefix_of(name))
    files = wasm_files(exported)
    told = {
        "model": touched_material(exported, kernel_text(exported).timed),
        "module": _base64(files[f"{exported.prefix}.wasm"]),
        "picture": picture_of(model),
        "exact": _exact_part(model) if exact else None,
    }
    return one_page(f"{name}: a material to touch", str(files[f"{exported.prefix}.mjs"]), told)


def _exact_part(model: TANN) -> dict[str, object] | None:
    """Return the module of the exact cell and what it decodes, or None where there is none to show."""
    known = model.microstructure
    problem = known.slip_problem() if known is not None and known.solvable else None
    if known is None or problem is None or problem.count > MOST_SLIPS:
        return None
    twin = exact_twin(known)
    if twin is None:
        return None
    exported = ExportedModel(twin, "exact cell", "exact_cell", farthest=float(np.inf))
    module = wasm_files(exported)["exact_cell.wasm"]
    return {"about": exported.described(), "module": _base64(module), "picture": picture_of(twin)}


def _called(model: str) -> str:
    """Return the name of a model from its file or the name of a shipped one, without the material behind it."""
    name = model if Path(model).exists() else model.partition("@")[0]
    return Path(name).name.removesuffix(".safetensors")


def _base64(module: str | bytes) -> str:
    return base64.b64encode(module.encode() if isinstance(module, str) else module).decode()
