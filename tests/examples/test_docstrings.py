"""The examples in docstrings of the package run and print what they say."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path

import pytest

import microtann as mt

FOLDER = Path(mt.__file__).parent
LONG_NUMBER = re.compile(r"\d\.\d{9,}|\d{10,}")


def examples(path: Path) -> list[doctest.DocTest]:
    """Return the examples of a module, one test per docstring.

    They are read from the source, since objects may be wrapped while the tests run. Each has a namespace of its
    own with nothing in it, as for a reader who copies it.
    """
    parser, found = doctest.DocTestParser(), []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text and ">>>" in text:
                name = getattr(node, "name", path.stem)
                found.append(parser.get_doctest(text, {}, name, str(path), node.body[0].lineno - 1))
    return found


MODULES = {path.relative_to(FOLDER).as_posix(): examples(path) for path in sorted(FOLDER.rglob("*.py"))}
TESTS = [pytest.param(test, id=f"{name}: {test.name}") for name, tests in MODULES.items() for test in tests]


@pytest.mark.parametrize("test", TESTS)
def test_the_example_of_a_docstring_runs(
    test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=output.append, clear_globs=False)
    assert result.attempted == len(test.examples) > 0
    assert result.failed == 0, "".join(output)


def test_expected_outputs_have_no_digits_that_depend_on_the_machine() -> None:
    for name, tests in MODULES.items():
        for test in tests:
            for example in test.examples:
                assert not LONG_NUMBER.search(example.want), f"{name}: {example.want}"


def test_all_examples_are_found() -> None:
    marks = sum(path.read_text(encoding="utf-8").count(">>> ") for path in FOLDER.rglob("*.py"))
    assert marks == sum(len(test.examples) for tests in MODULES.values() for test in tests) > 40
