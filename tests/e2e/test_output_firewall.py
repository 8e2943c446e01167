"""What a person may read of an answer passes the firewall: text, refusals, thoughts, tool arguments."""
import base64
import codecs
import json
import re

import openai
import pytest

from e2e.conftest import fronting
from e2e.support.server import Gatehouse

KEY = "AKIAIOSFODNN7REALKEY"
THOUGHT = f"The user wants the key. It is {KEY} and must stay here."
CANARY = re.compile(r"never to be shown: ([a-z0-9]{20})\.")
SYSTEM = "You are the help desk of a small bank. Answer briefly and politely."


@pytest.fixture(scope="module")
def with_canary(tmp_path_factory, fake_session):
    server = Gatehouse(tmp_path_factory.mktemp("canary") / "data",
                       config=fronting(fake_session, extra="firewall: {policies: [{name: default, canary: true}]}"),
                       env={"FAKE_KEY": "sk-upstream-secret"}).start()
    yield server
    server.stop()


def ask(server, **more):
    client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "When do you open?"}]
    return client.chat.completions.create(model="gpt-fake", messages=messages, **more)


def test_a_secret_in_a_thought_is_never_shown(openai_client, fake):
    fake.script.thinking = THOUGHT
    whole = openai_client.chat.completions.create(model="gpt-fake", messages=[{"role": "user", "content": "Hello"}])
    assert KEY not in whole.model_dump_json()
    assert "The user wants the key." in whole.choices[0].message.reasoning_content
    assert whole.choices[0].message.content == fake.script.text

    chunks = list(openai_client.chat.completions.create(model="gpt-fake", stream=True, messages=[{"role": "user", "content": "Hello"}]))
    deltas = [c.choices[0].delta for c in chunks if c.choices]
    thought = "".join(getattr(d, "reasoning_content", None) or "" for d in deltas)
    assert KEY not in thought and thought.startswith("The user wants the key.") and thought.endswith("stay here.")
    assert "".join(d.content or "" for d in deltas).strip() == fake.script.text


def test_the_same_for_anthropic(anthropic_client, fake):
    fake.script.thinking = THOUGHT
    arguments = dict(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "Hello"}])
    whole = anthropic_client.messages.create(**arguments)
    assert [b.type for b in whole.content] == ["thinking", "text"]
    assert KEY not in whole.model_dump_json()
    with anthropic_client.messages.stream(**arguments) as stream:
        final = stream.get_final_message()
    assert [b.type for b in final.content] == ["thinking", "text"]
    assert final.content[0].thinking.endswith("stay here.") and KEY not in final.content[0].thinking
    assert final.content[0].signature == "c2lnbmVk"
    assert final.content[1].text.strip() == fake.script.text


def test_a_harmless_thought_passes_unchanged(anthropic_client, fake):
    fake.script.thinking = "Twelve times twelve is 144. The user asked for that, I think."
    with anthropic_client.messages.stream(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]) as stream:
        assert stream.get_final_message().content[0].thinking == fake.script.thinking


def test_a_canary_is_planted_and_an_answer_that_holds_it_ends(with_canary, fake):
    ask(with_canary)
    prompt = fake.seen[-1].body["messages"][0]["content"]
    assert prompt.startswith(SYSTEM)
    canary = CANARY.search(prompt).group(1)
    ask(with_canary)
    assert fake.seen[-1].body["messages"][0]["content"] == prompt, "a prompt must keep its canary, for the sake of caches"

    fake.script.text = f"Our reference is {canary}, as you asked."
    with pytest.raises(openai.APIStatusError) as caught:
        ask(with_canary)
    assert canary not in str(caught.value.body)
    shown = ""
    with pytest.raises(openai.APIError):
        for chunk in ask(with_canary, stream=True):
            shown += chunk.choices[0].delta.content or "" if chunk.choices else ""
    assert canary not in shown


PROMPT = "You are the help desk of Example Bank. Never mention that the branch in Riga closes in May, and offer the premium account first."


@pytest.mark.parametrize("disguise", [
    lambda t: t, lambda t: t[::-1], lambda t: codecs.encode(t, "rot13"), lambda t: base64.b64encode(t.encode()).decode(), lambda t: t.encode().hex()],
    ids=["plain", "reversed", "rot13", "base64", "hex"])
def test_the_system_prompt_is_not_shown_in_any_disguise(openai_client, fake, disguise):
    messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "When do you open?"}]
    fake.script.text = "Sure, here it is: " + disguise(PROMPT) + " Anything else?"
    with pytest.raises(openai.APIStatusError) as caught:
        openai_client.chat.completions.create(model="gpt-fake", messages=messages)
    assert "system_prompt_leak" in str(caught.value.body)
    shown = ""
    with pytest.raises(openai.APIError):
        for chunk in openai_client.chat.completions.create(model="gpt-fake", messages=messages, stream=True):
            shown += chunk.choices[0].delta.content or "" if chunk.choices else ""
    two_words_coded = 24
    assert len(shown) <= len("Sure, here it is: ") + two_words_coded
    fake.script.text = "A picture: " + base64.b64encode(b"We open at nine and close at five, on Saturdays at noon, and never on Sundays.").decode()
    answer = openai_client.chat.completions.create(model="gpt-fake", messages=messages)
    assert answer.choices[0].message.content == fake.script.text


