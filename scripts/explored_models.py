"""Write the page of every shipped model that people can touch, for the site of the documentation.

``make docs`` calls it: ``python scripts/explored_models.py build/explore --compiler SITE-PACKAGES``. Pages whose
model and package are as they were are left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/microtann"
SOURCES = {".py", ".c", ".h", ".mjs", ".html", ".css"}


def digest_of_package() -> str:
    """Return what changes with any source of the package."""
    found = hashlib.sha256()
    for path in sorted(path for path in PACKAGE.rglob("*") if path.suffix in SOURCES):
        found.update(path.read_bytes())
    return found.hexdigest()


def write(folder: Path) -> None:
    """Write the pages that are not those of the present package and models."""
    import microtann as mt

    folder.mkdir(parents=True, exist_ok=True)
    package = digest_of_package()
    for name in mt.shipped_models():
        model = (PACKAGE / "models" / f"{name}.safetensors").read_bytes()
        digest = hashlib.sha256(package.encode() + model).hexdigest()
        note = folder / f"{name}.sha256"
        if not (note.exists() and note.read_text(encoding="utf-8") == digest):
            page = mt.explore(name, folder / f"{name}.html")
            note.write_text(digest, encoding="utf-8")
            print(f"{page}: {page.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compiler", help="where the package ziglang is, if not in this environment")
    options = parser.parse_args()
    if options.compiler and find_spec("ziglang") is None:
        sys.path.append(options.compiler)
        paths = (options.compiler, os.environ.get("PYTHONPATH"))  # for the compiler's own process
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    write(options.folder)
