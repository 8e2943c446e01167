"""docs/configuration-errors.md: every block of it, exactly."""
import os
import re
import subprocess

import pytest

from e2e.support.server import BINARY, ROOT

PAGE = (ROOT / "docs/configuration-errors.md").read_text()
ROWS = re.findall(r"^## ([^\n]+)\n\n```yaml\n(.*?)\n```\n\n```\n(.*?)\n```$", PAGE, re.M | re.S)


def test_the_page_has_all_its_rows():
    assert len(ROWS) == PAGE.count("\n## ") > 50


@pytest.mark.parametrize("yaml,errors", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_is_told_exactly(tmp_path, yaml, errors):
    (tmp_path / "gatehouse.yaml").write_text(yaml + "\n")
    env = {k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")} | {"UPSTREAM_KEY": "sk-upstream", "EMPTY": "", "NOT_A_KEY": "hello"}
    done = subprocess.run([str(BINARY), "check", "gatehouse.yaml"], cwd=tmp_path, capture_output=True, text=True, env=env, timeout=30)
    assert done.returncode == 1
    assert "\n".join(done.stderr.splitlines()[:-1]) == errors
