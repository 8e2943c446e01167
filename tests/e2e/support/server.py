"""Starts the real gatehouse binary for a test and stops it again."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("GATEHOUSE_BINARY", ROOT / "build" / "release" / "gatehouse"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Gatehouse:
    """One server with its data folder. `config` is the text of a gatehouse.yaml, or None."""

    def __init__(self, data: pathlib.Path, config: str | None = None, env: dict | None = None, port: int | None = None, arguments: list | None = None):
        self.data, self.env, self.port = data, env or {}, port or free_port()
        self.log_path = data.parent / f"{data.name}.log"
        self.config_path = None
        self.arguments = arguments or []
        self.process = None
        self.key = None
        if config is not None:
            self.config_path = data.parent / f"{data.name}.yaml"
            self.config_path.write_text(config)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self):
        c = [str(BINARY), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        return c + (["--config", str(self.config_path)] if self.config_path else []) + self.arguments

    def start(self, timeout=60):
        self.log = open(self.log_path, "ab")
        begin = self.log.tell()
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log, env={**os.environ, **self.env}, start_new_session=True)
        deadline = time.monotonic() + timeout
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"gatehouse ended with {self.process.returncode}:\n{self.output()[-4000:]}")
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=1):
                    break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"gatehouse was not ready in {timeout} s:\n{self.output()[-4000:]}") from None
                time.sleep(0.02)
        found = re.search(r"\bgh_[A-Za-z0-9_]{16,}", self.log_path.read_bytes()[begin:].decode(errors="replace"))
        if found:
            self.key = found.group(0)
        return self

    def output(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, timeout=20):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"gatehouse did not stop in {timeout} s:\n{self.output()[-4000:]}") from None
        return self.process.returncode if self.process else None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def cli(self, *arguments, check=True, stdin=None):
        """Runs a command of the binary on this server's data folder."""
        done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=120, input=stdin, env={**os.environ, **self.env})
        if check and done.returncode != 0:
            raise RuntimeError(f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def post(self, path, body, key=None, headers=None, timeout=30):
        """A plain HTTP call: status, headers, parsed or raw body."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        h = {"content-type": "application/json", "authorization": f"Bearer {key or self.key}"}
        request = urllib.request.Request(self.url + path, data=data, headers={**h, **(headers or {})})
        return self._open(request, timeout)

    def get(self, path, key=None, headers=None, timeout=30):
        h = {"authorization": f"Bearer {key or self.key}"}
        return self._open(urllib.request.Request(self.url + path, headers={**h, **(headers or {})}), timeout)

    def _open(self, request, timeout):
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                status, headers, raw = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, raw = error.code, error.headers, error.read()
        try:
            return status, headers, json.loads(raw)
        except ValueError:
            return status, headers, raw.decode(errors="replace")
