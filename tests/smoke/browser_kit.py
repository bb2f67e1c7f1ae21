# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium that is driven over pipes by its own protocol (--remote-debugging-pipe: one JSON document after another,
each ended by NUL): no package beside the browser is needed."""
import json
import os
import select
import shutil
import subprocess
import time

BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
# No sandbox: the user of a build is often root, and the page is our own.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--disable-quic",
         "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--remote-debugging-pipe")
WAIT_S = 60


class Browser:
    def __init__(self, home):
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()
        # The shell puts the pipes where the browser looks for them.
        self.child = subprocess.Popen(["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", BROWSER, *FLAGS,
                                       "--user-data-dir=" + os.path.join(home, "profile"), "about:blank"],
                                      pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      env=dict(os.environ, HOME=home))
        os.close(theirs_in)
        os.close(theirs_out)
        self.n, self.rest, self.said, self.session = 0, b"", [], None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.out)
        os.close(self.inp)

    def read(self, until):
        while b"\0" not in self.rest:
            if not select.select([self.inp], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError("the browser says nothing")
            got = os.read(self.inp, 1 << 16)
            if not got:
                raise AssertionError("the browser has ended")
            self.rest += got
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def send(self, method, **params):
        """One call; what the page says meanwhile is kept in said."""
        self.n += 1
        call = {"id": self.n, "method": method, "params": params}
        if self.session:
            call["sessionId"] = self.session
        os.write(self.out, json.dumps(call).encode() + b"\0")
        until = time.monotonic() + WAIT_S
        while True:
            got = self.read(until)
            if got.get("id") == self.n:
                if "error" in got:
                    raise AssertionError(f"{method}: {got['error']}")
                return got["result"]
            if got.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
                self.said.append(got["params"])

    def run(self, script):
        """The value of an expression in the page."""
        got = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise AssertionError(got["exceptionDetails"])
        return got["result"].get("value")

    def width(self, width, height=900):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def light(self, how):
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": how}])

    def open(self, url):
        self.send("Page.navigate", url=url)
