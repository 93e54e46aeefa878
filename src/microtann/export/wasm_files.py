"""A model as a WebAssembly module with a face in JavaScript, for browsers and node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from microtann.errors import InputError
from microtann.export.c_files import with_head
from microtann.export.compilers import WEB, compile_source
from microtann.export.exported_model import ExportedModel
from microtann.export.kernel_text import template
from microtann.forms.laws.growing_flow import GrowingFlow
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.viscous_flow import ViscousFlow


def wasm_files(exported: ExportedModel) -> Mapping[str, str | bytes]:
    """Return module, face, and the source that the module was compiled of, by their name.

    Raises
    ------
    InputError
        If the model needs more than arithmetic and roots.
    MissingExtraError
        If there is no compiler for WebAssembly.
    """
    model = exported.model
    if isinstance(model.evolution, (GrowingFlow, ViscousFlow)) or isinstance(model.energy, ConvexEnergy):
        raise InputError(
            "resistances that grow, and convex energies, need powers and exponentials, which a WebAssembly module "
            "without a library has not: use C"
        )
    sources = with_head(exported, "wasm.c")
    with TemporaryDirectory() as folder:
        for name, text in sources.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        module = compile_source(Path(folder) / f"{exported.prefix}.c", WEB).read_bytes()
    filled = {
        "TITLE": exported.name.replace("*/", ""),
        "PREFIX": exported.prefix,
        "WASM": f"{exported.prefix}.wasm",
        "ORDER": ", ".join(exported.components),
        "EXAMPLE": ", ".join(["0.01", *["0"] * (exported.model.components - 1)]),
        "ABOUT": exported.described_json(),
    }
    face = re.sub(r"@([A-Z]+)@", lambda found: filled[found[1]], template("face.mjs"))
    return {f"{exported.prefix}.wasm": module, f"{exported.prefix}.mjs": face, **sources}
