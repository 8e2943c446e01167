"""Which upstreams get the features that a client of Anthropic's API asks for."""
import pytest

HELLO = [{"role": "user", "content": "Hello"}]
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "context-1m-2025-08-07, files-api-2025-04-14"}


@pytest.mark.parametrize("stream", [False, True])
def test_beta_features_reach_an_upstream_that_knows_them(fronted, fake, stream):
    asked = {"model": "claude-fake", "max_tokens": 9, "messages": HELLO, "stream": stream}
    status, _, answer = fronted.post("/v1/messages?beta=true", asked, headers=BETA)
    assert status == 200, answer
    assert fake.seen[-1].headers["anthropic-beta"] == "context-1m-2025-08-07,files-api-2025-04-14"
    fronted.post("/v1/messages", asked)
    assert "anthropic-beta" not in fake.seen[-1].headers


def test_beta_features_that_mean_nothing_to_an_upstream_are_noted(fronted, fake):
    status, headers, _ = fronted.post("/v1/messages", {"model": "gpt-fake", "max_tokens": 9, "messages": HELLO}, headers=BETA)
    assert status == 200 and "anthropic-beta" not in fake.seen[-1].headers
    assert headers["x-gatehouse-ignored"] == "anthropic-beta"
    assert "anthropic-beta" in fronted.cli("explain", headers["x-request-id"], "--data", fronted.data).stdout


@pytest.mark.parametrize("value", ["a b", "a,,b", "a;b", "x" * 1100])
def test_what_is_no_list_of_features_is_refused(fronted, fake, value):
    status, _, answer = fronted.post("/v1/messages", {"model": "claude-fake", "max_tokens": 9, "messages": HELLO}, headers={"anthropic-beta": value})
    assert status == 400 and "anthropic-beta" in str(answer), answer
    assert not fake.seen
