"""``microtann job``: a job file to begin with, and what a job file says, without computing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.errors import InputError
from microtann.job.example import job_example, job_reference
from microtann.job.job_file import read_job
from microtann.job.shipped_jobs import job_path, shipped_jobs
from microtann.system.text_file import read_text


def job(
    file: Annotated[Path | None, typer.Argument(help="Job file (TOML), or the name of one that ships.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a complete job file and stop.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Print every table and key and stop.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the job files that ship and stop.")] = False,
    printed: Annotated[bool, typer.Option("--print", help="Print FILE, such as lcT2, and stop.")] = False,
) -> None:
    """Check the input file of a structure of your own, which `simulate` computes.

    It reads mesh, materials and loads, and says how large the structure is.
    """
    if example or keys:
        typer.echo(job_example() if example else job_reference(), nl=False)
        return
    if listed:
        for name, title in shipped_jobs().items():
            typer.echo(title if title.startswith(name) else f"{name}: {title}")
        return
    if file is None:
        raise InputError("name a job file; microtann job --example prints one to begin with")
    place = job_path(file)
    if printed:
        if not place.is_file():
            raise InputError(f"there is no file {place}")
        typer.echo(read_text(place), nl=False)
        return
    found, screen = read_job(place), console()
    mesh = found.mesh
    increments = sum(step.increments for step in found.steps)
    lines = (
        repr(mesh),
        f"materials: {found.model.material!r}",
        f"{mesh.points.size} unknowns, {mesh.weights.size} Gauss points",
        f"{len(found.steps)} steps, {increments} increments",
        f"microtann simulate {file} computes it" if place == file else f"microtann job {file} --print > FILE.toml",
    )
    for line in lines:
        screen.print(line, markup=False, soft_wrap=True)
