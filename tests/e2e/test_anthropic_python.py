"""The official `anthropic` package against the embedded model, an Anthropic and an OpenAI upstream."""
import anthropic
import pydantic
import pytest

TOOLS = [{"name": "get_weather", "description": "Weather of a city", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]


@pytest.fixture(scope="module")
def client(demo):
    return anthropic.Anthropic(base_url=demo.url, api_key=demo.key, max_retries=0)


@pytest.fixture(scope="module")
def remote(fronted):
    return anthropic.Anthropic(base_url=fronted.url, api_key=fronted.key, max_retries=0)


def test_message_from_the_real_model(client):
    answer = client.messages.create(model="smollm2", max_tokens=32, extra_body={"temperature": 0}, system="Answer in one sentence.", messages=[{"role": "user", "content": "What is the capital of Japan?"}])
    assert answer.type == "message" and answer.role == "assistant" and answer.id.startswith("msg_")
    assert "Tokyo" in answer.content[0].text
    assert answer.stop_reason in ("end_turn", "max_tokens")
    assert answer.usage.input_tokens > 5 and answer.usage.output_tokens > 0


def test_models_come_page_by_page(remote):
    whole = remote.models.list()
    names = [m.id for m in whole.data]
    assert {"claude-fake", "gpt-fake", "renamed"} <= set(names) and not whole.has_more
    first = remote.models.list(limit=2)
    assert [m.id for m in first.data] == names[:2] and first.has_more and (first.first_id, first.last_id) == tuple(names[:2])
    second = first.get_next_page()
    assert [m.id for m in second.data] == names[2:4] and second.has_more
    assert [m.id for m in remote.models.list(limit=1000, after_id=names[1]).data] == names[2:]
    before = remote.models.list(limit=1, before_id=names[2])
    assert [m.id for m in before.data] == [names[1]] and before.has_more
    assert [m.id for m in remote.models.list(limit=1)] == names
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after_id": "no-such"}, {"after_id": names[0], "before_id": names[2]}):
        with pytest.raises(anthropic.BadRequestError) as refused:
            remote.models.list(**wrong)
        assert list(wrong)[0] in str(refused.value)


class City(pydantic.BaseModel):
    city: str
    country: str


@pytest.mark.parametrize("beta", [False, True])
def test_a_parsed_answer_from_the_real_model(client, beta):
    messages = client.beta.messages if beta else client.messages
    answer = messages.parse(model="smollm2", max_tokens=96, output_format=City, messages=[{"role": "user", "content": "Which city is the capital of Japan?"}])
    assert isinstance(answer.parsed_output, City)


def test_a_schema_reaches_an_upstream_as_it_came(remote, fake):
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    config = {"format": {"type": "json_schema", "schema": schema}}
    asked = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}], "output_config": config}
    remote.messages.create(model="claude-fake", **asked)
    assert fake.seen[-1].body["output_config"] == config
    remote.messages.create(model="gpt-fake", **asked)
    assert fake.seen[-1].body["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def test_stream_events_in_order(client):
    with client.messages.stream(model="smollm2", max_tokens=24, extra_body={"temperature": 0}, messages=[{"role": "user", "content": "Count to five."}]) as stream:
        names = [event.type for event in stream]
        final = stream.get_final_message()
    raw = [n for n in names if n.startswith(("message_", "content_block_"))]
    assert raw[0] == "message_start" and raw[-1] == "message_stop" and raw[-2] == "message_delta"
    assert raw[1] == "content_block_start" and raw[-3] == "content_block_stop"
    assert final.content[0].text and final.usage.output_tokens > 0


def test_count_tokens(client):
    short = client.messages.count_tokens(model="smollm2", messages=[{"role": "user", "content": "Hello"}]).input_tokens
    long = client.messages.count_tokens(model="smollm2", messages=[{"role": "user", "content": "Which towns on the coast of Norway have a lighthouse that is open to visitors in winter?"}]).input_tokens
    assert 0 < short < long


@pytest.mark.parametrize("model", ["claude-fake", "gpt-fake"])
def test_tools_whole_and_streamed(remote, fake, model):
    fake.script.tool_calls = [{"id": "toolu_1", "name": "get_weather", "arguments": '{"city": "Paris"}'}]
    arguments = dict(model=model, max_tokens=64, tools=TOOLS, messages=[{"role": "user", "content": "Weather in Paris?"}])
    answer = remote.messages.create(**arguments)
    assert answer.stop_reason == "tool_use" and answer.content[0].input == {"city": "Paris"}
    with remote.messages.stream(**arguments) as stream:
        final = stream.get_final_message()
    assert final.content[0].input == {"city": "Paris"} and final.content[0].id == "toolu_1"


@pytest.mark.parametrize("model", ["claude-fake", "gpt-fake"])
def test_text_through_either_upstream(remote, fake, model):
    arguments = dict(model=model, max_tokens=64, system="Be brief.", messages=[{"role": "user", "content": "hello"}])
    assert remote.messages.create(**arguments).content[0].text.strip() == fake.script.text
    with remote.messages.stream(**arguments) as stream:
        assert "".join(stream.text_stream).strip() == fake.script.text


def test_openai_client_reaches_an_anthropic_upstream(fronted, fake):
    import openai
    client = openai.OpenAI(base_url=fronted.url + "/v1", api_key=fronted.key, max_retries=0)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]
    answer = client.chat.completions.create(model="claude-fake", max_tokens=64, messages=messages)
    assert answer.choices[0].message.content.strip() == fake.script.text
    assert fake.seen[0].path.endswith("/messages") and "Be brief." in str(fake.seen[0].body["system"])
    streamed = client.chat.completions.create(model="claude-fake", max_tokens=64, messages=messages, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in streamed if c.choices).strip() == fake.script.text


def test_an_answer_that_was_begun_goes_on(client):
    answer = client.messages.create(model="smollm2", max_tokens=8, extra_body={"temperature": 0}, messages=[
        {"role": "user", "content": "What is the capital of Japan?"}, {"role": "assistant", "content": "The capital of Japan is the city of"}])
    assert answer.content[0].text.lstrip().startswith("Tokyo")


def test_errors_in_anthropics_shape(client, demo):
    with pytest.raises(anthropic.NotFoundError) as missing:
        client.messages.create(model="nope", max_tokens=8, messages=[{"role": "user", "content": "x"}])
    assert missing.value.body["type"] == "error" and missing.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as bad:
        client.messages.create(model="smollm2", max_tokens=-1, messages=[{"role": "user", "content": "x"}])
    assert "max_tokens" in bad.value.body["error"]["message"]
    with pytest.raises(anthropic.AuthenticationError):
        anthropic.Anthropic(base_url=demo.url, api_key="gh_wrong", max_retries=0).messages.create(model="smollm2", max_tokens=8, messages=[{"role": "user", "content": "x"}])
