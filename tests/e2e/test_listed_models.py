"""The models that an upstream's entry lists are served without one in `models`."""
import pytest

from e2e.support.fake_upstream import Script
from e2e.support.server import Gatehouse

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def listing(tmp_path_factory, fake_session):
    config = f"""
engine: {{enabled: false}}
upstreams:
  - {{name: first, base_url: {fake_session.base_url}, models: [gpt-listed, gpt-both]}}
  - {{name: second, base_url: {fake_session.base_url}, models: [gpt-both, renamed]}}
models:
  - name: renamed
    targets: [{{upstream: first, model: real-name}}]
"""
    server = Gatehouse(tmp_path_factory.mktemp("listing") / "data", config=config).start()
    yield server
    server.stop()


def test_listed_models_are_served(listing, fake):
    _, _, listed = listing.get("/v1/models")
    assert {m["id"]: m["owned_by"] for m in listed["data"]} == {"gpt-listed": "first", "gpt-both": "first", "renamed": "gatehouse"}
    for model, sent in [("gpt-listed", "gpt-listed"), ("gpt-both", "gpt-both"), ("renamed", "real-name")]:
        status, _, answer = listing.post("/v1/chat/completions", {"model": model, "messages": HELLO})
        assert status == 200, answer
        assert fake.seen[-1].body["model"] == sent


def test_a_model_of_two_upstreams_falls_back(listing, fake):
    fake.queue = [Script(status=500)]
    status, headers, answer = listing.post("/v1/chat/completions", {"model": "gpt-both", "messages": HELLO})
    assert status == 200, answer
    story = listing.cli("explain", headers["x-request-id"], "--data", listing.data).stdout
    assert "second" in story, story
