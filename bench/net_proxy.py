#!/usr/bin/env python3
"""Compares the CPU per request of net_proxy with nginx as a proxy, in one run, in turns.

    bench/net_proxy.py [--binary build/release/bench/net_proxy] [--rounds 5] [--secs 2]

Both proxy to the same stub (nginx with a canned answer) on 127.0.0.1; the load comes from wrk over
32 connections. CPU is user + system time of the proxy's processes alone; the medians are printed.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
ANSWER = json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "stub",
                     "choices": [{"index": 0, "finish_reason": "stop", "message": {
                         "role": "assistant", "content": "a" * 420}}],
                     "usage": {"prompt_tokens": 9, "completion_tokens": 99, "total_tokens": 108}})
REQUEST = json.dumps({"model": "gpt-4o-mini", "messages": [
    {"role": "system", "content": "s" * 200}, {"role": "user", "content": "u" * 600}]})

STUB = """worker_processes 1; daemon off; pid stub.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_buffer_size 64k; client_body_temp_path body;
  server {{ listen 127.0.0.1:{port} backlog=4096; default_type application/json;
    location / {{ return 200 '{answer}'; }} }} }}
"""
NGINX = """worker_processes 1; daemon off; pid proxy.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_buffer_size 64k; client_body_temp_path body; proxy_temp_path proxy;
  upstream stub {{ server 127.0.0.1:{stub}; keepalive 256; keepalive_requests 100000000;
                   keepalive_timeout 300s; }}
  server {{ listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{ proxy_pass http://stub; proxy_http_version 1.1;
                  proxy_set_header Connection ""; proxy_buffering off; }} }} }}
"""
WRK = """wrk.method = "POST"
wrk.body = [==[{body}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer gh_0123456789abcdef0123456789abcdef"
"""


def processes(pid):
    found = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += processes(int(child))
    return found


def cpu_seconds(pid):
    ticks = 0
    for process in processes(pid):
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def wait_for(port):
    for _ in range(200):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1", data=REQUEST.encode())
            with urllib.request.urlopen(request, timeout=2) as answer:
                if answer.status == 200 and b"chatcmpl" in answer.read():
                    return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing answers on port {port}")


def load(port, folder, secs, connections):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{secs}s", "-s", f"{folder}/post.lua",
                          f"http://127.0.0.1:{port}/v1/chat/completions"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(out)
    return (int(re.search(r"(\d+) requests in", out).group(1)),
            float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)))


def main():
    ap = argparse.ArgumentParser()
    root = pathlib.Path(__file__).resolve().parent.parent
    ap.add_argument("--binary", default=str(root / "build/release/bench/net_proxy"))
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--secs", type=float, default=2)
    ap.add_argument("--connections", type=int, default=32)
    ap.add_argument("--base-port", type=int, default=19300)
    args = ap.parse_args()
    stub, nginx, ours = args.base_port, args.base_port + 1, args.base_port + 2
    started = []
    with tempfile.TemporaryDirectory() as folder:
        def start(command):
            started.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL))
            return started[-1].pid

        for name, text in (("stub.conf", STUB.format(port=stub, answer=ANSWER)),
                           ("nginx.conf", NGINX.format(port=nginx, stub=stub)),
                           ("post.lua", WRK.format(body=REQUEST))):
            pathlib.Path(folder, name).write_text(text)
        try:
            start(["nginx", "-p", folder, "-c", "stub.conf"])
            wait_for(stub)
            pids = {"nginx": start(["nginx", "-p", folder, "-c", "nginx.conf"]),
                    "gatehouse": start([os.path.abspath(args.binary), str(ours),
                                        f"http://127.0.0.1:{stub}", "1"])}
            ports = {"nginx": nginx, "gatehouse": ours}
            figures = {name: [] for name in pids}
            for name in pids:
                wait_for(ports[name])
                load(ports[name], folder, 1, args.connections)
            for _ in range(args.rounds):
                for name, pid in pids.items():
                    before = cpu_seconds(pid)
                    requests, rate = load(ports[name], folder, args.secs, args.connections)
                    figures[name].append(((cpu_seconds(pid) - before) / requests * 1e6, rate))
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(5)
    medians = {}
    for name, rows in figures.items():
        medians[name] = statistics.median(row[0] for row in rows)
        print(f"{name:10} {medians[name]:6.2f} us CPU per request  "
              f"{statistics.median(row[1] for row in rows):8.0f} requests/s   "
              f"({', '.join(f'{row[0]:.1f}' for row in rows)})")
    ratio = statistics.median(o[0] / n[0] for o, n in zip(figures["gatehouse"], figures["nginx"]))
    print(f"ratio {ratio:.3f} (median of {args.rounds} pairs)")


main()
