"""``microtann configuration``: every key of the configuration."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from microtann.cli.sections import reference
from microtann.tann.form import DEFAULT_FORM


def configuration(
    form: Annotated[str, typer.Option(help="Form of TANN whose keys [train] shows.")] = DEFAULT_FORM,
) -> None:
    """Print every key of the configuration with its default and meaning, as a TOML file to start from."""
    sys.stdout.write(reference(form))
