"""``microtann models``: the models that are part of the package, and the card of each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.cli.options import Overwrite
from microtann.errors import InputError
from microtann.microstructure.real_material import read_material
from microtann.report.model_card import card_errors_table, models_table, properties_table
from microtann.tann.shipped import load, model_card, shipped_models, short_names


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Model whose card is shown, with its form or not.")
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            metavar="young=E,yield_strain=K,length=L",
            help="Bars of a real material of the same ratio of hardening (hardening=H is compared with it), and "
            "what a length of 1 of the cell becomes.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Model file in these units, which any command takes for a model."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """List the trained models that come with microtann, or show the card of one, in units of a real material too.

    The errors were measured in closed loop against the exact cell; the paths are those of microtann evaluate.

    Example: microtann models cube --units young=210e3,yield_strain=0.0015,length=2 --output steel.safetensors
    """
    if units is None and output is not None:
        raise InputError("--output writes a model in other units: say them with --units")
    if name is None and units is not None:
        raise InputError("--units is of one model: name it")
    if name is None:
        tables = [models_table([model_card(known) for known in shipped_models()], short_names())]
    else:
        card = model_card(name)
        if units is not None:
            material = read_material(units, "--units")
            scaled = load(name).in_units(**asdict(material))
            card = card.in_units(material.young, material.yield_strain, material.length)
            if output is not None:
                if output.exists() and not overwrite:
                    raise InputError(f"{output} exists: name another file or add --overwrite")
                scaled.save(output)
        tables = [properties_table(card), card_errors_table(card)]
    for table in tables:
        console().print(table.to_terminal())
