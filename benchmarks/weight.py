"""What an installation weighs: the package and all that it needs, without extras and with the one for pictures.

``python -m benchmarks weight``. Sizes are those of the files that the installer lists, compiled files of Python
included, in gigabytes of 10⁹ bytes; of the package itself, which may be installed in place, those of its folder,
without what running it has compiled there.
"""

from __future__ import annotations

import argparse
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import microtann
from benchmarks.machine import table, write

SHOWN = 10


def main(arguments: list[str]) -> None:
    """Weigh what is installed."""
    argparse.ArgumentParser(prog="python -m benchmarks weight", description=__doc__).parse_args(arguments)
    core, pictures = needed(()), needed(("pictures",))
    weights = {name: weight(name) for name in pictures}
    total = sum(weights[name] for name in core)
    heaviest = sorted(core, key=weights.__getitem__, reverse=True)[:SHOWN]
    rows = [
        {"what": "microtann", "GB": total},
        {"what": "microtann[pictures]", "GB": sum(weights.values())},
        *({"what": name, "GB": weights[name]} for name in heaviest),
    ]
    rows = [{"what": row["what"], "GB": round(row["GB"] / 1e9, 3)} for row in rows]
    print(table(rows))
    write("weight", rows)


def needed(extras: tuple[str, ...], of: str = "microtann") -> set[str]:
    """Return the names of a distribution and of all that it needs, by what is installed.

    Parameters
    ----------
    extras : tuple of str
        Its extras that are asked for.
    of : str
        Its name.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(of), extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in metadata.requires(name) or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                below = canonicalize_name(requirement.name)
                waiting.extend((below, asked) for asked in ("", *requirement.extras))
    return {name for name, _ in seen}


def weight(name: str) -> int:
    """Return the bytes of the files of a distribution."""
    if name == "microtann":
        paths = [p for p in Path(microtann.__file__).parent.rglob("*") if p.parent.name != "__pycache__"]
    else:
        paths = [Path(str(file.locate())) for file in metadata.files(name) or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


if __name__ == "__main__":
    main([])
