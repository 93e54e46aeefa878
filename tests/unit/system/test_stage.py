"""Folders of results: whole or not there, and never mixed with somebody else's files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import microtann
from microtann.cli.named_model import model_digest
from microtann.errors import ConvergenceError, InputError
from microtann.system import code_digest
from microtann.system.stage import STAMP, Stage, file_digest, working_folder


def stage(output: Path, steps: int = 3) -> Stage:
    return Stage("train", output, {"train": {"steps": steps}}, {"data": "abc"})


def finish(output: Path, steps: int = 3, overwrite: bool = False) -> None:
    with working_folder(stage(output, steps), overwrite=overwrite) as folder:
        (folder / "result.txt").write_text(str(steps))


def test_a_finished_stage_is_known_by_its_configuration(tmp_path: Path) -> None:
    output = tmp_path / "train"
    assert not stage(output).finished
    finish(output)
    assert stage(output).finished
    assert not stage(output, 4).finished
    assert (output / "configuration.toml").read_text() == "[train]\nsteps = 3\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train"]
    assert "result.txt" in json.loads((output / STAMP).read_text())["files"]


def test_results_that_were_lost_are_made_again(tmp_path: Path) -> None:
    output = tmp_path / "train"
    finish(output)
    (output / "result.txt").unlink()
    (output / "report.html").write_text("gathered by the command report")
    assert not stage(output).finished
    finish(output, overwrite=True)
    assert stage(output).finished


def test_results_that_were_damaged_are_not_kept(tmp_path: Path) -> None:
    output = tmp_path / "train"
    finish(output)
    (output / "result.txt").write_text("changed")
    assert not stage(output).finished
    with pytest.raises(
        InputError, match=r"damaged results \(result\.txt is not as it was written\): add --overwrite"
    ):
        finish(output)
    finish(output, overwrite=True)
    assert (output / "result.txt").read_text() == "3"


def test_a_folder_among_the_results_is_damaged_with_its_files(tmp_path: Path) -> None:
    with working_folder(stage(tmp_path / "train")) as folder:
        (folder / "fields.bp").mkdir()
        (folder / "fields.bp" / "data.0").write_text("numbers")
    assert stage(tmp_path / "train").finished
    (tmp_path / "train" / "fields.bp" / "data.0").write_text("others")
    assert not stage(tmp_path / "train").finished


def test_a_damaged_stamp_is_no_stamp(tmp_path: Path) -> None:
    output = tmp_path / "train"
    finish(output)
    for text in ("{", "[]", '{"fingerprint": "a", "files": ["result.txt"]}'):
        (output / STAMP).write_text(text)
        assert not stage(output).finished


def test_a_second_command_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "train"
    code = (
        "import pathlib, sys\n"
        "from microtann.system.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(output)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(InputError, match=f"process {other.pid} is writing to .*train: wait"):
            finish(output)
        assert not output.exists()
        other.kill()
    finish(output)  # the lock of a process that was killed is free
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train"]


def test_a_place_that_cannot_be_written_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match=r"train cannot be made: .*: Permission denied"):
        working_folder(stage(tmp_path / "train")).__enter__()


def test_other_results_are_replaced_only_on_demand(tmp_path: Path) -> None:
    output = tmp_path / "train"
    finish(output)
    with pytest.raises(InputError, match="add --overwrite"):
        finish(output, 4)
    assert (output / "result.txt").read_text() == "3"
    finish(output, 4, overwrite=True)
    assert (output / "result.txt").read_text() == "4"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train"]


def test_foreign_files_are_never_touched(tmp_path: Path) -> None:
    output = tmp_path / "train"
    finish(output)
    (output / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"did not write there \(notes.txt\)"):
        finish(output, 4, overwrite=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        finish(tmp_path / "file")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_nothing_half_written_is_left(tmp_path: Path, error: type[BaseException]) -> None:
    output = tmp_path / "train"
    finish(output)

    def fail() -> None:
        with working_folder(stage(output, 4), overwrite=True) as folder:
            (folder / "result.txt").write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert (output / "result.txt").read_text() == "3"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError, ValueError, MemoryError, ConvergenceError])
def test_a_stage_that_can_go_on_keeps_its_work_when_interrupted(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    output = tmp_path / "data"

    def interrupt() -> None:
        with working_folder(stage(output), keep_unfinished=True) as folder:
            (folder / "shard").write_text("1")
            raise failure("of whatever kind")

    with pytest.raises(failure):
        interrupt()
    assert not output.exists()
    with working_folder(stage(output), keep_unfinished=True) as folder:
        assert (folder / "shard").read_text() == "1"
    assert (output / "shard").exists()


def test_a_digest_tells_files_apart(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).write_text(text)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b") != file_digest(tmp_path / "c")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        file_digest(tmp_path / "none")


def test_results_of_other_code_are_made_again_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "train"
    finish(output)
    monkeypatch.setattr("microtann.system.stage.code_digest", lambda: "other code")
    assert not stage(output).finished
    assert "made by other code of microtann" in stage(output).stale
    with pytest.raises(InputError, match="another configuration"):
        finish(output, 4)
    finish(output)
    assert f"{output} is made again: it was made by other code of microtann" in caplog.text
    assert stage(output).finished


def test_results_of_other_inputs_are_made_again_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    output = tmp_path / "train"
    finish(output)
    changed = replace(stage(output), inputs={"data": "abd"})
    assert not changed.finished
    with working_folder(changed) as folder:
        (folder / "result.txt").write_text("new")
    assert "is made again: the data that it was made from has changed" in caplog.text
    assert changed.finished


def test_the_digest_of_code_sees_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "a.py").write_text("a = 1")
    (tmp_path / "b.py").write_text("b = 1")
    monkeypatch.setattr(code_digest, "PACKAGE", tmp_path)
    whole, none = code_digest.code_digest.__wrapped__, []
    for file, text in ((None, ""), ("cli/a.py", "a = 2"), ("b.py", "b = 2"), ("cli/c.py", "")):
        if file:
            (tmp_path / file).write_text(text)
        none.append(whole())
    assert len(set(none)) == 4
    before = whole("cli")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "d.py").write_text("")
    assert whole("cli") == before != whole()


def test_a_shipped_model_is_known_by_its_contents() -> None:
    assert model_digest("cube") == file_digest(
        Path(microtann.__file__).parent / "models" / "cube-play.safetensors"
    )
