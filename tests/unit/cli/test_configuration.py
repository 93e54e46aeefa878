"""Configuration: precedence, types, ranges, and sentences for what is wrong."""

from __future__ import annotations

import inspect
import pickle
import tomllib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from microtann.cli.microstructure import BarChoice, CellChoice
from microtann.cli.sections import reference
from microtann.data.walks import WalkPlan
from microtann.errors import ConfigurationError
from microtann.numbers.configuration import configuration, defaults, to_table
from microtann.numbers.settings import check_sections, collect_settings, fill, help_lines, parse_assignment
from microtann.system.toml import from_toml, to_toml


@configuration
class Choices:
    """Some choices.

    Notes
    -----
    They are made up.
    """

    steps: Annotated[int, Field(ge=1, le=10, description="How often.")] = 3
    other: int = 0
    rate: Annotated[float, Field(gt=0.0)] = 0.5
    law: Annotated[Literal["normal", "uniform"], Field(description="Which law.")] = "normal"
    loud: bool = False
    name: str = ""
    limit: float | tuple[float, ...] | None = None
    units: tuple[int, int] = (1, 2)


def settings(tmp_path: Path, text: str, *assignments: str, **options: object) -> list:
    file = tmp_path / "run.toml"
    file.write_text(text)
    return collect_settings(file, assignments, {key.replace("__", "."): value for key, value in options.items()})


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path, "[a]\nsteps = 4\nother = 5\nrate = 1\n", "a.other=6", a__rate=0.25, a__name=None)
    choices = fill(Choices, "a", found)
    assert (choices.steps, choices.other, choices.rate, choices.name) == (4, 6, 0.25, "")


