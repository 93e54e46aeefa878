"""``microtann export``: a trained model in other codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import show_files
from microtann.errors import InputError
from microtann.export.compilers import compile_source
from microtann.export.export_targets import TARGETS
from microtann.export.exported_model import FARTHEST
from microtann.export.write_export import write
from microtann.export.written_digest import check_written
from microtann.tann.shipped import load


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a shipped model, or a model file.")],
    to: Annotated[str, typer.Option(help="For what: " + ", ".join(TARGETS) + ".")] = "c",
    order: Annotated[
        str | None, typer.Option(help="Order of the components in the host, where it can be chosen.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the files and of all symbols [default: that of the model].")
    ] = None,
    farthest: Annotated[
        float,
        typer.Option(help="Points that reach farther in the range of the training than this fail; inf: none do."),
    ] = FARTHEST,
    compile_it: Annotated[
        bool, typer.Option("--compile", help="Compile it too, with the system's compiler or that of ziglang.")
    ] = False,
    target: Annotated[
        str | None,
        typer.Option(help="System to compile for, as zig calls it, such as x86_64-windows [default: this one]."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(help="Say whether this exported file is of the model as it is now, and write nothing."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the files.")] = Path("exported"),
) -> None:
    """Write a trained model for another code: C, a UMAT, MFront's interface, WebAssembly or ONNX.

    Example: microtann export cube-2x2x2-perturbed --to c --compile

    The files hold the whole model and need nothing else. Each says which model it is: its digest changes with it.
    """
    if check is not None:
        check_written(load(model), check)
        typer.echo(f"{check} is of this model")
        return
    if target is not None and not compile_it:
        raise InputError("--target says for which system to compile: add --compile")
    files = write(model, output, to, order, name, farthest)
    if compile_it and to != "wasm":  # which is compiled already
        source = next((file for file in files if file.suffix == ".c"), None)
        if source is None:
            raise InputError(f"there is nothing to compile in what {to} takes: leave --compile out")
        files.append(compile_source(source, target))
    show_files(output, [file.name for file in files])
