"""The C99 source and header of a model: identity, constants, the increment of one point, many points."""

from __future__ import annotations

import re

import numpy as np

import microtann
from microtann.errors import InputError
from microtann.export.c_numbers import c_array, hexadecimal
from microtann.export.exported_model import INTERFACE, ExportedModel
from microtann.export.groups_source import CONES, LAWS
from microtann.export.kernel_text import KernelText, KernelWriter, template
from microtann.export.network_source import NETWORKS
from microtann.export.play_source import PLAY
from microtann.export.slips_source import CONVEX, SLIPS, VISCOUS

FLAGS = "-std=c99 -O3 -march=native -ffp-contract=fast"
"""What a compiler of the kind of gcc should be told; -ffast-math would lose the checks of what is no number."""
WRITERS: tuple[KernelWriter, ...] = (PLAY, SLIPS, VISCOUS, *CONVEX, CONES, LAWS, *NETWORKS)
"""All parts that are written in C."""


def kernel_text(exported: ExportedModel) -> KernelText:
    """Return the increment of one point of a model in C.

    Raises
    ------
    InputError
        If its parts are not written in C.
    """
    point = exported.model.point
    for writer in WRITERS:
        if writer.fits(point):
            return writer.write(point)
    raise InputError(
        f"a model with {type(point.energy).__name__} and {type(point.evolution).__name__} (form "
        f"{exported.model.form!r}) is not written in C: it runs in Python alone; the forms play, residual, "
        "published, classical and variational can be exported"
    )


def header_text(exported: ExportedModel, text: KernelText) -> str:
    """Return the header of a model."""
    names, units = ", ".join(exported.components), exported.model.information.units
    digest = exported.digest
    unit = ", ".join(
        f"{quantity} {units[quantity]}" for quantity in ("strain", "stress", "time") if quantity in units
    )
    about = [
        f"Exported by microtann {microtann.__version__}. Digest of the model: {digest}.",
        f"Strains and stresses in the order {names}; shear strains are engineering ones (gamma = 2 epsilon),",
        f"tension is positive. Units: {unit or 'those of the model'}.",
        f"Compile with {FLAGS}; never with -ffast-math.",
    ]
    constants = {
        "INTERFACE": INTERFACE,
        "COMPONENTS": exported.model.components,
        "STATES": exported.model.states,
        "TIMED": int(text.timed),
        "MODEL": _quoted(exported.name),
        "FORM": _quoted(exported.model.form),
        "VERSION": _quoted(microtann.__version__),
        "DIGEST": _quoted(digest),
        "ORDER": _quoted(names),
        "UNITS": _quoted(unit),
        "FLAGS": _quoted(FLAGS),
    }
    lines = [f"#define NAME_{name} {value}" for name, value in constants.items()]
    farthest = "HUGE_VAL" if np.isinf(exported.farthest) else repr(float(exported.farthest))
    lines += ["#ifndef NAME_FARTHEST", f"#define NAME_FARTHEST {farthest}", "#endif", ""]
    filled = {
        "TITLE": f"{_plain(exported.name)}: a material of form {exported.model.form}",
        "ABOUT": "\n".join(f"   {_plain(line)}" for line in about),
        "CONSTANTS": "\n".join(lines),
        "TIMED": ", positive" if text.timed else "; it changes nothing, but must not be negative",
    }
    return prefixed(re.sub(r"@([A-Z]+)@", lambda found: filled[found[1]], template("model.h")), exported.prefix)


def source_text(exported: ExportedModel, text: KernelText) -> str:
    """Return the source of a model, without head; it includes the header."""
    boxes = exported.boxes
    arrays = dict(text.arrays) | {
        "VIRGIN": exported.virgin,
        "RANGE_STRAIN": boxes["strain"],
        "RANGE_INCREMENT": boxes["increment"],
        "RANGE_MIDDLE": boxes["middle"],
        "RANGE_HALF": boxes["half"],
    }
    parts = [
        f"/* {_plain(exported.name)}, exported by microtann {microtann.__version__}; see NAME_.h */",
        "#ifdef __FAST_MATH__",
        "#error compile without -ffast-math: it loses the checks of what is no number",
        "#endif",
        '#include "NAME_.h"',
        template("needed.c"),
        f"const char NAME_description[] =\n{_long_string(exported.described_json())};\n",
        *(f"#define NAME_{name} {value}" for name, value in text.counts.items()),
        *(f"#define NAME_{name} {hexadecimal(value)}" for name, value in text.numbers.items()),
        *(
            f"static const int NAME_{name}[{len(values)}] = {{{', '.join(map(str, values))}}};\n"
            for name, values in text.tables.items()
        ),
        *(c_array(f"NAME_{name}", np.asarray(values, np.float64)) for name, values in arrays.items()),
        template("dot.c", *text.template, "points.c"),
    ]
    return prefixed("\n".join(parts), exported.prefix)


def prefixed(text: str, prefix: str) -> str:
    """Return a C text in which the prefix of a model stands in place of ``NAME``, in capitals before capitals."""
    text = text.replace('"NAME_.h"', f'"{prefix}.h"').replace("NAME_.h", f"{prefix}.h")
    text = re.sub(r"\bNAME_(?=[A-Z])", f"{prefix.upper()}_", text)
    return re.sub(r"\bNAME_", f"{prefix}_", text)


def _plain(text: str) -> str:
    """Return a text that ends no comment."""
    return text.encode("ascii", "replace").decode().replace("*/", "* /")


def _quoted(text: str) -> str:
    safe = text.encode("ascii", "replace").decode()
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def _long_string(text: str, width: int = 400) -> str:
    """Return a string of any length as pieces."""
    return "\n".join(_quoted(text[i : i + width]) for i in range(0, len(text), width))
