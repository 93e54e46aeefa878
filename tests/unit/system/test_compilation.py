"""Compilation that takes long is announced, with its time; a quick one, and that of others, is not."""

from __future__ import annotations

import logging
import re
import time
from types import SimpleNamespace

import pytest
from numba.core.event import Event, EventStatus

from microtann.system import compilation
from microtann.system.compilation import CompilationNotice


def kernel(module: str) -> SimpleNamespace:
    return SimpleNamespace(py_func=SimpleNamespace(__module__=module))


def compile_for(notice: CompilationNotice, module: str, seconds: float) -> None:
    """Do as numba does: a kernel, and within its compilation that of a kernel it calls."""
    outer, inner = (
        Event("numba:compile", EventStatus.START, {"dispatcher": kernel(name)})
        for name in (module, "microtann.slips.return_map_kernel")
    )
    notice.on_start(outer)
    notice.on_start(inner)
    notice.on_end(inner)
    time.sleep(seconds)
    notice.on_end(outer)


def test_only_long_compilations_of_the_package_are_announced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compilation, "DELAY", 0.2)
    notice = CompilationNotice()
    with caplog.at_level(logging.INFO, logger="microtann"):
        compile_for(notice, "microtann.fem.element_kernels", 0.0)
        compile_for(notice, "users.own_kernel", 0.6)
        assert caplog.messages == []
        compile_for(notice, "microtann.microstructure.bars.condensed.increment_kernel", 0.6)
        compile_for(notice, "microtann.microstructure.bars.condensed.newton_kernel", 0.7)
    first, *told = caplog.messages
    assert "compiling the cell solver" in first
    seconds = [float(re.fullmatch(r"compiled the cell solver: (.+) s, kept .*", line)[1]) for line in told]
    assert len(seconds) == 2
    assert sum(seconds) >= 1.2


def test_many_short_compilations_are_announced_together(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compilation, "DELAY", 0.5)
    notice = CompilationNotice()
    with caplog.at_level(logging.INFO, logger="microtann"):
        for _ in range(2):
            compile_for(notice, "microtann.fem.element_kernels", 0.3)
    assert any("compiled the finite elements" in line for line in caplog.messages)


def test_numba_tells_when_it_compiles_and_not_when_it_finds_compiled_code() -> None:
    """The events of numba that all this rests on."""
    import numba
    from numba.core.event import RecordingListener, register, unregister

    listener = RecordingListener()
    register("numba:compile", listener)
    try:
        double = numba.njit(lambda x: 2.0 * x)
        double(1.0)
        started = sum(event.is_start for _, event in listener.buffer)
        double(2.0)
        assert started == sum(event.is_start for _, event in listener.buffer) == 1
    finally:
        unregister("numba:compile", listener)
