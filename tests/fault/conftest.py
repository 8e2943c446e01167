import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from e2e.support.fake_upstream import FakeUpstream  # noqa: E402
from e2e.support.server import Gatehouse  # noqa: E402


@pytest.fixture(scope="session")
def fake_session():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def fake(fake_session):
    fake_session.reset()
    return fake_session


CONFIG = """
engine: {{enabled: false}}
upstreams:
  - {{name: fake, kind: openai, base_url: {base_url}, first_byte_timeout_ms: 700, between_chunks_timeout_ms: 700, connect_timeout_ms: 500}}
  - {{name: dead, kind: openai, base_url: "http://127.0.0.1:9/v1", connect_timeout_ms: 500}}
models:
  - {{name: m, targets: [{{upstream: fake, model: m}}]}}
  - {{name: chain, targets: [{{upstream: dead, model: m}}, {{upstream: fake, model: second}}]}}
prices:
  - {{upstream: "*", model: "*", input_usd_per_million_tokens: "1.5", output_usd_per_million_tokens: "6"}}
{extra}
"""


@pytest.fixture
def server(tmp_path, fake):
    """A server of its own for each test, since these break it."""
    started = []

    def start(extra="", data=None, **kwargs):
        gatehouse = Gatehouse(data or tmp_path / "data", config=CONFIG.format(base_url=fake.base_url, extra=extra), **kwargs).start()
        started.append(gatehouse)
        return gatehouse

    yield start
    for gatehouse in started:
        gatehouse.kill()
