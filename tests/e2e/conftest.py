import pathlib
import sys

import anthropic
import openai
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from e2e.support.fake_upstream import FakeUpstream  # noqa: E402
from e2e.support.server import Gatehouse  # noqa: E402


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """What `make run` starts: no configuration, an empty data folder, the embedded model."""
    server = Gatehouse(tmp_path_factory.mktemp("demo") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fake_session():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def fake(fake_session):
    fake_session.reset()
    return fake_session


def fronting(upstream, extra="", models=""):
    """A configuration with the fake as an OpenAI-compatible and as an Anthropic-compatible upstream."""
    return f"""
upstreams:
  - name: fake
    kind: openai
    base_url: {upstream.base_url}
    api_key_env: FAKE_KEY
  - name: fake-anthropic
    kind: anthropic
    base_url: {upstream.base_url}
    api_key_env: FAKE_KEY
models:
  - name: gpt-fake
    targets: [{{upstream: fake, model: gpt-fake}}]
  - name: renamed
    targets: [{{upstream: fake, model: real-name}}]
  - name: claude-fake
    targets: [{{upstream: fake-anthropic, model: claude-fake}}]
{models}
{extra}
"""


@pytest.fixture(scope="session")
def fronted(tmp_path_factory, fake_session):
    """A server without a local model, in front of the fake upstream."""
    server = Gatehouse(tmp_path_factory.mktemp("fronted") / "data", config=fronting(fake_session), env={"FAKE_KEY": "sk-upstream-secret"}).start()
    yield server
    server.stop()


@pytest.fixture
def openai_client(fronted):
    return openai.OpenAI(base_url=fronted.url + "/v1", api_key=fronted.key, max_retries=0)


@pytest.fixture
def anthropic_client(fronted):
    return anthropic.Anthropic(base_url=fronted.url, api_key=fronted.key, max_retries=0)
