"""Compiling a model's source to a shared library, with the compiler of the system or one from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from microtann.errors import InputError, MissingExtraError
from microtann.system.atomic import atomic_path

OPTIMISED = ("-O3", "-ffp-contract=fast")
NATIVE = "-march=native"
WEB = "wasm32-freestanding"
"""The system of WebAssembly modules that need nothing of their host."""
WEB_OPTIONS = (
    *("-nostdlib", "-mbulk-memory", "-msimd128"),
    *("-Wl,--no-entry", "-Wl,-z,stack-size=1048576"),
)
SUFFIXES = {"windows": ".dll", "macos": ".dylib", "wasm32": ".wasm"}
"""Suffix of a library by a word in the name of its system; .so elsewhere."""


def compile_source(
    source: str | os.PathLike[str],
    target: str | None = None,
    flags: Sequence[str] = (),
    library: str | os.PathLike[str] | None = None,
) -> Path:
    """Compile an exported source to a shared library and return its file.

    The compiler is the one that the environment variable CC names, else ``cc``, ``gcc`` or ``clang``, else that of
    the package ``ziglang``. For another system it is always the last, or clang for WebAssembly.

    Parameters
    ----------
    source : path
        The C file that `microtann.export.write` has written; its header is beside it.
    target : str, optional
        Another system, as zig calls it: "x86_64-windows", "aarch64-macos", "x86_64-linux-gnu.2.17". By default
        the library is for this machine, and for processors like its own.
    flags : sequence of str
        Further options of the compiler, behind the usual ones.
    library : path, optional
        What to write; by default lib<name> beside the source, with the suffix of the system.

    Raises
    ------
    InputError
        If the source is not there or does not compile.
    MissingExtraError
        If there is no compiler.
    """
    path = Path(source)
    if not path.is_file():
        raise InputError(f"there is no source {path}: write it with microtann.export.write")
    command = compiler(target)
    system = target or {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    suffix = next((suffix for word, suffix in SUFFIXES.items() if word in system), ".so")
    output = Path(library) if library is not None else path.with_name(f"lib{path.stem}{suffix}")
    options = ["-std=c99", *OPTIMISED, *kind_options(system, native=target is None), *flags]
    mathematics = [] if "windows" in system or system == WEB else ["-lm"]
    with TemporaryDirectory() as folder:  # where import libraries and tables of symbols are left
        compiled = Path(folder) / output.name
        run_compiler([*command, *options, str(path), "-o", str(compiled), *mathematics], path)
        with atomic_path(output) as unfinished:
            shutil.copy(compiled, unfinished)
    return output


def kind_options(system: str, native: bool) -> list[str]:
    """Return the options that make a library for a system, or for this very machine."""
    if system == WEB:
        return list(WEB_OPTIONS)
    position = [] if "windows" in system else ["-fPIC"]
    return [*([NATIVE] if native else []), *position, "-shared"]


def compiler(target: str | None = None) -> list[str]:
    """Return the words that call a compiler of C for a system, this one by default.

    Raises
    ------
    MissingExtraError
        If there is none.
    """
    if target is None:
        for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
            if name and shutil.which(name):
                return [name]
    if find_spec("ziglang") is None and target == WEB and shutil.which("clang") and shutil.which("wasm-ld"):
        return ["clang", "--target=wasm32"]
    if find_spec("ziglang") is None:
        wanted = f"for {target}" if target else "on this machine"
        raise MissingExtraError(
            f"there is no compiler of C {wanted}: pip install 'microtann[compile]' brings one (ziglang)"
        )
    return [sys.executable, "-m", "ziglang", "cc", *(["-target", target] if target else [])]


def run_compiler(command: Sequence[str], source: Path) -> None:
    """Run a compiler.

    Raises
    ------
    InputError
        If it fails; the message is its own.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = next((line for line in said if "error" in line), said[-1] if said else "it says nothing")
        raise InputError(f"{source} does not compile ({' '.join(command[:4])} ...): {reason.strip()[:300]}")
