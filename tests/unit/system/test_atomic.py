"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from microtann.errors import StorageError
from microtann.system.atomic import atomic_path, remove_leftovers, write_atomically


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_new_files_have_the_permissions_of_the_umask(tmp_path: Path, umask: int) -> None:
    former = os.umask(umask)
    try:
        write_atomically(tmp_path / "a.txt", "text")
        with atomic_path(tmp_path / "b.txt") as partial:
            partial.write_text("text")
    finally:
        os.umask(former)
    for name in ("a.txt", "b.txt"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~umask


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "there" / "target.txt", tmp_path / "link.txt"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_folders_and_devices_are_not_replaced(tmp_path: Path) -> None:
    for place in (tmp_path, Path(os.devnull)):
        with pytest.raises(StorageError, match="no regular file"):
            write_atomically(place, "text")


def test_nothing_is_left_of_a_failure_and_leftovers_of_a_kill_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("old")

    def interrupted() -> None:
        with atomic_path(path) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["data.txt"]
    assert path.read_text() == "old"
    killed = atomic_path(path)
    killed.__enter__().write_text("half")  # a process that is killed never leaves the block
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path, "data.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["data.txt"]
