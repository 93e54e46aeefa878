"""A page from its parts: modules of JavaScript become one script, and all that they need stands beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from importlib import resources

MODULES = (
    "address",
    "packed_arrays",
    "decoder",
    "linear_solve",
    "driver",
    "programmes",
    "path_table",
    "player",
    "look",
    "drawn_plot",
    "charts",
    "turning",
    "tubes",
    "cell_view",
    "cell_stage",
    "beside",
    "pad",
    "control_rows",
    "page",
)
"""Modules of the page, each behind those that it imports from."""
IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


def page_file(name: str) -> str:
    """Return the text of a file of the page."""
    return (resources.files("microtann.explorer") / "page" / name).read_text(encoding="utf-8")


def one_script(face: str) -> str:
    """Return the face of the exported module and the modules of the page as one module that imports nothing.

    Parameters
    ----------
    face : str
        The JavaScript that `microtann.export` writes beside a module.
    """
    texts = [face, *(page_file(f"{name}.mjs") for name in MODULES)]
    return "\n".join(EXPORT.sub("", IMPORT.sub("", text)) for text in texts)


def one_page(title: str, face: str, told: Mapping[str, object]) -> str:
    """Return a page that needs nothing else.

    Parameters
    ----------
    title : str
    face : str
    told : mapping
        What the script reads, as JSON.
    """
    inside = json.dumps(told, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    filled = {
        "TITLE": escape(title),
        "STYLE": page_file("page.css"),
        "TOLD": inside,
        "SCRIPT": one_script(face).replace("</script", "<\\/script"),
    }
    return re.sub(r"@([A-Z]+)@", lambda found: filled.get(found[1], found[0]), page_file("page.html"))
