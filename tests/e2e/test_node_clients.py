"""The Node clients: openai, @anthropic-ai/sdk, Vercel's ai, promptfoo."""
import json
import os
import subprocess

import pytest

from e2e.support.server import ROOT

NODE = ROOT / "build" / "node"


def run_node(demo, script):
    (NODE / script).write_text((ROOT / "tests" / "e2e" / "node" / script).read_text())
    done = subprocess.run(["node", script], cwd=NODE, capture_output=True, text=True, timeout=120, env={**os.environ, "GATEHOUSE_URL": demo.url, "GATEHOUSE_KEY": demo.key})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_openai_node(demo):
    out = run_node(demo, "openai.mjs")
    assert "Paris" in out["text"] and out["streamed"] == out["text"]
    assert out["usage"]["completion_tokens"] > 0
    assert out["dimensions"] == 384
    assert out["tool"]["name"] == "get_weather" and "city" in json.loads(out["tool"]["arguments"])
    assert out["error"] == {"status": 404, "param": "model", "code": "model_not_found"}
    assert out["pieces"] >= 3


def test_anthropic_node(demo):
    out = run_node(demo, "anthropic.mjs")
    assert "Paris" in out["text"] and out["streamed"] == out["text"]
    assert out["error"] == {"status": 404, "type": "not_found_error"}


def test_vercel_ai(demo):
    out = run_node(demo, "vercel_ai.mjs")
    assert "Paris" in out["text"] and out["streamed"] == out["text"]
    assert out["usage"]["outputTokens"] > 0 and out["dimensions"] == 384


@pytest.mark.timeout(180)
def test_promptfoo(demo, tmp_path):
    config = {
        "description": "Gatehouse through promptfoo",
        "providers": [{"id": "openai:chat:smollm2", "config": {"apiBaseUrl": demo.url + "/v1", "apiKey": demo.key, "temperature": 0, "max_tokens": 32}}],
        "prompts": ["What is the capital of {{country}}?"],
        "tests": [{"vars": {"country": "France"}, "assert": [{"type": "contains", "value": "Paris"}]}],
    }
    (tmp_path / "promptfooconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [str(NODE / "node_modules" / ".bin" / "promptfoo"), "eval", "-c", "promptfooconfig.json", "--no-cache", "--no-write", "-o", "out.json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=170,
        env={**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "PROMPTFOO_CONFIG_DIR": str(tmp_path / "home")})
    assert done.returncode == 0, done.stdout + done.stderr
    stats = json.loads((tmp_path / "out.json").read_text())["results"]["stats"]
    assert stats["successes"] == 1 and stats["failures"] == 0 and stats["errors"] == 0
