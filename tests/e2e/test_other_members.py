"""What an upstream says beside what Gatehouse knows reaches a client of its dialect, also where the answer had to be written anew."""
import http.client
import json

import pytest

from e2e.support.fake_upstream import Script

KEY = "AKIAIOSFODNN7REALKEY"
HELLO = [{"role": "user", "content": "Hello there"}]
EDITS = f"The key is {KEY}, they say."
CACHE = {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 0}
USAGE = {"cache_creation": CACHE, "server_tool_use": {"web_search_requests": 2}, "service_tier": "priority", "inference_geo": "eu"}
EDIT = {"applied_edits": [{"type": "clear_tool_uses_20250919", "cleared_tool_uses": 8, "cleared_input_tokens": 50000}]}
BOX = {"id": "container_1", "expires_at": "2026-12-01T00:00:00Z"}
TOLD = {"container": BOX, "context_management": EDIT, "diagnosis": {"note": "all well", "runs": 2}}


def has(whole, part):
    return {name: whole.get(name) for name in part} == part


def events(server, path, body):
    """The JSON of each event of a stream."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", path, json.dumps({**body, "stream": True}), {"authorization": f"Bearer {server.key}", "content-type": "application/json"})
    text = connection.getresponse().read().decode()
    connection.close()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def message(server):
    return server.post("/v1/messages", {"model": "claude-fake", "max_tokens": 50, "messages": HELLO}, headers={"anthropic-version": "2023-06-01"})[2]


def test_a_message_that_was_edited_keeps_them(fronted, fake):
    for word in ("model_context_window_exceeded", "some_new_reason"):
        fake.script = Script(text=EDITS, root={**TOLD, "stop_reason": word}, usage_more=USAGE)
        answer = message(fronted)
        assert KEY not in json.dumps(answer)
        assert has(answer, TOLD) and has(answer["usage"], USAGE) and answer["stop_reason"] == word


@pytest.mark.parametrize("whole", [False, True], ids=["streamed", "whole"])
def test_a_message_in_events_keeps_them(fronted, fake, whole):
    word = "model_context_window_exceeded"
    ending = {"delta": {"stop_reason": word, "stop_sequence": None, "container": BOX}, "context_management": EDIT, "diagnosis": TOLD["diagnosis"]}
    fake.script = Script(text=EDITS, whole=whole, usage_more=USAGE, ending=ending, root={**TOLD, "stop_reason": word} if whole else {"diagnosis": {"note": "well begun"}})
    first, *_, end, stop = events(fronted, "/v1/messages", {"model": "claude-fake", "max_tokens": 50, "messages": HELLO})
    assert (first["type"], end["type"], stop["type"]) == ("message_start", "message_delta", "message_stop")
    assert has(first["message"]["usage"], USAGE)
    assert whole or first["message"]["diagnosis"] == {"note": "well begun"}
    assert has(end["delta"], {"stop_reason": word, "container": BOX}) and has(end, {"context_management": EDIT, "diagnosis": TOLD["diagnosis"]})


def test_a_secret_in_them_does_not_pass_and_the_rest_does(fronted, fake):
    told = {"diagnosis": {"note": f"the key is {KEY}", "runs": 2}, "other": "fine"}
    fake.script = Script(text="Hello.", root=told, ending={"diagnosis": told["diagnosis"]})
    for stream in (False, True):
        body = {"model": "claude-fake", "max_tokens": 50, "messages": HELLO}
        said = events(fronted, "/v1/messages", body) if stream else message(fronted)
        assert KEY not in json.dumps(said)
        for place in (said[0]["message"], said[-2]) if stream else (said,):
            assert place["diagnosis"]["runs"] == 2 and place["diagnosis"]["note"].startswith("the key is [")
    fake.script = Script(text=EDITS, root=told, message={"note": KEY}, choice={"more": KEY}, delta={"note": KEY})
    status, _, answer = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO})
    assert KEY not in json.dumps(answer) and answer["other"] == "fine" and answer["diagnosis"]["runs"] == 2
    assert KEY not in json.dumps(events(fronted, "/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO}))


OPENAI_USAGE = {"prompt_tokens": 11, "completion_tokens": 6, "total_tokens": 17, "cost": 0.25,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1}, "completion_tokens_details": {"reasoning_tokens": 2, "accepted_prediction_tokens": 3}}
ROOT = {"service_tier": "flex", "system_fingerprint": "fp_1", "provider": "Fake", "timing": {"queue": 0.5}}
CHOICE = {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}, "weight": 3}


def test_a_completion_that_was_edited_keeps_them(fronted, fake):
    fake.script = Script(text=EDITS, root=ROOT, usage=OPENAI_USAGE, choice={**CHOICE, "finish_reason": "model_length"}, message={"annotations": [{"type": "note", "text": "seen"}]})
    _, _, answer = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO})
    [choice] = answer["choices"]
    assert KEY not in json.dumps(answer)
    assert has(answer, ROOT) and answer["usage"] == OPENAI_USAGE and has(choice, CHOICE) and choice["finish_reason"] == "model_length"
    assert choice["message"]["annotations"] == [{"type": "note", "text": "seen"}]


@pytest.mark.parametrize("whole", [False, True], ids=["streamed", "whole"])
def test_chunks_that_were_edited_keep_them(fronted, fake, whole):
    more = {"message": {"step": {"of": 3}}} if whole else {"delta": {"step": {"of": 3}}}
    fake.script = Script(text=EDITS, chunk_size=4, whole=whole, root=ROOT, usage=OPENAI_USAGE, choice=CHOICE, **more)
    body = {"model": "gpt-fake", "messages": HELLO, "stream_options": {"include_usage": True}}
    *chunks, last = events(fronted, "/v1/chat/completions", body)
    assert KEY not in "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
    assert all(has(c, {"service_tier": "flex", "system_fingerprint": "fp_1"}) for c in chunks)
    assert any(has(c, ROOT) for c in chunks) and any(has(c["choices"][0], CHOICE) and c["choices"][0]["delta"].get("step") == {"of": 3} for c in chunks)
    assert last["usage"] == OPENAI_USAGE


def test_they_stay_with_their_dialect(fronted, fake):
    fake.script = Script(text="Hello.", root={**TOLD, "stop_reason": "some_new_reason"}, usage_more=USAGE)
    _, _, answer = fronted.post("/v1/chat/completions", {"model": "claude-fake", "messages": HELLO})
    assert answer["choices"][0]["finish_reason"] == "stop" and not {"container", "diagnosis"} & set(answer) and "service_tier" not in answer["usage"]
    fake.script = Script(text="Hello.", root=ROOT, choice=CHOICE)
    answer = fronted.post("/v1/messages", {"model": "gpt-fake", "max_tokens": 50, "messages": HELLO}, headers={"anthropic-version": "2023-06-01"})[2]
    assert not set(ROOT) & set(answer)


SIGNATURE = {"google": {"thought_signature": "Cs4BAXLI2nxb" * 8}}
CALL = {"id": "call_1", "name": "send", "arguments": json.dumps({"text": EDITS})}


def test_a_call_that_was_edited_keeps_its_signature(fronted, fake):
    """Gemini's servers of OpenAI's dialect refuse the next turn without it."""
    fake.script = Script(tool_calls=[{**CALL, "more": {"extra_content": SIGNATURE}}])
    body = {"model": "gpt-fake", "messages": HELLO}
    [call] = fronted.post("/v1/chat/completions", body)[2]["choices"][0]["message"]["tool_calls"]
    assert KEY not in json.dumps(call) and call["extra_content"] == SIGNATURE
    pieces = [piece for event in events(fronted, "/v1/chat/completions", body) for choice in event["choices"] for piece in choice["delta"].get("tool_calls", [])]
    assert KEY not in "".join(piece["function"]["arguments"] for piece in pieces)
    assert [piece["extra_content"] for piece in pieces if "extra_content" in piece] == [SIGNATURE]


def test_a_tool_use_that_was_edited_says_who_called(fronted, fake):
    caller = {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}
    fake.script = Script(tool_calls=[{**CALL, "more": {"caller": caller}}])
    [block] = message(fronted)["content"]
    assert KEY not in json.dumps(block) and block["caller"] == caller
    begun = [event["content_block"] for event in events(fronted, "/v1/messages", {"model": "claude-fake", "max_tokens": 50, "messages": HELLO}) if event["type"] == "content_block_start"]
    assert [block["caller"] for block in begun] == [caller]


def test_a_secret_in_a_call_does_not_pass(fronted, fake):
    fake.script = Script(tool_calls=[{**CALL, "more": {"note": f"the key is {KEY}", "other": "fine"}}])
    for path, body in (("/v1/chat/completions", {"model": "gpt-fake"}), ("/v1/messages", {"model": "claude-fake", "max_tokens": 50})):
        body["messages"] = HELLO
        _, _, answer = fronted.post(path, body, headers={"anthropic-version": "2023-06-01"})
        said = json.dumps([answer, *events(fronted, path, body)])
        assert KEY not in said and "the key is [" in said and said.count("fine") == 2
