"""``microtann models``: the models that are part of the package, and the card of each."""

from __future__ import annotations

from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.report.model_card import card_errors_table, models_table, properties_table
from microtann.tann.shipped import model_card, shipped_models, short_names


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Model whose card is shown, with its form or not.")
    ] = None,
) -> None:
    """List the trained models that come with microtann, or show the card of one.

    The errors were measured in closed loop against the exact cell; the paths are those of microtann evaluate.
    """
    if name is None:
        tables = [models_table([model_card(known) for known in shipped_models()], short_names())]
    else:
        card = model_card(name)
        tables = [properties_table(card), card_errors_table(card)]
    for table in tables:
        console().print(table.to_terminal())
