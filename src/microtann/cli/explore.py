"""``microtann explore``: a trained model as a page that one can touch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.explorer.explore import explore as write_page


def explore(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Name of a shipped model, or a model file; in own units as "
            "MODEL@young=210e3,yield_strain=0.0015.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The page. [default: the model's name, .html]"),
    ] = None,
    exact: Annotated[
        bool, typer.Option(help="Put the exact cell beside the model, if it has at most 256 slips.")
    ] = True,
) -> None:
    """Write one HTML page that runs a trained model: strain it by hand and see its cell answer.

    Example: microtann explore cube-2x2x2-perturbed

    The page needs nothing else: no server, no network. It computes with the model itself, as WebAssembly, for
    which a compiler is needed here: pip install 'microtann[compile]' brings one.
    """
    page = write_page(model, output, exact)
    console().print(
        f"written: {page} ({page.stat().st_size / 1e6:.2g} MB); open it in a browser", markup=False, soft_wrap=True
    )
