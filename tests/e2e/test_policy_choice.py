"""Whose firewall policy a request is judged by: the model's, else the key's, else the tenant's, else `default`."""
import json
import urllib.error
import urllib.request

import pytest

from e2e.conftest import fronting
from e2e.support.server import Gatehouse

CARD = "4111 1111 1111 1111"
MODELS = """
  - {name: guarded, policy: strict, targets: [{upstream: fake, model: gpt-fake}]}
  - {name: open, policy: mild, targets: [{upstream: fake, model: gpt-fake}]}
"""
REST = """
firewall:
  policies:
    - {name: strict, rules: [{category: pii, action: block}]}
    - {name: mild, rules: [{category: pii, action: flag}]}
tenants:
  - {id: acme, policy: strict}
  - {id: plain}
keys:
  - {tenant: acme, secret_env: OF_THE_TENANT}
  - {tenant: acme, secret_env: OF_ITS_OWN, policy: mild}
"""


@pytest.fixture(scope="module")
def choosing(tmp_path_factory, fake_session):
    server = Gatehouse(tmp_path_factory.mktemp("choosing") / "data", config=fronting(fake_session, extra=REST, models=MODELS))
    keys = {name: server.cli("key", "generate").stdout.strip() for name in ("OF_THE_TENANT", "OF_ITS_OWN")}
    server.env = {"FAKE_KEY": "sk-upstream-secret", **keys}
    yield server.start()
    server.stop()


def new_key(server, *arguments):
    made = json.loads(server.cli("key", "create", *arguments, "--json", "--data", server.data).stdout)
    return made["key"], made["id"]


def decision(server, fake, key, model="gpt-fake"):
    """What became of a card number, and the policy that the record names."""
    fake.reset()
    status, headers, answer = server.post("/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": f"My card is {CARD}."}]}, key=key)
    record = json.loads(server.cli("explain", headers["x-request-id"], "--json", "--data", server.data).stdout)["record"]
    if status == 403:
        assert answer["error"]["code"] == "blocked_by_policy" and not fake.seen
        return "block", record["policy"]
    assert status == 200, answer
    return "pass" if CARD in json.dumps(fake.seen[-1].body) else "redact", record["policy"]


def test_two_keys_of_a_tenant_are_judged_each_by_its_own(choosing, fake):
    assert decision(choosing, fake, choosing.env["OF_THE_TENANT"]) == ("block", "strict")
    assert decision(choosing, fake, choosing.env["OF_ITS_OWN"]) == ("pass", "mild")
    for arguments, expected in (((), ("redact", "default")), (("--policy", "strict"), ("block", "strict")), (("--policy", "mild"), ("pass", "mild"))):
        assert decision(choosing, fake, new_key(choosing, "--tenant", "plain", *arguments)[0]) == expected, arguments


def test_the_policy_of_the_model_goes_before_that_of_the_key(choosing, fake):
    assert decision(choosing, fake, choosing.env["OF_ITS_OWN"], "guarded") == ("block", "strict")
    strict = new_key(choosing, "--tenant", "plain", "--policy", "strict")[0]
    assert decision(choosing, fake, strict, "open") == ("pass", "mild")


def test_the_record_and_its_story_say_whose_choice_it_was(choosing, fake):
    of_tenant, of_key, of_nobody = choosing.env["OF_THE_TENANT"], choosing.env["OF_ITS_OWN"], new_key(choosing, "--tenant", "plain")[0]
    for key, model, whose, told in ((of_tenant, "gpt-fake", "tenant", "chosen by the tenant"), (of_key, "gpt-fake", "key", "chosen by the key"),
                                    (of_key, "guarded", "model", "chosen by the model"), (of_nobody, "gpt-fake", "default", "the default")):
        _, headers, _ = choosing.post("/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}, key=key)
        explain = ("explain", headers["x-request-id"], "--data", choosing.data)
        assert json.loads(choosing.cli(*explain, "--json").stdout)["record"]["policy_from"] == whose
        assert f", {told}.\n" in choosing.cli(*explain).stdout


def test_the_other_apis_too(choosing, fake):
    key = new_key(choosing, "--tenant", "plain", "--policy", "strict")[0]
    message = {"model": "claude-fake", "max_tokens": 9, "messages": [{"role": "user", "content": CARD}]}
    for path, body in (("/v1/messages", message), ("/v1/completions", {"model": "gpt-fake", "prompt": CARD}), ("/v1/embeddings", {"model": "gpt-fake", "input": CARD})):
        status, _, answer = choosing.post(path, body, key=key)
        assert status == 403 and "pii" in answer["error"]["message"], (path, answer)
    assert not fake.seen


def test_a_change_holds_from_the_next_request_on_and_a_new_key_keeps_it(choosing, fake):
    key, name = new_key(choosing, "--tenant", "plain")
    where = ("--data", choosing.data)
    assert decision(choosing, fake, key) == ("redact", "default")
    assert 'its policy is "mild"' in choosing.cli("key", "update", name, "--policy", "mild", *where).stdout
    assert decision(choosing, fake, key) == ("pass", "mild")
    next_key = choosing.cli("key", "rotate", name, *where).stdout.strip()
    assert decision(choosing, fake, next_key) == ("pass", "mild")
    listed = json.loads(choosing.cli("key", "list", "--tenant", "plain", "--json", *where).stdout)["keys"]
    last = next(k for k in listed if k.get("rotated_from") == name)
    choosing.cli("key", "update", last["id"], "--policy", "", *where)
    assert decision(choosing, fake, next_key) == ("redact", "default")


def test_who_holds_a_key_cannot_choose(choosing):
    key, name = new_key(choosing, "--tenant", "plain", "--policy", "strict")
    url = json.loads((choosing.data / "server.json").read_text())["admin_url"]
    request = urllib.request.Request(f"{url}/admin/v1/keys/{name}", data=b'{"policy": "mild"}', method="PATCH", headers={"authorization": f"Bearer {key}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403
    shown = json.loads(choosing.cli("key", "show", name, "--data", choosing.data).stdout)
    assert shown["policy"] == "strict"


def test_a_policy_of_a_key_cannot_be_taken_out_of_the_file(choosing, fake):
    key, name = new_key(choosing, "--tenant", "plain", "--policy", "strict")
    before = choosing.config_path.read_text()
    try:
        choosing.config_path.write_text(before.replace("name: strict,", "name: stricter,").replace("policy: strict", "policy: stricter"))
        reload = choosing.cli("reload", "--data", choosing.data, check=False)
        assert reload.returncode == 1 and 'bound to the policy "strict"' in reload.stderr
    finally:
        choosing.config_path.write_text(before)
    assert decision(choosing, fake, key) == ("block", "strict")
