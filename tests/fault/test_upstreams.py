"""What a caller gets when the upstream stalls, is cut, talks garbage, is slow or refuses."""
import json
import time
import urllib.request

import pytest

from e2e.support.fake_upstream import Script

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def stream(server, body):
    """The data lines of a streamed answer, as they came."""
    request = urllib.request.Request(server.url + "/v1/chat/completions", data=json.dumps({**body, "stream": True}).encode(),
                                     headers={"content-type": "application/json", "authorization": f"Bearer {server.key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return [line[6:].strip().decode() for line in answer if line.startswith(b"data: ")]


def test_a_stall_before_the_head_times_out(server, fake):
    gatehouse = server()
    fake.script = Script(stall_before_head=30)
    begin = time.monotonic()
    status, _, body = gatehouse.post("/v1/chat/completions", CHAT)
    assert status == 504 and body["error"]["code"]
    assert 0.6 < time.monotonic() - begin < 3


@pytest.mark.parametrize("script", [
    Script(stall_after_chunks=3),
    Script(cut_after_chunks=3),
    Script(garbage="chunk"),
], ids=["stall", "cut", "garbage"])
def test_a_stream_that_breaks_ends_with_an_error_and_no_done(server, fake, script):
    gatehouse = server()
    fake.script = script
    lines = stream(gatehouse, CHAT)
    assert "[DONE]" not in lines
    assert "error" in json.loads(lines[-1])
    assert any(json.loads(line).get("choices") for line in lines[:-1])


@pytest.mark.parametrize("script, status", [
    (Script(cut_before_head=True), 502),
    (Script(garbage="head"), 502),
    (Script(garbage="body"), 502),
    (Script(status=500), 502),
    (Script(status=429, headers={"retry-after": "7"}), 429),
    (Script(status=400), 400),
], ids=["cut", "garbage head", "garbage body", "500", "429", "400"])
def test_a_failed_call_is_an_error_with_its_status(server, fake, script, status):
    gatehouse = server()
    fake.script = script
    got, headers, body = gatehouse.post("/v1/chat/completions", CHAT)
    assert got == status and body["error"]["message"]
    if status == 429:
        assert headers["retry-after"] == "7"


@pytest.mark.parametrize("script", [Script(status=503), Script(cut_before_head=True), Script(stall_before_head=30)], ids=["503", "cut", "stall"])
def test_the_chain_goes_on_to_the_next_target(server, fake, script):
    gatehouse = server(extra="")
    fake.queue = []
    status, _, body = gatehouse.post("/v1/chat/completions", {**CHAT, "model": "chain"})
    assert status == 200 and body["model"] == "second", "the dead upstream is skipped"
    lines = stream(gatehouse, {**CHAT, "model": "chain"})
    assert lines[-1] == "[DONE]"


def test_slow_bytes_arrive_whole(server, fake):
    gatehouse = server()
    fake.script = Script(byte_by_byte=True, text="every byte comes alone")
    lines = stream(gatehouse, CHAT)
    text = "".join(json.loads(line)["choices"][0]["delta"].get("content") or "" for line in lines[:-1] if json.loads(line)["choices"])
    assert text.strip() == "every byte comes alone" and lines[-1] == "[DONE]"


def test_an_upstream_that_lies_about_usage_is_charged_and_counted(server, fake):
    gatehouse = server()
    fake.script = Script(usage={"prompt_tokens": 10**6, "completion_tokens": 10**6, "total_tokens": 2 * 10**6})
    status, _, body = gatehouse.post("/v1/chat/completions", CHAT)
    assert status == 200 and body["usage"]["total_tokens"] == 2 * 10**6
