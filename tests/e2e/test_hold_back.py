"""What a stream holds back waits for the rest of it no longer than the policy lets it: then it is judged as it stands."""
import time

import openai
import pytest

from e2e.conftest import fronting
from e2e.support.server import Gatehouse

HELLO = [{"role": "user", "content": "Hello"}]
HATEFUL = "I hate those filthy immigrants, they are vermin, subhuman scum, and every one of them should be killed"
RULES = "[{category: hate, direction: output, action: block, threshold: 0.6}]"


@pytest.fixture(scope="module")
def client(tmp_path_factory, fake_session):
    policy = f"firewall: {{policies: [{{name: default, max_hold_back_ms: 200, rules: {RULES}}}]}}"
    server = Gatehouse(tmp_path_factory.mktemp("patient") / "data", config=fronting(fake_session, extra=policy), env={"FAKE_KEY": "sk-upstream-secret"}).start()
    yield openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
    server.stop()


def shown(client, model):
    """The texts of a stream, each with the second at which it came."""
    began = time.monotonic()
    for chunk in client.chat.completions.create(model=model, messages=HELLO, stream=True):
        if chunk.choices and chunk.choices[0].delta.content:
            yield time.monotonic() - began, chunk.choices[0].delta.content


@pytest.mark.parametrize("model", ["gpt-fake", "claude-fake"])
def test_a_sentence_that_waits_too_long_is_shown(client, fake, model):
    fake.script.chunks = ["It is for", "ty-two, I thi", "nk."]
    fake.script.chunk_delay = 0.8
    pieces = list(shown(client, model))
    assert [text for _, text in pieces] == fake.script.chunks, "a sentence would wait for its end"
    assert pieces[-1][0] - pieces[0][0] > 1, pieces


def test_a_secret_that_comes_in_time_is_not_shown(client, fake):
    fake.script.chunks = ["The key is AKIAIOS", "FODNN7REAL", "KEY. Bye."]
    fake.script.chunk_delay = 0.05
    text = "".join(text for _, text in shown(client, "gpt-fake"))
    assert text.startswith("The key is [") and text.endswith("]. Bye.") and "AKIA" not in text


def test_of_a_secret_that_comes_late_the_rest_is_not_shown(client, fake):
    fake.script.chunks = ["The key is AKIAIOS", "FODNN7REALKEY. Bye."]
    fake.script.chunk_delay = 0.8
    text = "".join(text for _, text in shown(client, "gpt-fake"))
    assert text.startswith("The key is AKIAIOS[") and text.endswith("]. Bye.") and "REALKEY" not in text


def test_arguments_of_a_call_wait_for_their_end(client, fake):
    fake.script.tool_calls = [{"id": "c1", "name": "pay", "arguments": '{"to": "a@example.org"}'}]
    fake.script.chunk_delay = 0.8
    pieces = [call.function.arguments for chunk in client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True)
              for choice in chunk.choices for call in choice.delta.tool_calls or [] if call.function.arguments]
    assert "example.org" in pieces[-1] and "".join(pieces).endswith("}")


def test_what_waited_and_is_forbidden_ends_the_stream(client, fake):
    fake.script.text = HATEFUL + " and so on, and so on."
    fake.script.stall_after_chunks = len(HATEFUL.split())
    began = time.monotonic()
    text = ""
    with pytest.raises(openai.APIError) as error:
        for _, piece in shown(client, "gpt-fake"):
            text += piece
    assert time.monotonic() - began < 5, "the upstream says nothing more"
    assert "hate" in str(error.value) and text == ""
    # The server goes on.
    fake.script.stall_after_chunks = None
    fake.script.text = "Fine."
    assert "".join(text for _, text in shown(client, "gpt-fake")).strip() == "Fine."


def test_a_value_in_two_thoughts_is_one_value(client, fake):
    fake.script.stream = [{"reasoning_content": "The key AKIAIOS"}, {"content": " "}, {"reasoning_content": "FODNN7REALKEY ok."}, {"content": "Done."}]
    deltas = [c.choices[0].delta for c in client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True) if c.choices]
    thought = "".join(getattr(d, "reasoning_content", None) or "" for d in deltas)
    assert thought.startswith("The key AKIAIOS[") and thought.endswith("] ok."), thought


def test_what_a_thought_follows_comes_before_it(client, fake):
    fake.script.stream = [{"content": "See https://example.org/x"}, {"reasoning_content": "Hm, wait."}, {"content": "Yes."}]
    pieces = []
    for chunk in client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True):
        delta = chunk.choices[0].delta if chunk.choices else None
        pieces += [("text", delta.content)] * bool(delta and delta.content) + [("thought", getattr(delta, "reasoning_content", None))] * bool(delta and getattr(delta, "reasoning_content", None))
    order = [kind for i, (kind, _) in enumerate(pieces) if i == 0 or pieces[i - 1][0] != kind]
    assert order == ["text", "thought", "text"], pieces
    assert "".join(text for kind, text in pieces if kind == "text") == "See https://example.org/xYes."


def test_a_custom_tools_input_stays_one(client, fake):
    def call(**custom):
        return {"tool_calls": [{"index": 0, **({"id": "c1", "type": "custom"} if "name" in custom else {}), "custom": custom}]}
    fake.script.stream = [call(name="python", input='print("'), call(input="AKIAIOSFODNN7REALKEY"), call(input='")')]
    chunks = client.chat.completions.create(model="gpt-fake", messages=HELLO, stream=True)
    calls = [c.model_dump(exclude_none=True) for chunk in chunks for choice in chunk.choices for c in choice.delta.tool_calls or []]
    assert calls and not any("function" in c for c in calls), calls
    assert calls[0]["type"] == "custom" and calls[0]["custom"]["name"] == "python"
    said = "".join(c["custom"].get("input", "") for c in calls)
    assert said.startswith('print("[') and said.endswith(']")'), said