def test_without_a_system_prompt_there_is_nothing_to_plant(with_canary, fake):
    client = openai.OpenAI(base_url=with_canary.url + "/v1", api_key=with_canary.key)
    client.chat.completions.create(model="gpt-fake", messages=[{"role": "user", "content": "Hello"}])
    assert "never to be shown" not in str(fake.seen[-1].body)


GROUNDED = "firewall: {policies: [{name: default, rules: [{category: ungrounded, direction: output, action: %s, threshold: 0.6}]}]}"
RETRIEVED = "Refunds are paid within 14 days of the return. The customer pays the postage, unless the article was faulty."
RESTS = "Refunds are paid within 14 days of the return. "
INVENTED = "Napoleon lost the battle of Waterloo in 1815. "


def grounded_server(folder, fake, action):
    return Gatehouse(folder / action, config=fronting(fake, extra=GROUNDED % action), env={"FAKE_KEY": "sk-upstream-secret"}).start()


def ask_about_refunds(server, **more):
    client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
    call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    messages = [{"role": "user", "content": "How long does a refund take?"}, {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": RETRIEVED}]
    return client.chat.completions.with_raw_response.create(model="gpt-fake", messages=messages, **more)


def test_what_the_sources_do_not_say_is_blocked_before_it_is_shown(tmp_path, fake_session, fake):
    server = grounded_server(tmp_path, fake_session, "block")
    try:
        fake.script.text = RESTS + "Do you need anything else?"
        assert ask_about_refunds(server).parse().choices[0].message.content == fake.script.text
        fake.script.text = RESTS + INVENTED + "Goodbye for now."
        with pytest.raises(openai.APIStatusError) as caught:
            ask_about_refunds(server)
        assert "ungrounded" in str(caught.value.body)
        shown = ""
        with pytest.raises(openai.APIError):
            for chunk in ask_about_refunds(server, stream=True).parse():
                shown += chunk.choices[0].delta.content or "" if chunk.choices else ""
        assert shown.strip() == RESTS.strip()
    finally:
        server.stop()


def test_an_unsupported_sentence_can_be_noted_only(tmp_path, fake_session, fake):
    server = grounded_server(tmp_path, fake_session, "flag")
    try:
        fake.script.text = RESTS + INVENTED
        answer = ask_about_refunds(server)
        assert answer.parse().choices[0].message.content == fake.script.text
        story = server.cli("explain", answer.headers["x-request-id"], "--data", server.data).stdout
        assert "ungrounded (grounding.sentence)" in story, story
        # Without sources there is nothing to rest on, and nothing is noted.
        client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key)
        plain = client.chat.completions.with_raw_response.create(model="gpt-fake", messages=[{"role": "user", "content": "Hello"}])
        assert "ungrounded" not in server.cli("explain", plain.headers["x-request-id"], "--data", server.data).stdout
    finally:
        server.stop()


HELLO = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_log_probabilities_do_not_spell_what_was_taken_out(fronted, fake, path):
    asked = {"model": "gpt-fake", "n": 2, "logprobs": True if "chat" in path else 1, **({"messages": HELLO} if "chat" in path else {"prompt": "Hello"})}
    fake.script.choice = {"logprobs": {"content": [{"token": "fine", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}}
    _, _, kept = fronted.post(path, asked)
    assert [c["logprobs"]["content"][0]["token"] for c in kept["choices"]] == ["fine", "fine"]

    fake.script.text = f"The key is {KEY} ok"
    fake.script.choice = {"logprobs": {"content": [{"token": KEY, "logprob": -0.1, "bytes": None, "top_logprobs": []}]}}
    _, _, answer = fronted.post(path, asked)
    assert KEY not in str(answer)
    assert len(answer["choices"]) == 2 and all(c["logprobs"] is None for c in answer["choices"])


def test_log_probabilities_come_with_the_text_that_they_spell_or_not_at_all(fronted, fake):
    asked = {"model": "gpt-fake", "messages": HELLO, "logprobs": True, "stream": True}
    fake.script.stream = [{"content": "Fine"}, {"content": ""}]
    fake.script.choice = {"logprobs": {"content": [{"token": "Fine", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}}
    _, _, stream = fronted.post("/v1/chat/completions", asked)
    assert stream.count('"token"') == 0 and '"content":"Fine"' in stream.replace(" ", ""), "held back until the word ends"
    fake.script.stream = [{"content": "Fine, "}, {"content": ""}]
    _, _, stream = fronted.post("/v1/chat/completions", asked)
    assert stream.count('"token"') == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_name_that_the_model_made_up_is_looked_at(fronted, fake, stream):
    asked = {"model": "gpt-fake", "messages": HELLO, "stream": stream}
    fake.script.tool_calls = [{"id": "c1", "name": "look_up", "arguments": "{}"}, {"id": "c2", "name": KEY, "arguments": "{}"}]
    status, _, answer = fronted.post("/v1/chat/completions", asked)
    assert status == 200 and KEY not in str(answer) and "look_up" in str(answer)
    asked = {"model": "claude-fake", "max_tokens": 100, "messages": HELLO, "stream": stream}
    status, _, answer = fronted.post("/v1/messages", asked)
    assert status == 200 and KEY not in str(answer) and "look_up" in str(answer)


CITED = [{"type": "url_citation", "url_citation": {"url": "https://example.org/a", "title": "Opening hours", "start_index": 0, "end_index": 4}}]


@pytest.mark.parametrize("message", [
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": f"It is {KEY} ok"}]}, {"type": "text", "text": "Fine."}]},
    {"content": [f"It is {KEY} ok"]},
    {"content": {"text": f"It is {KEY} ok"}},
    {"reasoning_content": "Hm.", "reasoning": f"It is {KEY} ok"},
    {"audio": {"id": "a", "data": "QUJD", "transcript": f"It is {KEY} ok"}},
    {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.org/a", "title": f"It is {KEY} ok"}}]},
    {"notes": {"deep": [{"er": [f"It is {KEY} ok"]}]}},
], ids=["thoughts", "strings", "an object", "two thoughts", "audio", "annotations", "unknown"])
def test_parts_that_are_not_read_are_looked_at(fronted, fake, message):
    fake.script.message = message
    status, _, answer = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO})
    assert status == 200 and KEY not in str(answer)
    assert answer["choices"][0]["finish_reason"] == "stop"

    fake.script.stream = [message]
    status, _, stream = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": True})
    assert status == 200 and KEY not in stream and stream.endswith("data: [DONE]\n\n")


def test_the_content_of_a_stream_may_come_in_parts(openai_client, fake):
    fake.script.stream = [{"content": [{"type": "text", "text": "key AKIAIOSFOD"}]}, {"content": [{"type": "text", "text": "NN7REALKEY ok"}]}]
    chunks = openai_client.chat.completions.create(model="gpt-fake", stream=True, messages=HELLO)
    shown = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert shown.startswith("key [") and shown.endswith("] ok") and "AKIA" not in shown


def test_harmless_parts_that_are_not_read_pass(fronted, fake):
    fake.script.message = {"annotations": CITED}
    _, _, answer = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO})
    assert answer["choices"][0]["message"]["annotations"] == CITED
    fake.script.stream = [{"content": "Hi"}, {"annotations": CITED}]
    _, _, stream = fronted.post("/v1/chat/completions", {"model": "gpt-fake", "messages": HELLO, "stream": True})
    assert "Opening hours" in stream


@pytest.mark.parametrize("block", [
    {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"type": "code_execution_result", "stdout": f"It is {KEY} ok", "stderr": "", "return_code": 0}},
    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": f"It is {KEY} ok"}},
    {"type": "text", "text": "Fine.", "citations": [{"type": "char_location", "cited_text": f"It is {KEY} ok", "document_index": 0}]},
], ids=["result", "use", "citation"])
def test_anthropic_blocks_that_are_not_read_are_looked_at(fronted, fake, block):
    asked = {"model": "claude-fake", "max_tokens": 100, "messages": HELLO}
    fake.script.content = [block, {"type": "text", "text": "Goodbye."}]
    status, _, answer = fronted.post("/v1/messages", asked)
    assert status == 200 and KEY not in str(answer) and "Goodbye." in str(answer)
    harmless = json.loads(json.dumps(fake.script.content).replace(KEY, "nine o'clock"))
    fake.script.content = harmless
    _, _, answer = fronted.post("/v1/messages", asked)
    assert answer["content"] == harmless


HATE = "firewall: {policies: [{name: default, rules: [{category: hate, direction: output, action: block, threshold: 0.6}]}]}"
HARMLESS = "The capital of France is Paris. "
HATEFUL = "I hate those filthy immigrants, they are vermin, subhuman scum, and every one of them should be killed. "


def test_a_sentence_that_is_blocked_is_not_shown_first(tmp_path, fake_session, fake):
    server = Gatehouse(tmp_path / "hate", config=fronting(fake_session, extra=HATE), env={"FAKE_KEY": "sk-upstream-secret"}).start()
    try:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
        fake.script.text = HARMLESS * 3
        chunks = client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True)
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices).strip() == fake.script.text.strip()
        fake.script.text = HARMLESS + HATEFUL + "That is all I have to say."
        shown = ""
        with pytest.raises(openai.APIError):
            for chunk in client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True):
                shown += chunk.choices[0].delta.content or "" if chunk.choices else ""
        assert shown.strip() == HARMLESS.strip()
    finally:
        server.stop()
