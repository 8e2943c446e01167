"""Every command of the documentation, run as it stands against a real server, document by document.

What a block may say about that is in support/documents.py. In each document the address of `make run` and the
key of its first start (`gh_…`) become those of the test's server; nothing else is changed.
"""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from e2e.support.documents import RUN, blocks, console, says
from e2e.support.server import BINARY, ROOT, Gatehouse

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "decisions" not in page.parts]
WITH_COMMANDS = [page for page in PAGES if any(block.language in RUN for block in blocks(page.read_text()))]


def name(page):
    return str(page.relative_to(ROOT))


class Reader:
    """Somebody who follows a document in one shell, with a server of `make run` beside it."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        (folder / "build/release").mkdir(parents=True)
        (folder / "build/release/gatehouse").symlink_to(BINARY)
        for each in ("gatehouse.example.yaml", "docs", "tests"):
            (folder / each).symlink_to(ROOT / each)
        self.server = Gatehouse(folder / "var").start()
        self.key = self.server.key
        self.shell = subprocess.Popen(["bash", "--norc"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                      env={k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")} | {"PATH": f"{folder}/build/release:{os.environ['PATH']}"})
        self.steps = 0

    def close(self):
        self.shell.stdin.close()
        self.shell.kill()
        self.shell.wait(10)
        self.server.stop()

    def here(self, text):
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self.server.port}").replace("gh_…", self.key)

    def run(self, commands):
        """Runs them in the shell; the exit status and what they print. The first that fails is the last."""
        self.steps += 1
        script, output = (self.folder / f".step-{self.steps}{end}" for end in (".sh", ".out"))
        script.write_text(self.here(commands) + "\n")
        self.shell.stdin.write(f"set -eo pipefail; trap 'echo ended $?' EXIT; . {script} >{output} 2>&1 </dev/null; set +eo pipefail; trap - EXIT; echo ended 0\n")
        self.shell.stdin.flush()
        ended = self.shell.stdout.readline().split()
        return int(ended[1]) if ended else -1, output.read_text(errors="replace")

    def python(self, code):
        done = subprocess.run([sys.executable, "-c", self.here(code)], cwd=self.folder, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def serve(self, command):
        """A server in place of the one that runs, as after Ctrl-C."""
        self.server.stop()
        words = re.sub(r"\s+#.*", "", command).split()
        assert words[0].endswith("gatehouse") and words[1] == "serve", command
        options = dict(zip(words[2::2], words[3::2]))
        next_server = Gatehouse(self.folder / options.get("--data", "var"), port=self.server.port)
        next_server.config_path = self.folder / options["--config"] if "--config" in options else None
        exported = self.run("env -0 | tr '\\0' '\\n'")[1]
        next_server.env = dict(line.split("=", 1) for line in exported.splitlines() if "=" in line)
        self.server = next_server.start()


@pytest.mark.timeout(600)  # the engine is slow beside other work
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=map(name, WITH_COMMANDS))
def test_every_command_works(page, tmp_path):
    reader = Reader(tmp_path / "reader")
    try:
        for block in blocks(page.read_text()):
            where = f"{name(page)}:{block.line}"
            if block.mark == "file":
                (reader.folder / block.argument).write_text(reader.here(block.text))
            elif block.mark == "background":
                reader.serve(block.text)
            elif block.mark == "dry run":
                for target in re.findall(r"^make ([a-z0-9][a-z0-9 -]*[a-z0-9])", block.text, re.M):
                    done = subprocess.run(["make", "-n", *target.split()], cwd=ROOT, capture_output=True, text=True, timeout=60)
                    assert done.returncode == 0, f"{where}: {done.stderr}"
            elif block.mark == "skip" or block.language not in RUN:
                continue
            elif block.language == "console":
                for command, shown in console(block.text):
                    status, printed = reader.run(command)
                    assert says([reader.here(line) for line in shown], printed), f"{where}: {command}\nprinted (status {status}):\n{printed}"
                    assert status == 0, f"{where}: {command}\nended with {status}:\n{printed}"
            else:
                status, printed = (reader.python if block.language == "python" else reader.run)(block.text)
                assert status == 0, f"{where} ended with {status}:\n{printed}"
    finally:
        reader.close()


@pytest.mark.parametrize("page", PAGES, ids=map(name, PAGES))
def test_no_command_hides_in_a_plain_block(page):
    for block in blocks(page.read_text()):
        if block.language == "":
            assert not re.match(r"(\$ )?((make|curl|gatehouse|build/release/gatehouse) |[A-Z_]+=\$\()", block.text), f"{name(page)}:{block.line}: say `sh` or `console`"


HELP = {}


def help_of(command):
    if command not in HELP:
        done = subprocess.run([str(BINARY), *command, "--help"], capture_output=True, text=True, timeout=30)
        HELP[command] = done.stdout if done.returncode == 0 else None
    return HELP[command]


@pytest.mark.parametrize("page", PAGES, ids=map(name, PAGES))
def test_commands_within_text_exist(page):
    for span in re.findall(r"`gatehouse ([a-z][^`\n]*)`", page.read_text()):
        if "|" in span:
            continue
        words = span.split()
        command = tuple(words[:2]) if len(words) > 1 and words[1].isalpha() and words[1].islower() and "Subcommands:" in help_of(tuple(words[:1])) else tuple(words[:1])
        assert help_of(command), f"`gatehouse {span}`: there is no such command"
        for flag in re.findall(r"--[a-z-]+", span):
            assert flag in help_of(command), f"`gatehouse {span}`: {flag} is unknown"


@pytest.mark.parametrize("page", PAGES, ids=map(name, PAGES))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{name(page)} links to {target}"


def test_the_readme_leads_to_every_page():
    """Within two steps: a page that nothing leads to is read by nobody."""
    seen, layer = set(), {ROOT / "README.md"}
    for _ in range(3):
        seen |= layer
        layer = {(page.parent / target).resolve() for page in layer if page.suffix == ".md" for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in target} - seen
    assert {name(page) for page in PAGES} <= {name(page) for page in seen if page.is_file() and page.is_relative_to(ROOT)}
