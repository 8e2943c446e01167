"""Anthropic's own tools and citations pass the firewall in streams: what the gateway has no form for is neither lost nor unseen."""
import json

import pytest

KEY = "AKIAIOSFODNN7REALKEY"
SEALED = "RW5jcnlwdGVkIGNvbnRlbnQgb2YgYSBwYWdlLCB0byBiZSBnaXZlbiBiYWNrIGFzIGl0IGlzLg" * 2
RESULT = {"type": "web_search_result", "url": "https://example.org/tides", "title": "Tides at Brest", "encrypted_content": SEALED, "page_age": "2 days ago"}
CITED = {"type": "web_search_result_location", "url": "https://example.org/tides", "title": "Tides at Brest", "encrypted_index": SEALED,
         "cited_text": "High water is at 14:05."}


def block(at, start, *deltas):
    return [("content_block_start", {"index": at, "content_block": start}),
            *(("content_block_delta", {"index": at, "delta": d}) for d in deltas),
            ("content_block_stop", {"index": at})]


def answer(query="tides at Brest today", result=RESULT, cited=CITED):
    text = lambda said: [{"type": "text_delta", "text": said[i:i + 5]} for i in range(0, len(said), 5)]
    asked = json.dumps({"query": query})
    return [*block(0, {"type": "text", "text": ""}, *text("I'll look that up")),
            *block(1, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                   *({"type": "input_json_delta", "partial_json": asked[i:i + 6]} for i in range(0, len(asked), 6))),
            *block(2, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [result]}),
            *block(3, {"type": "text", "text": "", "citations": []}, *text("High water is at 14:05"), {"type": "citations_delta", "citation": cited}),
            *block(4, {"type": "text", "text": ""}, *text(", so come before two.")),
            ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None, "container": {"id": "c1", "expires_at": "2026-12-01T00:00:00Z"}},
                               "usage": {"output_tokens": 9, "server_tool_use": {"web_search_requests": 1}}})]


@pytest.fixture
def streamed(anthropic_client, fake):
    def ask(events):
        fake.script.stream = events
        with anthropic_client.messages.stream(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "When is high water at Brest?"}]) as stream:
            return stream.get_final_message()
    return ask


@pytest.fixture
def messages_raw(anthropic_client):
    """The bytes of a stream: SDKs trip over a block that was cut off."""
    def ask():
        asked = anthropic_client.messages.with_streaming_response.create(
            model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "When is high water?"}], stream=True)
        with asked as response:
            return "".join(response.iter_text())
    return ask


def test_a_search_and_its_citations_arrive_as_they_came(streamed):
    message = streamed(answer())
    said, use, result, cited, rest = message.content
    assert (said.type, said.text) == ("text", "I'll look that up")
    assert (use.type, use.id, use.name, use.input) == ("server_tool_use", "srvtoolu_1", "web_search", {"query": "tides at Brest today"})
    assert result.type == "web_search_tool_result" and result.tool_use_id == "srvtoolu_1"
    assert result.content[0].model_dump(exclude_none=True) == RESULT
    assert cited.text == "High water is at 14:05" and [c.model_dump(exclude_none=True) for c in cited.citations] == [CITED]
    assert rest.text == ", so come before two." and not rest.citations
    assert message.stop_reason == "end_turn"
    assert message.usage.server_tool_use.web_search_requests == 1


@pytest.mark.parametrize("where", ["query", "result", "citation"])
def test_a_secret_in_them_does_not_pass_and_the_rest_does(streamed, where):
    secret = f"It is {KEY} ok"
    events = {"query": lambda: answer(query=secret), "result": lambda: answer(result={**RESULT, "title": secret}),
              "citation": lambda: answer(cited={**CITED, "cited_text": secret})}[where]()
    message = streamed(events)
    whole = message.model_dump_json()
    assert KEY not in whole and "AKIAIOSF" not in whole
    assert [b.type for b in message.content] == ["text", "server_tool_use", "web_search_tool_result", "text", "text"]
    assert message.content[2].content[0].encrypted_content == SEALED


def test_a_citation_belongs_to_its_own_text_alone(streamed):
    """Documents that are cited without a search: the text before it stands beside it, nothing in between."""
    said = lambda text: {"type": "text_delta", "text": text}
    message = streamed([*block(0, {"type": "text", "text": ""}, said("As the table says, ")),
                        *block(1, {"type": "text", "text": "", "citations": []}, said("it is at two"), {"type": "citations_delta", "citation": CITED}),
                        *block(2, {"type": "text", "text": ""}, said(". Come early.")),
                        ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 9}})])
    assert [(b.text, len(b.citations or [])) for b in message.content] == [("As the table says, ", 0), ("it is at two", 1), (". Come early.", 0)]


def test_a_secret_as_a_name_does_not_pass_either(streamed, anthropic_client, fake):
    named = {**RESULT, KEY: 1}
    assert KEY not in streamed(answer(result=named)).model_dump_json()
    fake.script.content = [{"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [named]}, {"type": "text", "text": "Found."}]
    message = anthropic_client.messages.create(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "When is high water?"}])
    assert KEY not in message.model_dump_json() and message.content[1].text == "Found."


def test_an_input_that_was_cut_off_is_shown_as_far_as_it_came(messages_raw, fake):
    fake.script.stream = [*block(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "input_json_delta", "partial_json": '{"query": "tides at '}),
                          ("message_delta", {"delta": {"stop_reason": "max_tokens", "stop_sequence": None}, "usage": {"output_tokens": 9}})]
    assert r'{\"query\": \"tides at ' in messages_raw()


def test_openai_clients_get_the_text_alone(openai_client, fake):
    fake.script.stream = answer()
    chunks = openai_client.chat.completions.create(model="claude-fake", messages=[{"role": "user", "content": "When is high water at Brest?"}], stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "I'll look that upHigh water is at 14:05, so come before two."


@pytest.mark.parametrize("said", ["High water is at 14:05", f"It is {KEY} ok"], ids=["as it came", "edited"])
@pytest.mark.parametrize("streamed", [False, True], ids=["asked for", "where a stream was asked for"])
def test_a_whole_answer_keeps_them_even_if_its_text_is_edited(anthropic_client, fake, said, streamed):
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tides"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [RESULT]}
    fake.script.content = [{"type": "text", "text": "I'll look that up"}, use, found, {"type": "text", "text": said, "citations": [CITED]},
                           {"type": "text", "text": ", so come before two."}]
    fake.script.whole = streamed
    asked = {"model": "claude-fake", "max_tokens": 100, "messages": [{"role": "user", "content": "When is high water?"}]}
    if streamed:
        with anthropic_client.messages.stream(**asked) as stream:
            message = stream.get_final_message()
    else:
        message = anthropic_client.messages.create(**asked)
    assert KEY not in message.model_dump_json()
    first, query, got, cited, rest = message.content
    assert (first.text, rest.text) == ("I'll look that up", ", so come before two.")
    assert query.input == use["input"] and got.content[0].model_dump(exclude_none=True) == RESULT
    assert (cited.text == said) == (KEY not in said) and cited.text.startswith(said[:6])
    assert [c.model_dump(exclude_none=True) for c in cited.citations] == [CITED]
    assert message.stop_reason == "end_turn"
