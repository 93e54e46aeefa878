"""A Chromium without a window that tests drive: pages, keys, pointers, pictures, and what the console said."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu-sandbox", "--use-angle=swiftshader", "--no-first-run"),
    *("--enable-unsafe-swiftshader", "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"),
)

AS_3_AND_4 = """
import fcntl, os, sys
high = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, old in zip((3, 4), high):
    os.dup2(old, number)
    os.close(old)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""A browser reads commands from descriptor 3 and answers to 4."""


def browser_here() -> str | None:
    """Return the command of a Chromium: that of the environment variable CHROMIUM, or one of the usual names."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class HeadlessPage:
    """One page of a browser, driven by its debugging protocol."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read, self._rest = write, read, b""
        self._number, self._session = 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._read, 1 << 20)
            if not part:
                raise RuntimeError("the browser ended")
            self._rest += part
        text, self._rest = self._rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to a command of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": arguments}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def size(self, width: int, height: int, ratio: float = 1.0, touch: bool = False) -> None:
        """Make the page so wide and high, in pixels of style sheets."""
        sizes = {"width": width, "height": height, "deviceScaleFactor": ratio}
        self.call("Emulation.setDeviceMetricsOverride", mobile=touch, **sizes)

    def prefers(self, **features: str) -> None:
        """Say what the person prefers, such as prefers_color_scheme="dark"."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=wanted)

    def open(self, address: str, ready: str = "document.readyState === 'complete'", seconds: float = 60.0) -> None:
        """Open a page and wait until an expression is true."""
        self.call("Page.navigate", url=address)
        self.wait(ready, seconds)

    def wait(self, expression: str, seconds: float = 60.0) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.value(f"Boolean({expression})"):
            assert time.monotonic() < end, (expression, self.complaints())
            time.sleep(0.05)

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def press(self, key: str, modifiers: int = 0) -> None:
        """Press a key and let it go."""
        code = KEYS.get(key, ord(key[0].upper()))
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def drag(self, *points: tuple[float, float]) -> None:
        """Press the pointer at the first point, move it along, and let go at the last."""
        told = {"button": "left", "buttons": 1, "clickCount": 1}
        x, y = points[0]
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **told)
        for x, y in points[1:]:
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, **told)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", clickCount=1)

    def picture(self, path: str | os.PathLike[str], whole: bool = False) -> None:
        """Write a picture of what is seen, or of the whole page."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, exceptions, and addresses outside of the page's own file."""
        self.value("0")  # what was said so far has come
        found = []
        for event in self.events:
            told = event.get("params", {})
            if event.get("method") == "Runtime.consoleAPICalled" and told["type"] in (
                "error",
                "warning",
                "assert",
            ):
                found.append(json.dumps(told["args"]))
            elif event.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(told["exceptionDetails"]))
            elif event.get("method") == "Log.entryAdded":
                entry = told["entry"]
                if entry["level"] in ("error", "warning") and "GPU stall" not in entry["text"]:  # of screenshots
                    found.append(entry["text"])
        return found

    def fetched(self) -> list[str]:
        """Return the addresses that were asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]


@contextmanager
def headless_page(browser: str) -> Iterator[HeadlessPage]:
    """Start a browser, yield a page of it, and end it."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [sys.executable, "-c", AS_3_AND_4, str(to_read), str(from_write)]
        process = subprocess.Popen(
            [*words, browser, *OPTIONS, f"--user-data-dir={folder}"],
            pass_fds=(to_read, from_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        try:
            yield HeadlessPage(to_write, from_read)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(to_write)
            os.close(from_read)
