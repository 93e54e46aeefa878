"""Code and command lines in README and docs run, links lead somewhere, and configurations are understood."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.cli.sections import gather, reference
from microtann.cli.simulated_job import changes_of
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.evaluation.structures import CASES
from microtann.job.job_tables import read_tables
from pages import COMMANDS, LANGUAGES, PAGES, ROOT, blocks, commands

PYTHON_PAGES = [page for page in PAGES if any(b.language == "python" and b.reason is None for b in blocks(page))]
COMMAND_LINES = sorted({(page, line) for page in PAGES for line in commands(page)})
CHEAP = {
    "docs/command-line.md": (
        "microtann --help",
        "microtann train --help",
        "microtann configuration",
        "microtann cell cube --units 2 --perturbation 0.2 --strain 11=0.6,-0.6,0 --output results/cell",
        "microtann data --config run.toml --set bar.hardening=0.05 --output results/square",
    ),
    "docs/lattices.md": (
        "microtann cell my_cell.toml --programme cycles.toml -o results/cycles",
        "microtann cell octet --path walk.csv -o results/walk",
    ),
    "docs/data-format.md": ("microtann data check bar.h5",),
    "docs/models.md": (
        "microtann models",
        "microtann models cube-4x4x4-perturbed",
        "microtann reduce square --units 2 --perturbation 0.2 --isvs 12 --output results/reduced",
    ),
    "docs/getting-started.md": ("microtann data --output results/data", "microtann report results"),
}
"""Command lines that are run; all others are read by the command line, with nothing behind it."""

PLACEHOLDERS = {"CELL": "cube", "FILE": "data.h5", "MODEL": "cube", "CASE": "lcT2", "FOLDER": "results"}


def run_python(page: str) -> dict[str, Any]:
    """Run the Python blocks of a page, one after the other in one namespace; return it."""
    namespace: dict[str, Any] = {"__name__": page}
    for block in blocks(page):
        if block.language == "python" and block.reason is None:
            padded = "\n" * (block.line - 1) + block.text  # so that an error names the line of the page
            exec(compile(padded, str(ROOT / page), "exec"), namespace)
    return namespace


@pytest.mark.parametrize("page", PYTHON_PAGES)
def test_the_python_code_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(run_python(page)) > 3


def test_every_block_has_a_language_and_only_reasons_keep_it_from_running() -> None:
    assert {"README.md", "docs/getting-started.md", "docs/lattices.md", "docs/data-format.md"} <= set(PYTHON_PAGES)
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        found = blocks(page)
        assert text.count("```") == 2 * len(found), f"{page}: a fence is open"
        assert text.count("<!-- not run:") == sum(block.reason is not None for block in found), page
        for block in found:
            assert block.language in LANGUAGES, f"{page}:{block.line}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.language == "toml" for b in blocks(page))])
def test_configurations_and_programmes_are_understood(page: str, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "toml" and block.reason is None:
            file = tmp_path / "block.toml"
            file.write_text(block.text, encoding="utf-8")
            if "mesh" in tomllib.loads(block.text):
                assert read_tables(file)
            elif "step" in tomllib.loads(block.text):
                assert mt.read_programme(file)
            elif "nodes" in tomllib.loads(block.text):
                strain = np.array([[0.5, 0.0, 0.2]])
                assert mt.solve_cell(mt.read_cell(file), mt.read_bar(file), strain).dissipation[0] > 0.0
            else:
                assert gather(file)


def understood(arguments: list[str]) -> dict[str, Any]:
    """Return what the command line makes of arguments, nothing being run."""
    read: dict[str, Any] = {}
    tree = typer.main.get_command(app)

    def silence(command: Any) -> None:
        for child in getattr(command, "commands", {}).values():
            child.callback = lambda **values: read.update(values)
            silence(child)

    silence(tree)
    tree.main(arguments, prog_name="microtann", standalone_mode=False)
    return read


@pytest.mark.parametrize(
    ("page", "line"), [pytest.param(page, line, id=f"{page}: {' '.join(line)}") for page, line in COMMAND_LINES]
)
def test_command_lines_are_understood(
    page: str, line: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, *arguments = line
    if program == "make":
        targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in arguments if "=" not in word} <= set(" ".join(targets).split())
    elif program == "python":
        python_is_understood(arguments)
    else:
        monkeypatch.chdir(tmp_path)
        options = [word for word in arguments if word.startswith("-")]
        words = [PLACEHOLDERS.get(word, word) for word in arguments]
        if not options and all(word.isalpha() and word.islower() for word in arguments):
            words.append("--help")  # a command that is named, without its arguments
        values = understood(words)
        assert "--help" in words or values
        if values.get("config"):
            values["config"].write_text("", encoding="utf-8")
        if any(str(values.get(name)).endswith(".toml") for name in ("case", "microstructure")):  # of a job
            changes_of(values["assignments"] or ())
            return
        cases = values.get("case") or values.get("structure") or ()
        gather(values.get("config"), values.get("assignments"))
        assert ({cases} if isinstance(cases, str) else set(cases)) <= set(CASES)
        if "--dns" in words:
            assert values["dns"] == words[words.index("--dns") + 1]
            assert 0.0 <= SimulationChoice(dns=values["dns"]).dns <= 1.0


def python_is_understood(arguments: list[str]) -> None:
    """Assert that a script, or a benchmark and its options, exist."""
    if arguments[:2] == ["-m", "benchmarks"]:
        name, *options = arguments[2:]
        source = (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
        assert all(f'"{option}"' in source for option in options if not re.fullmatch(r"[\d.]+", option))
    elif arguments[0] != "-m":
        assert (ROOT / arguments[0]).is_file()


@pytest.mark.parametrize(
    "arguments", [["cell", "--unit", "2"], ["simulate"], ["trian"], ["data", "--paths", "many"]], ids=" ".join
)
def test_wrong_command_lines_are_not_understood(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|missing|valid integer"):
        understood(arguments)


@pytest.mark.parametrize("page", CHEAP)
def test_cheap_command_lines_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, in a folder with the files that it speaks of."""
    monkeypatch.chdir(tmp_path)
    if page == "docs/data-format.md":
        run_python(page)
    mt.write_cell(tmp_path / "my_cell.toml", mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar())
    header = "e11,e22,e33,e23,e13,e12"
    np.savetxt(
        tmp_path / "walk.csv",
        np.linspace(0, 0.4, 5)[1:, None] * np.ones(6),
        delimiter=",",
        header=header,
        comments="",
    )
    for block in blocks(page):
        if block.language == "toml" and "nodes" not in tomllib.loads(block.text):
            name = "cycles.toml" if "[[step]]" in block.text else "run.toml"
            if not (tmp_path / name).exists():
                (tmp_path / name).write_text(block.text, encoding="utf-8")
    known = {" ".join(line) for line in commands(page)}
    for line in CHEAP[page]:
        assert line in known, f"{page} no longer has {line!r}"
        result = CliRunner().invoke(app, line.split()[1:])
        assert result.exit_code == 0, f"{line}: {result.output}"


def test_the_cell_file_of_the_page_is_the_one_among_the_examples() -> None:
    texts = [block.text for block in blocks("docs/lattices.md") if "periods" in block.text]
    assert texts == [(ROOT / "examples" / "triangular.toml").read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_reference_of_the_configuration_is_complete() -> None:
    assert f"```toml\n{reference()}```\n" in (ROOT / "docs/command-line.md").read_text(encoding="utf-8")


def test_the_search_for_commands_finds_them() -> None:
    assert {program for _, (program, *_) in COMMAND_LINES} == set(COMMANDS)
    assert len(COMMAND_LINES) > 30
