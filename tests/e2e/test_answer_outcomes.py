"""How an answer turned out: it repeats itself, declines, or has not the form that was asked for."""
import json
import re
import time

import openai
import pytest

from e2e.conftest import fronting
from e2e.support.server import Gatehouse

HELLO = [{"role": "user", "content": "Hello"}]
LOOP = "Let me check that for you once more, please wait. "
REFUSAL = "I'm sorry, but I can't help with that."
SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": False}
FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}
BLOCKING = """firewall: {policies: [{name: default, rules: [
  {category: runaway, direction: output, action: block},
  {category: refusal, direction: output, action: block},
  {category: malformed, direction: output, action: block}]}]}"""


@pytest.fixture(scope="module")
def blocking(tmp_path_factory, fake_session):
    server = Gatehouse(tmp_path_factory.mktemp("outcomes") / "data", config=fronting(fake_session, extra=BLOCKING),
                       env={"FAKE_KEY": "sk-upstream-secret"}).start()
    yield server
    server.stop()


def bodies(stream, **more):
    """The same question in both dialects, with the path it goes to."""
    yield "/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": stream, **more}
    if "response_format" in more:
        more = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    yield "/v1/messages", {"model": "claude-fake", "max_tokens": 100, "messages": HELLO, "stream": stream, **more}


def story(server, headers):
    return server.cli("explain", headers["x-request-id"], "--data", server.data).stdout


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("text, category", [(LOOP * 60, "runaway"), (REFUSAL, "refusal")])
def test_it_is_told_and_nothing_is_changed(fronted, fake, stream, text, category):
    fake.script.text = text
    for path, body in bodies(stream):
        status, headers, answer = fronted.post(path, body)
        assert status == 200 and "blocked_by_policy" not in str(answer)
        assert f"{category} (" in story(fronted, headers), path
    fake.script.text = "You can't return shoes after 30 days. I'll be glad to help you exchange them."
    for path, body in bodies(stream):
        _, headers, _ = fronted.post(path, body)
        assert f"{category} (" not in story(fronted, headers)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_has_not_the_form_is_told(fronted, fake, stream):
    for text, told in [('{"age": 36}', False), ('{"age": "36"}', True), ("The age is 36.", True), (REFUSAL, False)]:
        fake.script.text = text
        for path, body in bodies(stream, response_format=FORMAT):
            status, headers, _ = fronted.post(path, body)
            assert status == 200
            assert ("malformed (" in story(fronted, headers)) == told, (path, text)


def test_json_is_all_that_json_object_asks_for(fronted, fake):
    for text, told in [('{"any": 1}', False), ("[1]", True), ("no", True)]:
        fake.script.text = text
        _, headers, _ = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "response_format": {"type": "json_object"}})
        assert ("malformed (" in story(fronted, headers)) == told, text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_was_cut_off_is_not_malformed(blocking, fake, stream):
    fake.script.text = '{"age": '
    fake.script.choice = {"finish_reason": "length"}
    status, _, answer = blocking.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": stream, "response_format": FORMAT})
    assert status == 200 and "blocked_by_policy" not in str(answer)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_arguments_of_a_strict_tool_are_held_against_its_schema(fronted, fake, stream):
    tool = {"type": "function", "function": {"name": "save", "strict": True, "parameters": SCHEMA}}
    for arguments, told in [('{"age": 36}', False), ('{"year": 36}', True)]:
        fake.script.tool_calls = [{"id": "c1", "name": "save", "arguments": arguments}]
        status, headers, _ = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": stream, "tools": [tool]})
        assert status == 200 and ("malformed (" in story(fronted, headers)) == told
        tools = [{"name": "save", "strict": True, "input_schema": SCHEMA}]
        status, headers, _ = fronted.post("/v1/messages", {"model": "claude-fake", "max_tokens": 100, "messages": HELLO, "stream": stream, "tools": tools})
        assert status == 200 and ("malformed (" in story(fronted, headers)) == told
        status, headers, _ = fronted.post("/v1/messages", {"model": "claude-fake", "max_tokens": 100, "messages": HELLO, "stream": stream, "tools": [{**tools[0], "strict": False}]})
        assert status == 200 and "malformed (" not in story(fronted, headers)


