"""The Node clients: openai, @anthropic-ai/sdk, Vercel's ai."""
import json
import os
import subprocess

from e2e.support.server import ROOT

NODE = ROOT / "build" / "node"


def run_node(demo, script):
    (NODE / script).write_text((ROOT / "tests" / "e2e" / "node" / script).read_text())
    done = subprocess.run(["node", script], cwd=NODE, capture_output=True, text=True, timeout=120, env={**os.environ, "GATEHOUSE_URL": demo.url, "GATEHOUSE_KEY": demo.key})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_openai_node(demo):
    out = run_node(demo, "openai.mjs")
    assert "Tokyo" in out["text"] and out["streamed"] == out["text"]
    assert out["usage"]["completion_tokens"] > 0
    assert out["dimensions"] == 384
    assert out["tool"]["name"] == "get_weather" and "city" in json.loads(out["tool"]["arguments"])
    assert out["error"] == {"status": 404, "param": "model", "code": "model_not_found"}
    assert out["pieces"] >= 3


def test_anthropic_node(demo):
    out = run_node(demo, "anthropic.mjs")
    assert "Tokyo" in out["text"] and out["streamed"] == out["text"]
    assert out["error"] == {"status": 404, "type": "not_found_error"}


def test_vercel_ai(demo):
    out = run_node(demo, "vercel_ai.mjs")
    assert "Tokyo" in out["text"] and out["streamed"] == out["text"]
    assert out["usage"]["outputTokens"] > 0 and out["dimensions"] == 384
