"""kill -9 under load: what was acknowledged is in the audit log and in the ledger."""
import http.client
import json
import random
import threading
import time
import urllib.request

import pytest

CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()


def load(server, acknowledged, stop):
    while not stop.is_set():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            while not stop.is_set():
                connection.request("POST", "/v1/chat/completions", CHAT, {"content-type": "application/json", "authorization": f"Bearer {server.key}"})
                answer = connection.getresponse()
                body = json.loads(answer.read())
                if answer.status == 200:
                    acknowledged.append((answer.headers["x-request-id"], body["usage"]))
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.01)


def audit_records(data):
    for path in sorted((data / "audit").glob("*.log")):
        for line in path.read_bytes().rstrip(b"\0").splitlines():
            if b'"kind":"request"' in line and line.endswith(b"}"):
                yield json.loads(line)


@pytest.mark.timeout(120)
def test_kill_9_under_load_loses_nothing_acknowledged(server, fake):
    rng = random.Random(7)
    gatehouse = server()
    acknowledged = []
    for _ in range(5):
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(gatehouse, acknowledged, stop)) for _ in range(4)]
        for t in threads:
            t.start()
        time.sleep(rng.uniform(0.3, 1.2))
        gatehouse.kill()
        stop.set()
        for t in threads:
            t.join()
        gatehouse.start()
    assert gatehouse.stop() == 0
    assert len(acknowledged) > 100

    verified = gatehouse.cli("audit", "verify", "--data", gatehouse.data)
    assert verified.returncode == 0
    recorded = {}
    for record in audit_records(gatehouse.data):
        recorded[record["id"]] = record
    missing = [request_id for request_id, _ in acknowledged if request_id not in recorded]
    assert missing == []


@pytest.mark.timeout(60)
def test_a_flipped_byte_is_found_and_named(server, fake):
    gatehouse = server()
    for _ in range(20):
        assert gatehouse.post("/v1/chat/completions", CHAT)[0] == 200
    gatehouse.stop()
    path = max((gatehouse.data / "audit").glob("*.log"), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    at = content.index(b'"id":"req_') + 20
    content[at] ^= 1
    path.write_bytes(content)
    verified = gatehouse.cli("audit", "verify", "--data", gatehouse.data, check=False)
    assert verified.returncode == 1
    assert path.name in verified.stdout + verified.stderr


def health(server):
    admin = json.loads((server.data / "server.json").read_text())["admin_url"]
    request = urllib.request.Request(admin + "/admin/v1/health", headers={"authorization": f"Bearer {(server.data / 'admin.key').read_text().strip()}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


@pytest.mark.timeout(120)
def test_a_hole_in_a_budget_journal_gives_nothing_back_and_is_told_until_it_is_moved(server, fake):
    gatehouse = server(extra="server: {threads: 1}")
    for _ in range(20):
        assert gatehouse.post("/v1/chat/completions", CHAT)[0] == 200
    gatehouse.kill()
    path = max((gatehouse.data / "admission").glob("budget-0.*.log"))
    content = bytearray(path.read_bytes())
    content[content.index(b"\nR 2 ") + 5] = 0
    path.write_bytes(content)
    gatehouse.start()
    assert "budget_journal_damaged" in gatehouse.output()
    usage = json.loads(gatehouse.cli("usage", "--json", "--data", gatehouse.data).stdout)["usage"]
    assert [row["requests"] for row in usage] == [19]
    gatehouse.stop()
    gatehouse.start()
    told = health(gatehouse)
    kept = path.with_name(path.name + ".damaged")
    assert told["status"] == "degraded" and str(kept) in told["problems"][0]["detail"]
    kept.rename(gatehouse.data / "evidence")
    assert health(gatehouse)["status"] == "ok"
