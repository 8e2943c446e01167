"""A disk that fills up and a clock that jumps: nothing acknowledged is lost, and work goes on after."""
import glob
import http.client
import json
import subprocess
import time

import pytest

from fault.test_crash import CHAT, audit_records

DAY = 86400


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 40 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """Leaves no free block."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            pass
    return ballast


def ask(connection, server):
    connection.request("POST", "/v1/chat/completions", CHAT, {"content-type": "application/json", "authorization": f"Bearer {server.key}"})
    answer = connection.getresponse()
    return answer.status, answer.headers["x-request-id"], json.loads(answer.read())


@pytest.mark.timeout(120)
def test_a_full_disk_refuses_before_it_forgets(server, small_disk):
    gatehouse = server(data=small_disk / "data")
    connection = http.client.HTTPConnection("127.0.0.1", gatehouse.port, timeout=10)
    acknowledged = []
    for _ in range(50):
        status, request_id, _ = ask(connection, gatehouse)
        assert status == 200
        acknowledged.append(request_id)

    ballast = fill(small_disk)
    refused = None
    for _ in range(30_000):  # what was allocated ahead still takes records
        status, request_id, body = ask(connection, gatehouse)
        if status != 200:
            refused = status, body
            break
        acknowledged.append(request_id)
    assert refused is not None, "records went on being acknowledged with no room for them"
    status, body = refused
    assert status == 503
    assert body["error"]["code"] in ("audit_unavailable", "journal_unavailable", "storage_unavailable"), body
    assert gatehouse.get("/healthz")[0] == 200, "the process lives on"

    ballast.unlink()
    deadline = time.monotonic() + 10
    while ask(connection, gatehouse)[0] != 200:
        assert time.monotonic() < deadline, "did not recover within 10 s of room coming back"
        time.sleep(0.1)
    assert gatehouse.stop() == 0
    assert gatehouse.cli("audit", "verify", "--data", gatehouse.data).returncode == 0
    recorded = {record["id"] for record in audit_records(gatehouse.data)}
    assert [i for i in acknowledged if i not in recorded] == []


@pytest.mark.timeout(120)
def test_a_jumping_clock_breaks_neither_limits_nor_the_chain(server, tmp_path):
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
    clock = tmp_path / "clock"

    def jump(seconds):
        clock.write_text(f"{seconds:+d}\n")
        time.sleep(0.2)

    jump(0)
    env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
    gatehouse = server(env=env)
    gatehouse.cli("tenant", "update", "demo", "--requests-per-minute", 6000, "--tokens-per-day", 100_000, "--data", gatehouse.data)
    connection = http.client.HTTPConnection("127.0.0.1", gatehouse.port, timeout=10)
    ids = []
    for offset in (0, 2 * DAY, -3 * DAY, 40 * DAY, 0):
        jump(offset)
        for _ in range(20):
            status, request_id, body = ask(connection, gatehouse)
            assert status == 200, body
            ids.append(request_id)
    gatehouse.kill()  # and what it journalled is read again
    gatehouse.start()
    for _ in range(5):
        status, _, body = gatehouse.post("/v1/chat/completions", CHAT)
        assert status == 200, body
    assert gatehouse.stop() == 0
    assert gatehouse.cli("audit", "verify", "--data", gatehouse.data).returncode == 0
    records = {record["id"]: record for record in audit_records(gatehouse.data)}
    assert [i for i in ids if i not in records] == []
    times = sorted({record["time"][:10] for record in records.values()})
    assert len(times) >= 4, f"the clock did not jump: {times}"
