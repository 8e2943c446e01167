"""Peers that are Python packages: an environment of their own, and scripts in it that print JSON."""
import json
import pathlib
import subprocess
import sys


def python_with(folder: pathlib.Path, packages: list[str]) -> pathlib.Path:
    """The interpreter of an environment in `folder`; the first call installs the packages."""
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print("installing", " and ".join(packages), file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (folder / "ready").touch()
    return python


def run_script(python: pathlib.Path, script: str, *arguments, **options):
    """What the last line that the script prints says."""
    done = subprocess.run([python, "-c", script, *arguments], check=True, capture_output=True, text=True, **options)
    return json.loads(done.stdout.splitlines()[-1])
