"""Options that several sub-commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the results; it must be new, empty or ours.")
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="TOML file with the parameters; see `microtann configuration`."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Set one parameter; may be given several times."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results of another configuration.")]
