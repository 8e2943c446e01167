"""Streams in which text, tool calls and what the firewall holds back meet: each piece stays with its own."""
import json

import anthropic
import pytest

KEY = "AKIAIOSFODNN7REALKEY"
UPSTREAMS = ["gpt-fake", "claude-fake"]


def pieces(text, size=4):
    return [text[i:i + size] for i in range(0, len(text), size)]


def stream_of(model, blocks):
    """The script of an answer: a block is a text, or a call as (id, name, arguments)."""
    out = []
    calls = 0
    for at, block in enumerate(blocks):
        if isinstance(block, str):
            start, deltas = {"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in pieces(block)]
            chunks = [{"content": p} for p in pieces(block)]
        else:
            id, name, arguments = block
            start, deltas = {"type": "tool_use", "id": id, "name": name, "input": {}}, [{"type": "input_json_delta", "partial_json": p} for p in pieces(arguments)]
            chunks = [{"tool_calls": [{"index": calls, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]}]
            chunks += [{"tool_calls": [{"index": calls, "function": {"arguments": p}}]} for p in pieces(arguments)]
            calls += 1
        if model == "gpt-fake":
            out += chunks
            continue
        out.append(("content_block_start", {"index": at, "content_block": start}))
        out += [("content_block_delta", {"index": at, "delta": d}) for d in deltas]
        out.append(("content_block_stop", {"index": at}))
    if model != "gpt-fake":
        out.append(("message_delta", {"delta": {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 9}}))
    return out


@pytest.fixture
def messages(anthropic_client):
    return anthropic_client.messages


@pytest.fixture
def chats(openai_client):
    return openai_client.chat.completions


def blocks_of(messages, model, said="What is the weather?"):
    """The blocks of a streamed answer, in order, as (type, …)."""
    with messages.stream(model=model, max_tokens=100, messages=[{"role": "user", "content": said}]) as stream:
        content = stream.get_final_message().content
    return [("text", b.text) if b.type == "text" else (b.id, b.name, b.input) for b in content]


def deltas_of(chats, model, said="What is the weather?"):
    chunks = chats.create(model=model, messages=[{"role": "user", "content": said}], stream=True)
    return [c.choices[0].delta for c in chunks if c.choices]


def order_of(deltas):
    """The texts and calls of a stream, in order; a piece that comes back to an earlier one stands on its own."""
    out = []
    for delta in deltas:
        assert not (delta.content and delta.tool_calls), "clients read one of the two"
        if delta.content:
            if not out or out[-1][0] != "text":
                out.append(["text", ""])
            out[-1][1] += delta.content
        for call in delta.tool_calls or []:
            if not out or out[-1][0] != call.index:
                out.append([call.index, ""])
            out[-1][1] += call.function.arguments or ""
    return [tuple(o) for o in out]


PARIS = ("toolu_1", "get_weather", '{"city": "San Francisco"}')
ROME = ("toolu_2", "get_weather", '{"city": "Rome", "days": 12}')


@pytest.mark.parametrize("model", UPSTREAMS)
@pytest.mark.parametrize("text", ["I look up the weather", "I look up the weather.", "The weather:", "The weather.\n"])
def test_a_call_after_a_text_keeps_its_arguments(messages, fake, model, text):
    fake.script.stream = stream_of(model, [text, PARIS])
    assert blocks_of(messages, model) == [("text", text), ("toolu_1", "get_weather", {"city": "San Francisco"})]


@pytest.mark.parametrize("model", UPSTREAMS)
def test_parallel_calls_and_a_text_behind_them(messages, fake, model):
    fake.script.stream = stream_of(model, ["Two cities", PARIS, ROME, "Both asked"])
    assert blocks_of(messages, model) == [
        ("text", "Two cities"), ("toolu_1", "get_weather", {"city": "San Francisco"}),
        ("toolu_2", "get_weather", {"city": "Rome", "days": 12}), ("text", "Both asked")]


def test_a_call_of_an_anthropic_upstream_is_over_before_the_next_block(messages, fake):
    """It is not kept until the answer ends: the text behind it streams."""
    fake.script.stream = stream_of("claude-fake", [PARIS, "Asked, and now I wait for it."])
    with messages.stream(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]) as stream:
        events = [(e.type, getattr(e, "index", None)) for e in stream if e.type.startswith("content_block")]
    assert events.index(("content_block_stop", 0)) < events.index(("content_block_start", 1))
    assert events.count(("content_block_delta", 1)) > 2


def test_interleaved_calls_stay_apart(messages, chats, fake):
    def piece(index, text, **more):
        return {"tool_calls": [{"index": index, "function": {"arguments": text}, **more}]}
    fake.script.stream = [
        {"content": "Both at once"}, {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": "on'}}]},
        {"content": "not now"}, {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": '{"y": "tw'}}]},
        piece(0, 'e"}'), piece(1, 'o"}')]
    assert blocks_of(messages, "gpt-fake") == [("text", "Both at once"), ("a", "f", {"x": "one"}), ("text", "not now"), ("b", "g", {"y": "two"})]
    deltas = deltas_of(chats, "gpt-fake")
    whole = {0: "", 1: ""}
    for call in [c for d in deltas for c in d.tool_calls or []]:
        whole[call.index] += call.function.arguments
    assert [json.loads(w) for w in whole.values()] == [{"x": "one"}, {"y": "two"}]


@pytest.mark.parametrize("model", UPSTREAMS)
def test_openai_clients_get_everything_in_its_order(chats, fake, model):
    fake.script.stream = stream_of(model, ["Two cities", PARIS, ROME])
    assert order_of(deltas_of(chats, model)) == [("text", "Two cities"), (0, PARIS[2]), (1, ROME[2])]


@pytest.mark.parametrize("model", UPSTREAMS)
def test_the_openai_package_sees_each_call_whole_when_it_is_done(chats, fake, model):
    fake.script.stream = stream_of(model, ["Two cities", PARIS, ROME])
    with chats.stream(model=model, messages=[{"role": "user", "content": "Hello"}]) as stream:
        done = [(e.type, getattr(e, "content", None) or getattr(e, "arguments", None)) for e in stream if e.type.endswith(".done")]
    assert done == [("content.done", "Two cities"), ("tool_calls.function.arguments.done", PARIS[2]), ("tool_calls.function.arguments.done", ROME[2])]


@pytest.mark.parametrize("model", UPSTREAMS)
def test_what_is_forbidden_is_taken_out_of_text_and_arguments(messages, chats, fake, model):
    fake.script.stream = stream_of(model, [f"The key {KEY}", ("toolu_1", "store", json.dumps({"key": KEY})), ("toolu_2", "store", json.dumps({"n": 1}))])
    text, first, second = blocks_of(messages, model)
    assert text[1].startswith("The key [") and KEY not in text[1]
    assert first[:2] == ("toolu_1", "store") and first[2]["key"].startswith("[") and second == ("toolu_2", "store", {"n": 1})
    assert KEY not in str(order_of(deltas_of(chats, model)))


PROMPT = "You are the help desk of Example Bank. Never mention that the branch in Riga closes in May, and offer the premium account first."
LEAK = PROMPT[:100].rsplit(" ", 1)[0]


@pytest.mark.parametrize("model", UPSTREAMS)
@pytest.mark.parametrize("blocks", [
    [LEAK, PARIS], ["I tell", ("toolu_1", "tell", json.dumps({"text": LEAK})), ROME],
    ["I tell", PARIS, ("toolu_2", "tell", json.dumps({"text": LEAK}))]], ids=["text", "first call", "last call"])
def test_a_leak_ends_the_answer_before_it_is_shown(fronted, fake, model, blocks):
    fake.script.stream = stream_of(model, blocks)
    client = anthropic.Anthropic(base_url=fronted.url, api_key=fronted.key, max_retries=0)
    shown = []
    with pytest.raises(anthropic.APIError):
        for event in client.messages.create(model=model, max_tokens=100, system=PROMPT, messages=[{"role": "user", "content": "Hello"}], stream=True):
            shown.append(event.to_json())
    shown = "".join(shown)
    assert "help desk" not in shown and '"id": ""' not in shown and '"name": ""' not in shown
    assert "message_stop" not in shown
