"""``microtann compare``: a trained model in every host that is found, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console, show_section, show_unchanged
from microtann.cli.named_model import model_digest
from microtann.cli.options import Overwrite
from microtann.hosts.host_comparison import HOSTS, compare_hosts
from microtann.report.host_section import host_section, host_table
from microtann.report.page import write_report
from microtann.report.section import read_section, write_section
from microtann.system.atomic import write_atomically
from microtann.system.stage import Stage, working_folder, write_numbers


def compare(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a shipped model, or a model file.")],
    hosts: Annotated[str, typer.Option(help="Hosts, separated by commas.")] = ",".join(HOSTS),
    points: Annotated[int, typer.Option(min=1, help="Material points.")] = 500,
    increments: Annotated[int, typer.Option(min=1, help="Strain increments of every point.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="File for all numbers.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for a report. [default: none]")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Drive a model through the codes that run exported models, and compare them with Python.

    Example: microtann compare cube-residual --hosts c,umat,mfront,onnx --json hosts.json

    All hosts are given the same random strain increments and advance their own states. It prints the largest
    difference of stress, state, energy, dissipation and tangent, and the time of a point and increment.
    What is not installed is named, with the line that installs it.
    """
    chosen = [name.strip() for name in hosts.split(",") if name.strip()]
    sections = {"compare": {"hosts": chosen, "points": points, "increments": increments, "model": model}}
    stage = None if output is None else Stage("compare", output, sections, {"model": model_digest(model)})
    if stage is not None and output is not None and stage.finished and json_file is None:
        show_unchanged(output)
        show_section(output, read_section(output))
        return
    found = compare_hosts(model, chosen, points, increments)
    if json_file is not None:
        write_atomically(json_file, json.dumps(found.to_dict(), indent=1) + "\n")
    if stage is not None and output is not None:
        with working_folder(stage, overwrite=overwrite) as folder:
            write_numbers(folder, found.to_dict())
            section = write_section(folder, host_section(found))
            write_report(folder, section.title, [(folder, section)])
        show_section(output, section)
        return
    screen = console()
    screen.print(host_table(found).to_terminal())
    for name, reason in found.missing.items():
        screen.print(f"{name}: {reason}", markup=False, soft_wrap=True)
