"""What an upstream does in HTTP itself, on the real server."""
import time

import pytest

from e2e.support.fake_upstream import Script
from e2e.support.server import Gatehouse

CONFIG = """
engine: {{enabled: false}}
firewall: {{enabled: false}}
server: {{max_body_bytes: 67108864}}
upstreams:
  - {{name: fake, kind: openai, base_url: "{url}", first_byte_timeout_ms: 40000}}
models:
  - {{name: m, targets: [{{upstream: fake, model: m}}]}}
  - {{name: two, targets: [{{upstream: fake, model: m}}, {{upstream: fake, model: n}}]}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, fake_session):
    server = Gatehouse(tmp_path_factory.mktemp("upstream_http") / "data", config=CONFIG.format(url=fake_session.base_url)).start()
    yield server
    server.stop()


def chat(text="hello", model="m"):
    return {"model": model, "messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize("status, ours, code", [(413, 413, "scripted"), (401, 502, "upstream_credentials"), (429, 429, "upstream_rate_limited"), (503, 503, "upstream_overloaded")])
def test_a_refusal_is_heard_before_the_whole_request_is_sent(server, fake, status, ours, code):
    fake.script = Script(status=status, early=True)
    begin = time.monotonic()
    got, _, answer = server.post("/v1/chat/completions", chat("a" * 40_000_000), timeout=60)
    assert (got, answer["error"]["code"]) == (ours, code)
    assert time.monotonic() - begin < 20
    fake.script = Script()
    assert server.post("/v1/chat/completions", chat())[0] == 200


def test_an_early_refusal_is_followed_by_the_next_target(server, fake):
    fake.queue = [Script(status=429, early=True)]
    assert server.post("/v1/chat/completions", chat("a" * 40_000_000, "two"), timeout=60)[0] == 200
    assert [seen.body["model"] for seen in fake.seen] == ["n"]


def test_upstreams_are_told_to_send_plain_bytes(server, fake):
    assert server.post("/v1/chat/completions", chat())[0] == 200
    assert fake.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("stream", [False, True])
def test_a_compressed_answer_is_no_answer(server, fake, stream):
    fake.queue = [Script(headers={"Content-Encoding": "gzip"})]
    got, _, answer = server.post("/v1/chat/completions", {**chat(model="m"), "stream": stream})
    assert (got, answer["error"]["code"]) == (502, "upstream_malformed")
    fake.queue = [Script(headers={"Content-Encoding": "gzip"})]
    assert server.post("/v1/chat/completions", {**chat(model="two"), "stream": stream})[0] == 200
