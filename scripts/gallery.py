"""Run the examples and keep what the gallery of the site shows of them: pictures, and what they print.

``make gallery`` runs those whose source has changed since, ``python scripts/gallery.py NAME ...`` those that
are named. Pictures go to ``docs/gallery``, outputs to ``docs/gallery/outputs.json`` with the digest of the
source that gave them, so that the build of the site finds what is out of date.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES, PICTURES = ROOT / "examples", ROOT / "docs/gallery"
OUTPUTS = PICTURES / "outputs.json"


def sections() -> list[dict[str, object]]:
    """Return title, text and examples of every section of the gallery, in its order."""
    return tomllib.loads((EXAMPLES / "gallery.toml").read_text(encoding="utf-8"))["section"]


def listed() -> list[str]:
    """Return the names of all examples, in the order of the gallery."""
    return [name for section in sections() for name in section["examples"]]


def digest(name: str) -> str:
    """Return what changes with the source of an example."""
    return hashlib.sha256((EXAMPLES / f"{name}.py").read_bytes()).hexdigest()[:16]


def kept() -> dict[str, dict[str, str]]:
    """Return digest and output of every example that was run."""
    return json.loads(OUTPUTS.read_text(encoding="utf-8")) if OUTPUTS.exists() else {}


def stale() -> list[str]:
    """Return the names of examples whose picture or output is not that of their source."""
    outputs = kept()
    return [
        name
        for name in listed()
        if outputs.get(name, {}).get("source") != digest(name) or not (PICTURES / f"{name}.png").exists()
    ]


def run(name: str) -> bool:
    """Run an example and keep its picture and output; say if it failed."""
    start = time.perf_counter()
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), str(PICTURES / f"{name}.png")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=EXAMPLES, check=False)
    if done.returncode:
        print(f"{name} failed:\n{done.stderr}", file=sys.stderr)
        return False
    everything = kept() | {name: {"source": digest(name), "output": done.stdout}}
    ordered = {known: everything[known] for known in listed() if known in everything}
    OUTPUTS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{name}: {time.perf_counter() - start:.1f} s\n{done.stdout}", flush=True)
    return True


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    failed = [example for example in sys.argv[1:] or stale() if not run(example)]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
