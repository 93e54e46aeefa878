"""Write the measured results and the picture of README.md from the results of the demo.

Run ``make demo`` first, then ``make readme``. Every number quoted there comes from results/demo.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from microtann.evaluation.measures import SPREAD
from microtann.report.number import format_number
from microtann.report.table import Column, Table
from microtann.reproduction import PUBLISHED
from microtann.system.atomic import write_atomically
from microtann.tann.shipped import model_card

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MODELS_START, MODELS_END = (
    "<!-- models: written by scripts/readme_results.py from the cards of the shipped models -->",
    "<!-- end of models -->",
)
PERTURBED = (
    "square-2x2-perturbed-variational-12",
    "square-6x6-perturbed-variational",
    "cube-2x2x2-perturbed-variational",
    "cube-4x4x4-perturbed-variational",
)
"""Shipped models of cells that independent mechanisms cannot hold."""
NETWORKS, IN_THE_PLANE = "cube-published", "square-2x2-published"
"""Shipped models with the networks of the paper, of three and of two dimensions."""
START, END = (
    "<!-- results: written by scripts/readme_results.py from the demo's numbers -->",
    "<!-- end of results -->",
)
PATHS = {
    "a": "random walks within ±0.7",
    "b": "uniaxial, growing cycles",
    "c": "b with growing shear",
    "d": "ten uniaxial cycles",
    "e": "shear to γ = 1.2",
    "f": "b in ten times smaller increments",
    "g": "random walks, large increments",
    "h": "random walks, 1000 small increments",
}


def results(demo: Path) -> str:
    """Return the results as Markdown."""
    evaluation = json.loads((demo / "evaluate" / "numbers.json").read_text(encoding="utf-8"))
    structure = json.loads((demo / "lcT2" / "numbers.json").read_text(encoding="utf-8"))
    paths, networks = evaluation["paths"], model_card(NETWORKS).errors
    errors = Table(
        "",
        (
            Column("relative RMS stress error in closed loop", kind="text"),
            Column("microtann", kind="error"),
            Column("the paper's networks, trained here", kind="error"),
            Column("authors' network", kind="error"),
        ),
        tuple(
            (f"{name}: {text}", paths[name]["stress"], networks[name]["stress"], PUBLISHED.stress[name])
            for name, text in PATHS.items()
        ),
    )
    violations = sum(path["violations"] for path in paths.values())
    increments = f"{violations} increments with negative dissipation on all paths"
    broken = sum(int(networks[name]["violations"]) for name in paths)  # type: ignore[call-overload]
    plane = [model_card(IN_THE_PLANE).errors[name]["stress"] for name in PATHS]
    drift = format_number(paths["z"]["drift"], "error")
    names = list(structure["network_errors"])
    torsion = Table(
        "",
        (
            Column("twisted prism (lcT2)", kind="text"),
            Column("FE × TANN"),
            Column("FE, exact cell"),
            Column("full lattice"),
            Column("network error", kind="error"),
            Column("homogenisation error", kind="error"),
        ),
        tuple(
            (
                name,
                *(
                    structure["runs"][analysis]["quantities"][name][-1]
                    for analysis in ("model", "exact", "lattice")
                ),
                structure["network_errors"][name],
                structure["homogenisation_errors"][name],
            )
            for name in names
        ),
    )
    return "\n".join(
        [
            "Measured by `make demo`: regular cube cell, model trained there from its seed, against the exact",
            "cell; beside it the shipped `cube-published`, which has the networks of the paper, and the authors'",
            "own network on the same paths.",
            "",
            errors.to_markdown(),
            "",
            "A regular cell is the case that play mechanisms can represent exactly, once training has found them.",
            f"There are {increments}; 100 zero increments move the stress by {drift}.",
            f"The paper's networks for two dimensions, `{IN_THE_PLANE}`, have errors of "
            f"{format_number(min(plane), 'error')} to {format_number(max(plane), 'error')} on these paths.",
            f"Free networks promise nothing: `cube-published` has {broken} such increments "
            "([the laws](docs/laws.md)).",
            f"On the same paths the authors' network drifts by {format_number(PUBLISHED.rest_drift, 'percent')}.",
            "",
            torsion.to_markdown(),
            "",
            f"Elements of {structure['mesh_size']:g}, lattice cells of {10 * structure['dns']:g} in a prism of "
            "10 × 10 × 20 twisted by 60° in one increment.",
            "Errors are relative to the value of the reference, which is the exact cell on the same mesh, or the",
            "full lattice; that of the dissipation to the larger of D and Ψ/100.",
            "The error of homogenisation is not the network's: it falls with the sizes of cells and mesh.",
        ]
    )


def models() -> str:
    """Return the errors of models of perturbed cells as Markdown, from their cards."""
    paths = "abcdefh"
    cards = [model_card(name) for name in PERTURBED]
    return (
        Table(
            "",
            (
                Column("stress error, perturbed cell", kind="text"),
                Column("bars"),
                Column("ISVs"),
                *(Column(name, kind="error") for name in paths),
                *(Column(f"r, {measure}", kind="error") for measure in SPREAD),
                Column("CPU s"),
            ),
            tuple(
                (
                    card.name.split("-perturbed")[0].replace("-", " "),
                    str(card.exact_states),
                    str(card.states),
                    *(card.errors[name]["stress"] for name in paths),
                    *(card.errors["r"]["directions"]["stress"][measure] for measure in SPREAD),
                    f"{card.data_seconds + card.training_seconds:.0f}",
                )
                for card in cards
            ),
        ).to_markdown()
        + "\n"
    )


def between(text: str, start: str, end: str, content: str) -> str:
    """Return a text with what stands between two marks replaced."""
    return f"{text.split(start)[0]}{start}\n{content}\n{end}{text.split(end)[1]}"


def main(demo: Path) -> None:
    """Write README.md and docs/images."""
    text = between(README.read_text(encoding="utf-8"), MODELS_START, MODELS_END, models())
    write_atomically(README, between(text, START, END, results(demo)))
    for source, target in (
        ("lcT2/displacement.png", "twisted-prism.png"),
        ("evaluate/stress-strain.png", "recall.png"),
    ):
        write_atomically(ROOT / "docs" / "images" / target, (demo / source).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/demo"))
