"""What a request is charged when its upstream tells no usage, when it comes to nothing, and what keeps it within its bound."""
import http.client
import json
import subprocess
import threading
import time

import pytest

from e2e.conftest import fronting
from e2e.support.fake_upstream import Script
from e2e.support.server import BINARY, Gatehouse

TEXT = "A gateway sits between clients and model providers."
PROMPT = "Tell me about gateways. " * 20
PRICES = """
engine: {enabled: false}
prices:
  - {upstream: "*", model: "*", input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 10}
  - {upstream: fake-anthropic, model: "*", input_usd_per_million_tokens: 1, cached_input_usd_per_million_tokens: 0.1, cache_write_usd_per_million_tokens: 1.25, output_usd_per_million_tokens: 10}
"""
MODELS = """
  - name: two
    targets: [{upstream: hasty, model: first}, {upstream: fake, model: second}]
  - name: hasty
    targets: [{upstream: hasty, model: first}]
  - name: o3
    targets: [{upstream: fake, model: o3-mini}]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, fake_session):
    hasty = f"upstreams:\n  - {{name: hasty, kind: openai, base_url: '{fake_session.base_url}', first_byte_timeout_ms: 300, default_max_tokens: 700}}"
    config = fronting(fake_session, extra=PRICES, models=MODELS).replace("upstreams:", hasty, 1)
    server = Gatehouse(tmp_path_factory.mktemp("budgets") / "data", config=config, env={"FAKE_KEY": "sk-upstream-secret"}).start()
    server.cli("tenant", "create", "acme", "--usd-per-month", "100", "--data", server.data)
    server.free_key, server.key = server.key, server.cli("key", "create", "--tenant", "acme", "--data", server.data).stdout.strip()
    yield server
    server.stop()


def chat(model="gpt-fake", **more):
    return {"model": model, "messages": [{"role": "user", "content": PROMPT}], **more}


def record(server, request_id):
    """The audit record of a request, once it is written."""
    deadline = time.monotonic() + 10
    while True:
        done = subprocess.run([str(BINARY), "explain", request_id, "--json", "--data", str(server.data)], capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            return json.loads(done.stdout)["record"]
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.1)


def record_of_gone(server, stream):
    """The record of the request whose client left, and so never saw its id."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = [line for path in server.data.glob("audit/loop-*.log") for line in path.read_bytes().split(b"\n") if line.startswith(b"{")]
        found = [r for r in map(json.loads, lines) if r["outcome"] == "client_gone" and r.get("stream", False) == stream]
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError("no record of a request whose client left")


@pytest.mark.parametrize("path, model, more", [("/v1/chat/completions", "gpt-fake", {}), ("/v1/messages", "claude-fake", {"max_tokens": 50}), ("/v1/chat/completions", "claude-fake", {})])
def test_an_answer_without_usage_is_estimated_and_not_free(server, fake, path, model, more):
    fake.script = Script(text=TEXT, omit_usage=True)
    status, headers, body = server.post(path, chat(model, **more))
    assert status == 200, body
    told = body["usage"]
    assert (told.get("prompt_tokens", told.get("input_tokens")), told.get("completion_tokens", told.get("output_tokens"))) == (pytest.approx(len(PROMPT) / 4, abs=40), (len(TEXT) + 3) // 4)
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["estimated"] and usage["output_tokens"] == (len(TEXT) + 3) // 4
    assert usage["cost_nano_usd"] == usage["input_tokens"] * 1000 + usage["output_tokens"] * 10_000


def test_a_stream_answered_as_json_without_usage_is_estimated(server, fake):
    fake.script = Script(text=TEXT, omit_usage=True, whole=True)
    status, headers, body = server.post("/v1/chat/completions", chat(stream=True, stream_options={"include_usage": True}))
    assert status == 200 and '"completion_tokens":0' not in body
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["estimated"] and usage["output_tokens"] > 0 and usage["cost_nano_usd"] > 0


def test_embeddings_without_usage_are_estimated(server, fake):
    fake.script = Script(omit_usage=True)
    status, headers, body = server.post("/v1/embeddings", {"model": "gpt-fake", "input": TEXT})
    assert status == 200, body
    assert body["usage"]["prompt_tokens"] > len(TEXT) // 4
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["estimated"] and usage["cost_nano_usd"] == usage["input_tokens"] * 1000


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_before_the_answer_pays_the_bound(server, fake, stream):
    fake.script = Script(stall_before_head=30)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = json.dumps(chat(max_tokens=300, stream=stream))
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json", "authorization": f"Bearer {server.key}"})
    deadline = time.monotonic() + 5
    while not fake.seen:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    before = len(fake.seen)
    connection.sock.close()
    while fake.seen[before - 1].disconnected_at is None:
        assert time.monotonic() < deadline + 5
        time.sleep(0.01)
    usage = record_of_gone(server, stream)["usage"]
    assert usage["estimated"] and usage["output_tokens"] == 300 and usage["input_tokens"] >= len(body)
    assert usage["cost_nano_usd"] == usage["reserved_nano_usd"] > 0


@pytest.mark.parametrize("script", [Script(stall_before_head=5), Script(cut_before_head=True), Script(garbage="head"), Script(garbage="body")])
def test_an_answer_that_never_comes_is_charged_at_its_bound(server, fake, script):
    fake.script = script
    status, headers, _ = server.post("/v1/chat/completions", chat("hasty", max_tokens=300))
    assert status in (502, 504)
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["estimated"] and usage["cost_nano_usd"] == usage["reserved_nano_usd"] > 0


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_upstream_that_refuses_costs_nothing(server, fake, status):
    fake.script = Script(status=status)
    _, headers, _ = server.post("/v1/chat/completions", chat(max_tokens=300))
    usage = record(server, headers["x-request-id"])["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["cost_nano_usd"]) == (0, 0, 0) and usage["reserved_nano_usd"] > 0


def test_a_fallback_pays_for_the_call_that_came_to_nothing_too(server, fake):
    fake.queue = [Script(stall_before_head=5), Script(text=TEXT)]
    status, headers, body = server.post("/v1/chat/completions", chat("two", max_tokens=300))
    assert status == 200 and body["usage"]["completion_tokens"] == len(TEXT.split()), "the client is told of the answer alone"
    found = record(server, headers["x-request-id"])
    usage = found["usage"]
    assert usage["estimated"] and usage["output_tokens"] == 300 + len(TEXT.split())
    assert usage["cost_nano_usd"] < usage["reserved_nano_usd"], "each call was reserved, so that none passes the budget"
    assert [note["step"] for note in found["trail"] if note["step"] in ("reserve", "owe_at_most")] == ["reserve", "owe_at_most", "reserve"]


@pytest.mark.parametrize("path, model, name, body", [
    ("/v1/chat/completions", "gpt-fake", "max_tokens", {}), ("/v1/chat/completions", "gpt-fake", "max_tokens", {"max_tokens": None, "stream": True, "n": 2}),
    ("/v1/chat/completions", "o3", "max_completion_tokens", {}), ("/v1/completions", "gpt-fake", "max_tokens", {"prompt": "Hi", "messages": None})])
def test_under_a_budget_the_upstream_is_told_the_maximum_that_was_reserved(server, fake, path, model, name, body):
    sent = {k: v for k, v in chat(model, **body).items() if k != "messages" or v is not None}
    status, headers, answer = server.post(path, sent)
    assert fake.seen[-1].body[name] == 4096
    record(server, headers["x-request-id"])
    told = server.cli("explain", headers["x-request-id"], "--data", server.data).stdout
    assert "max tokens            4096 tokens (the default: a budget holds and the request sets none)" in told
    # Whoever sets one, or has no budget, is passed on as before.
    server.post(path, {**sent, "max_tokens": 9})
    assert fake.seen[-1].body.get("max_tokens", fake.seen[-1].body.get("max_completion_tokens")) == 9
    server.post(path, sent, key=server.free_key)
    assert not fake.seen[-1].body.get(name)


def test_a_fallback_is_told_the_maximum_of_its_own_upstream(server, fake):
    fake.queue = [Script(status=500), Script()]
    assert server.post("/v1/chat/completions", chat("two"))[0] == 200
    assert [seen.body["max_tokens"] for seen in fake.seen[-2:]] == [700, 4096]


def test_what_is_written_to_a_cache_has_its_price(server, fake):
    fake.script = Script(text=TEXT, usage={"prompt_tokens": 20, "completion_tokens": 7, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 4000})
    status, headers, body = server.post("/v1/messages", chat("claude-fake", max_tokens=50))
    assert status == 200, body
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["input_tokens"] == 4320 and usage["cost_nano_usd"] == 20 * 1000 + 300 * 100 + 4000 * 1250 + 7 * 10_000


def test_a_request_is_charged_at_the_price_of_its_reservation(server, fake):
    fake.script = Script(text=TEXT, stall_before_head=3)
    answers = []
    call = threading.Thread(target=lambda: answers.append(server.post("/v1/chat/completions", chat(max_tokens=300))))
    call.start()
    deadline = time.monotonic() + 10
    while not fake.seen:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    config = server.config_path.read_text()
    server.config_path.write_text(config.replace(PRICES, "engine: {enabled: false}"))
    try:
        server.cli("reload", "--data", server.data)
        assert not answers, "the prices went while the call ran"
        call.join()
    finally:
        server.config_path.write_text(config)
        server.cli("reload", "--data", server.data)
    status, headers, body = answers[0]
    assert status == 200, body
    usage = record(server, headers["x-request-id"])["usage"]
    assert usage["cost_nano_usd"] == usage["input_tokens"] * 1000 + usage["output_tokens"] * 10_000 > 0


def test_wrong_keys_do_not_fill_the_disk(tmp_path, fake_session):
    server = Gatehouse(tmp_path / "data", config=fronting(fake_session, extra="engine: {enabled: false}\nserver: {threads: 1}"), env={"FAKE_KEY": "sk"}).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(1000):
        connection.request("GET", "/v1/models", headers={"authorization": "Bearer gh_wrong"})
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (401, True)
    metrics = server.get("/metrics")[2]
    counted = [int(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.startswith("gatehouse_requests_total{") and "refused" in line]
    assert sum(counted) == 1000, "each of them is counted"
    assert server.stop() == 0
    records = [json.loads(line) for path in server.data.glob("audit/loop-*.log") for line in path.read_bytes().split(b"\n") if line.startswith(b"{")]
    assert len(records) <= 40
    assert sum(r.get("folded", 1) for r in records if r["status"] == 401) == 1000
    folded = records[-1]
    assert folded["client"] == "127.0.0.1" and folded["error"]["code"] == "authentication_failed" and str(folded["folded"]) in folded["error"]["reason"]
    assert f"stands for {folded['folded']} such requests" in server.cli("explain", folded["id"], "--data", server.data).stdout
    server.cli("audit", "verify", "--data", server.data)
