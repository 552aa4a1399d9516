"""A headless Chromium that is driven: over a pipe, in the words of its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/; messages are JSON with a zero byte behind each.
"""

import base64
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

from tests.chalicelib.http.test_finding_page import CHROMIUM

# Chromium reads from 3 and writes to 4: --remote-debugging-pipe.
_RUN = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
_SECONDS = 20


class Browser:
    """One page of a browser."""

    def __init__(self, reads, writes):
        self._reads, self._writes = reads, writes
        self._number, self._rest, self._session = 0, b"", None

    def opens(self, url, width, height=900):
        target = self.does("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.does("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
        self.does("Emulation.setDeviceMetricsOverride", **size)
        self.does("Page.navigate", url=url)

    def does(self, method, **parameters):
        """What the browser answers."""
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        asked = {"id": self._number, "method": method, "params": parameters, **session}
        os.write(self._writes, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]

    def says(self, script):
        """The value of an expression in the page."""
        told = self.does("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def waits_for(self, script):
        """Until an expression is true."""
        end = time.monotonic() + _SECONDS
        while not self.says(script):
            assert time.monotonic() < end, (script, self.says("document.body.innerText"))
            time.sleep(0.02)

    def clicks(self, words):
        """Click the button with these words where it stands, as a mouse would."""
        button = f"[...document.querySelectorAll('button')].find((each) => each.textContent === {words!r})"
        x, y, hit = self.says(
            f"(() => {{ const button = {button}, place = button.getBoundingClientRect(); "
            "const x = place.x + place.width / 2, y = place.y + place.height / 2; "
            "return [x, y, document.elementFromPoint(x, y) === button]; })()"
        )
        assert hit, f"something lies on {words}"
        for kind in ("mousePressed", "mouseReleased"):
            self.does("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self):
        """The page as a PNG."""
        return base64.b64decode(self.does("Page.captureScreenshot", format="png")["data"])

    def _next(self):
        while b"\0" not in self._rest:
            read = os.read(self._reads, 1 << 16)
            assert read, "the browser is gone"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser(folder):
    """`folder`: where it may keep what it keeps."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    chromium = CHROMIUM or "chromium"
    command = [sys.executable, "-c", _RUN, str(theirs_in), str(theirs_out), chromium, *options]
    process = subprocess.Popen(
        [*command, "--remote-debugging-pipe", "about:blank"],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(ours_in, ours_out)
    finally:
        process.kill()
        process.wait()
        os.close(ours_in)
        os.close(ours_out)