def test_values_of_every_kind(tmp_path: Path) -> None:
    text = '[a]\nlaw = "uniform"\nloud = true\nlimit = [1, 2.5]\nunits = [3, 4]\n'
    choices = fill(Choices, "a", settings(tmp_path, text))
    assert (choices.law, choices.loud, choices.limit, choices.units) == ("uniform", True, (1.0, 2.5), (3, 4))
    assert fill(Choices, "a", settings(tmp_path, "[a]\nlimit = 2\n")).limit == 2.0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("stpes = 4", r"unknown key 'a.stpes' in .*run.toml: did you mean 'steps'\?"),
        ("steps = 0", "'a.steps' in .*run.toml must be at least 1, got 0"),
        ("steps = 11", "at most 10"),
        ("steps = 4.5", "must be an integer, got 4.5"),
        ("steps = true", "must be an integer, got True"),
        ("rate = 0.0", "larger than 0"),
        ("rate = nan", "finite"),
        ('rate = "fast"', "must be a number"),
        ('law = "gauss"', "must be one of 'normal', 'uniform', got 'gauss'"),
        ("loud = 1", "must be true or false"),
        ("name = 3", "must be a text"),
        ("units = [1, 2, 3]", "a list of 2 values"),
        ("units = [1]", r"must be a longer list, got \[1\]"),
        ("units = [1, 2.5]", "must be an integer, got 2.5 as value 2"),
        ('limit = [1, "a"]', "must be a number, got 'a' as value 2"),
        ("limit = inf", "must be finite, got inf"),
        ("rate = true", "must be a number, got True"),
        ("rate = 1e999", "must be finite"),
        ("steps.x = 1", "'a.steps' in .*run.toml must be an integer, got {'x': 1}"),
        ("other = 123456789012345678901234567890", "must be an integer of 64 bits, got one of 97"),
        (f"other = 1{400 * '0'}", "must be an integer of 64 bits, got one of 1329"),
        ("units = 1", "must be a list"),
        ('limit = "wide"', "must be a number"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, line: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        fill(Choices, "a", settings(tmp_path, f"[a]\n{line}\n"))


def test_an_error_of_the_dataclass_itself_names_the_section_and_the_file(tmp_path: Path) -> None:
    found = settings(tmp_path, "[walks]\nvalidation = 0.6\ntest = 0.6\n")
    with pytest.raises(ConfigurationError, match=r"\[walks\] from .*run.toml: validation and test take"):
        fill(WalkPlan, "walks", found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps = 3", "outside of a section"),
        ("[a\n", "not valid TOML: .* at line 1 col 2"),
        ("[a]\nx = 1\nx = 2\n", 'not valid TOML: Key "x" already exists'),
        ("[a]\nx = " + "[" * 5000 + "]" * 5000, "not valid TOML: .* nested"),
        ("[a]\nx = " + "9" * 5000, "not valid TOML"),
        ("[[a]]\nx = 1\n", r"\[\[a\]\] repeats a section"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        settings(tmp_path, text)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_bytes(b"\xef\xbb\xbf[a]\nsteps = 4\n")
    assert fill(Choices, "a", collect_settings(file)).steps == 4


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"steps": 0}, "Choices.steps must be at least 1, got 0"),
        ({"steps": "3"}, "Choices.steps must be an integer, got '3'"),
        ({"rate": float("inf")}, "Choices.rate must be finite, got inf"),
        ({"limit": (1.0, float("nan"))}, "Choices.limit must be finite, got nan as value 2"),
        ({"stpes": 3}, "unknown key 'stpes' of Choices: did you mean 'steps'? the keys are steps, other, "),
    ],
)
def test_values_from_python_are_checked_alike(values: dict, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Choices(**values)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_configuration_is_a_frozen_dataclass() -> None:
    choices = Choices(rate=1)
    assert isinstance(choices.rate, float)
    assert replace(choices, steps=4).steps == 4
    assert pickle.loads(pickle.dumps(choices)) == choices
    assert hash(choices) == hash(Choices(rate=1.0))
    with pytest.raises(FrozenInstanceError):
        choices.steps = 5
    with pytest.raises(ConfigurationError, match="at most 10"):
        replace(choices, steps=11)


def test_a_configuration_stands_in_for_the_defaults(tmp_path: Path) -> None:
    base = Choices(steps=7, law="uniform", limit=(1.0, 2.0))
    found = fill(Choices, "a", settings(tmp_path, "[a]\nsteps = 4\n"), base)
    assert (found.steps, found.law, found.limit) == (4, "uniform", (1.0, 2.0))


def test_a_missing_file_and_an_unknown_section(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        collect_settings(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match=r"unknown section \[wakls\].*did you mean 'walks'\?"):
        check_sections(settings(tmp_path, "[wakls]\npaths = 2\n"), ["cell", "walks"])


@pytest.mark.parametrize("text", ["steps=3", "a.steps", "a.b.c=3", ".x=1", "a.=1"])
def test_assignments_have_one_form(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"section\.key=value"):
        parse_assignment(text)


def test_an_assignment_is_toml_or_a_text() -> None:
    assert parse_assignment("a.b=[1, 2]").value == [1, 2]
    assert parse_assignment("a.b=normal").value == "normal"


@configuration
class MoreChoices(Choices):
    """More of them."""

    more: Annotated[int | None, Field(description="How much more.")] = None


def test_help_comes_from_the_descriptions_of_the_fields() -> None:
    lines = {"a.steps": "How often.", "a.law": 'Which law. One of "normal", "uniform".'}
    assert help_lines(Choices, "a") == lines
    assert help_lines(MoreChoices, "a") == lines | {"a.more": "How much more."}


def test_docstrings_have_the_parameters_that_a_class_itself_describes() -> None:
    assert inspect.getdoc(Choices) == (
        'Some choices.\n\nParameters\n----------\nsteps : int\n    How often.\nlaw : {"normal", "uniform"}\n'
        "    Which law.\n\nNotes\n-----\nThey are made up."
    )
    assert inspect.getdoc(MoreChoices) == (
        "More of them.\n\nParameters\n----------\nmore : int, optional\n    How much more."
    )


@pytest.mark.parametrize("kind", [CellChoice, BarChoice, WalkPlan])
def test_every_key_is_explained(kind: type) -> None:
    assert {f"s.{key}" for key in defaults(kind)} <= set(help_lines(kind, "s"))


def test_an_effective_configuration_gives_itself_back(tmp_path: Path) -> None:
    plan = WalkPlan(paths=7, limit=(0.5, 0.5, 1.0), law="uniform", seed=3)
    again = fill(WalkPlan, "walks", settings(tmp_path, to_toml({"walks": to_table(plan)})))
    assert again == plan


def test_comments_keep_the_file_readable() -> None:
    text = to_toml({"cell": to_table(CellChoice())}, help_lines(CellChoice, "cell"))
    assert "# Edge of the cell." in text
    assert tomllib.loads(text)["cell"] == to_table(CellChoice())


scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
tables = st.recursive(
    st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=4)), max_size=4),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(tables)
def test_what_is_written_is_read_back(table: dict) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_keys_without_a_default_are_shown_as_comments() -> None:
    """Every key of a form stands in the reference; what has no default is commented out under its meaning."""
    text = reference("published")
    lines = text.splitlines()
    for key in ("states", "encoder_widths", "energy_widths", "patience"):
        place = lines.index(f"# {key} =")
        assert lines[place - 1].startswith("# ")
    assert "states" not in from_toml(text)["train"]
