"""Clients that are slow, many, rude or gone."""
import contextlib
import json
import socket
import time

import pytest

from e2e.support.fake_upstream import Script

CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()


def connect(server):
    s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    return s


def raw(server, data, timeout=5):
    """Sends bytes and returns all that comes back until the server closes or is silent."""
    with connect(server) as s:
        s.settimeout(timeout)
        s.sendall(data)
        got = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while piece := s.recv(65536):
                got += piece
        return got


def head(server, extra=b"", length=len(CHAT), version=b"HTTP/1.1"):
    return (b"POST /v1/chat/completions " + version + b"\r\nHost: x\r\nAuthorization: Bearer " + server.key.encode() +
            b"\r\nContent-Type: application/json\r\nContent-Length: " + str(length).encode() + b"\r\n" + extra + b"\r\n")


@pytest.mark.parametrize("data, status", [
    (b"NONSENSE\r\n\r\n", b"400"),
    (b"\x00\x01\x02\x03\r\n\r\n", b"400"),
    (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"505"),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
], ids=["no http", "control bytes", "version", "two lengths", "length and chunked", "bad chunk", "huge header", "huge body"])
def test_malformed_http_is_refused_and_the_server_lives(server, fake, data, status):
    gatehouse = server()
    assert raw(gatehouse, data).split(b" ")[1] == status
    assert gatehouse.get("/healthz")[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"model": "m"}', b"\xff\xfe", b"[" * 100_000, b'{"model":"m","messages":[{"role":"user","content":"\xc3\x28"}]}'],
                         ids=["empty", "cut", "array", "null", "no messages", "not utf-8", "deep", "bad utf-8 inside"])
def test_malformed_json_is_a_400_that_says_why(server, fake, body):
    gatehouse = server()
    status, _, answer = gatehouse.post("/v1/chat/completions", body)
    assert status == 400 and answer["error"]["message"] and answer["error"]["type"] == "invalid_request_error"
    assert fake.seen == []


def test_slow_loris_is_cut_off(server, fake):
    gatehouse = server(extra="server: {header_timeout_ms: 800}")
    with connect(gatehouse) as s:
        begin = time.monotonic()
        s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n")
        got = b"x"
        try:
            while got and time.monotonic() - begin < 10:
                s.sendall(b"X-A: b\r\n")
                s.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    got = s.recv(4096)
                    if got:
                        assert b" 408 " in got
        except ConnectionError:
            pass
        assert time.monotonic() - begin < 3


def test_ten_thousand_idle_connections_cost_little(server, fake):
    gatehouse = server()
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 12_000), hard))

    def rss():
        with open(f"/proc/{gatehouse.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
    before = rss()
    idle = []
    try:
        for i in range(10_000):
            s = socket.socket()
            s.bind((f"127.0.0.{2 + i % 8}", 0))
            s.connect(("127.0.0.1", gatehouse.port))
            idle.append(s)
        begin = time.monotonic()
        assert gatehouse.post("/v1/chat/completions", CHAT)[0] == 200
        assert time.monotonic() - begin < 1
        assert rss() - before < 60
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_pipelined_requests_are_answered_in_order(server, fake):
    gatehouse = server()
    fake.queue = [Script(text="first", stall_before_head=0.2), Script(text="second")]
    got = raw(gatehouse, head(gatehouse) + CHAT + head(gatehouse, b"Connection: close\r\n") + CHAT)
    assert 0 < got.index(b"first") < got.index(b"second")


@pytest.mark.parametrize("streaming", [False, True])
def test_a_client_that_leaves_cancels_the_upstream_within_100_ms(server, fake, streaming):
    gatehouse = server(extra="")
    fake.script = Script(chunks=["word "] * 1000, chunk_delay=0.02) if streaming else Script(stall_before_head=0.6)
    body = json.dumps({**json.loads(CHAT), "stream": streaming}).encode()
    s = connect(gatehouse)
    s.sendall(head(gatehouse, length=len(body)) + body)
    while not fake.seen:
        time.sleep(0.005)
    time.sleep(0.15)
    s.close()
    left = time.monotonic()
    while fake.seen[0].disconnected_at is None and time.monotonic() < left + 3:
        time.sleep(0.002)
    assert fake.seen[0].disconnected_at - left < 0.1


def test_drain_finishes_what_is_in_flight(server, fake):
    import signal
    import threading
    gatehouse = server()
    fake.script = Script(stall_before_head=0.5, text="it was finished")
    result = {}
    caller = threading.Thread(target=lambda: result.update(answer=gatehouse.post("/v1/chat/completions", CHAT)))
    caller.start()
    while not fake.seen:
        time.sleep(0.005)
    gatehouse.process.send_signal(signal.SIGTERM)
    caller.join()
    assert result["answer"][0] == 200 and "it was finished" in str(result["answer"][2])
    assert gatehouse.process.wait(10) == 0
