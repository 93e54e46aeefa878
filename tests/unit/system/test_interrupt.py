"""Ctrl-C at the command line: at any moment, never lost, no traceback."""

from __future__ import annotations

import _thread
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microtann.cli import data
from microtann.cli.main import app
from microtann.system.interrupt import INTERRUPTED, RESUME, asked, interruptible, stop_if_asked

COMMAND = [sys.executable, "-m", "microtann", "data", "-o", "d", "--paths", "100000"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at loaded libraries in /proc")
@pytest.mark.parametrize("library", ["numpy", "jaxlib", "h5py"])
def test_the_command_ends_with_a_sentence_while_it_loads(tmp_path: Path, library: str) -> None:
    program = subprocess.Popen(COMMAND, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while f"/{library}" not in Path(f"/proc/{program.pid}/maps").read_text() and program.poll() is None:
        time.sleep(0.005)
    program.send_signal(signal.SIGINT)
    message = program.communicate(timeout=60)[1]
    assert program.returncode == INTERRUPTED, message
    assert message.splitlines()[-1] == f"microtann: {RESUME}"
    assert "Traceback" not in message
    assert not (tmp_path / "d").exists()


class Swallows:
    """Its end swallows exceptions, as a callback of a library in C does."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass


def test_an_interrupt_that_is_swallowed_is_brought_up_again() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():  # noqa: PT012 - it is raised a little later
        Swallows()
        gc.collect()
        assert asked()
        for _ in range(1000):
            time.sleep(0.01)
    assert not asked()


def test_an_interrupt_that_left_no_trace_stops_at_the_next_check() -> None:
    def hide() -> None:
        try:
            _thread.interrupt_main()
            for _ in range(1000):
                pass
        except KeyboardInterrupt:
            pass  # as code in C may do

    with interruptible():
        stop_if_asked()
        hide()
        with pytest.raises(KeyboardInterrupt):
            stop_if_asked()


def test_an_interrupt_that_became_another_error_ends_as_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(*_: object, **__: object) -> None:
        try:
            _thread.interrupt_main()
            for _ in range(1000):
                pass
        except KeyboardInterrupt as error:
            raise RuntimeError("INTERNAL: CpuCallback error: KeyboardInterrupt") from error

    monkeypatch.setattr(data, "make_data", convert)
    result = CliRunner().invoke(app, ["data"])
    assert result.exit_code == INTERRUPTED
    assert result.stderr == f"microtann: {RESUME}\n"


def test_the_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from microtann.system.interrupt import interruptible\n"
        "with interruptible():\n"
        "    try:\n"
        "        print('working', flush=True)\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        print('cleaning', flush=True)\n"
        "        time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        for word in ("working", "cleaning"):
            assert program.stdout.readline().strip() == word
            program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=30)[1] == f"microtann: {RESUME}\n"
    assert program.returncode == INTERRUPTED


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before
