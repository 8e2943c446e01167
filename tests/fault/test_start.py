"""Starts that fail, and what the next one finds."""
import http.client
import json
import socket
import time

import pytest


def control_events(data):
    for path in sorted((data / "audit").glob("control.*.log")):
        for line in path.read_bytes().rstrip(b"\0").splitlines():
            yield json.loads(line)


@pytest.mark.timeout(120)
def test_a_first_start_that_fails_keeps_the_key_for_the_next(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RuntimeError):
            server(port=taken.getsockname()[1])
    gatehouse = server()
    assert gatehouse.key, gatehouse.output()
    assert gatehouse.get("/v1/models")[0] == 200


@pytest.mark.timeout(120)
def test_a_refused_admin_call_leaves_an_event(server):
    gatehouse = server()
    admin = json.loads((gatehouse.data / "server.json").read_text())["admin_url"].split("//")[1]
    for key, expected in (("gh_wrong", 401), (gatehouse.key, 403)):
        connection = http.client.HTTPConnection(admin, timeout=10)
        connection.request("GET", "/admin/v1/keys", headers={"authorization": f"Bearer {key}"})
        assert connection.getresponse().status == expected
    time.sleep(0.1)
    refused = [event for event in control_events(gatehouse.data) if "admin.refused" in json.dumps(event)]
    assert len(refused) == 2, refused
    assert "invalid_api_key" in json.dumps(refused[0]) and "admin_role_needed" in json.dumps(refused[1])