def test_each_choice_has_to_have_the_form(fronted, fake):
    fake.script.text = "The age is 36."
    _, headers, _ = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "n": 3, "response_format": FORMAT})
    assert "malformed (form.json) in 3 places" in story(fronted, headers)


def test_a_schema_that_cannot_be_checked_is_not_fetched_and_told(fronted, fake):
    fake.script.text = '{"age": 36}'
    seen = len(fake.seen)
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": f"{fake.base_url}/schema.json"}}}
    status, headers, _ = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "response_format": form})
    assert status == 200 and len(fake.seen) == seen + 1
    told = story(fronted, headers)
    assert "malformed (" not in told and re.search(r"detector skipped +form", told), told


def test_what_is_blocked_is_an_error_in_whole(blocking, fake):
    for text, more in [(LOOP * 60, {}), (REFUSAL, {}), ('{"age": "36"}', {"response_format": FORMAT})]:
        fake.script.text = text
        for path, body in bodies(False, **more):
            status, _, answer = blocking.post(path, body)
            assert status >= 400 and "Blocked by the firewall's policy" in str(answer), (path, text, answer)


def test_a_stream_that_repeats_itself_ends_at_once_and_its_upstream_with_it(blocking, fake):
    fake.script.text = LOOP * 20000
    fake.script.chunk_size = len(LOOP)
    fake.script.chunk_delay = 0.002
    for path, body in bodies(True):
        begin = time.monotonic()
        _, _, stream = blocking.post(path, body)
        assert time.monotonic() - begin < 20, "the upstream would take 40 seconds"
        assert "runaway" in stream and stream.count("Let me check") < 60
    deadline = time.monotonic() + 5
    while fake.seen[-1].disconnected_at is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert fake.seen[-1].disconnected_at is not None


def test_nothing_of_a_blocked_refusal_is_shown(blocking, fake):
    fake.script.text = REFUSAL
    for path, body in bodies(True):
        _, _, stream = blocking.post(path, body)
        assert "sorry" not in stream and "refusal" in stream
    fake.script.text = "Sure, I can help with that. " * 40
    for path, body in bodies(True):
        _, _, stream = blocking.post(path, {**body, "messages": [{"role": "user", "content": "Help me."}]})
        assert stream.count("Sure") >= 1


def test_a_malformed_stream_ends_in_an_error_instead_of_its_last_event(blocking, fake):
    fake.script.text = '{"age": "36"}'
    client = openai.OpenAI(base_url=blocking.url + "/v1", api_key=blocking.key, max_retries=0)
    shown, finished = "", False
    with pytest.raises(openai.APIError, match="malformed"):
        for chunk in client.chat.completions.create(model="gpt-fake", messages=HELLO, response_format=FORMAT, stream=True):
            for choice in chunk.choices:
                shown += choice.delta.content or ""
                finished = finished or choice.finish_reason is not None
    assert json.loads(shown) == {"age": "36"} and not finished


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_the_provider_calls_a_refusal_is_one(fronted, fake, stream):
    if stream:
        fake.script.stream = [{"refusal": "Not this."}]
    else:
        fake.script.message = {"content": None, "refusal": "Not this."}
    _, headers, _ = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": stream})
    assert "refusal (refusal.provider)" in story(fronted, headers)


def test_a_refusal_that_anthropic_says_by_its_stop_reason_is_one(fronted, fake):
    fake.script.stream = [("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
                          ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Let us"}}),
                          ("content_block_stop", {"index": 0}),
                          ("message_delta", {"delta": {"stop_reason": "refusal", "stop_sequence": None}, "usage": {"output_tokens": 3}})]
    _, headers, stream = fronted.post("/v1/messages", {"model": "claude-fake", "max_tokens": 100, "messages": HELLO, "stream": True})
    assert '"refusal"' in stream and "refusal (refusal.provider)" in story(fronted, headers)


def test_it_is_counted(fronted, fake):
    fake.script.text = REFUSAL
    fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO})
    assert 'category="refusal"' in fronted.get("/metrics")[2]
