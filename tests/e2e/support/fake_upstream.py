"""A test double: an OpenAI- and Anthropic-compatible upstream that misbehaves on command."""
import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field, replace


@dataclass
class Script:
    """How the next answers are given. Times in seconds."""
    text: str = "A gateway sits between clients and model providers."
    chunks: list | None = None          # streamed pieces; default: the words of `text`
    status: int = 200
    headers: dict = field(default_factory=dict)
    stall_before_head: float = 0
    early: bool = False                     # answers to the request's head, and reads no more of it
    chunk_delay: float = 0
    stall_after_chunks: int | None = None   # sends so many pieces, then nothing more
    cut_after_chunks: int | None = None     # sends so many pieces, then closes without an end
    cut_before_head: bool = False
    garbage: str | None = None              # "head", "body" or "chunk"
    usage: dict | None = None               # lies, when it is not what was said
    omit_usage: bool = False
    whole: bool = False                     # one JSON answer, although a stream is asked for
    omit_done: bool = False
    tool_calls: list | None = None          # [{"id", "name", "arguments"}]; "more": members of the call beside them
    byte_by_byte: bool = False
    thinking: str | None = None             # what the model thinks before it answers
    stream: list | None = None              # what is streamed instead: [(event, data)] of Anthropic's, or OpenAI's deltas
    choice: dict = field(default_factory=dict)   # members that an OpenAI choice has besides
    message: dict = field(default_factory=dict)  # likewise its message
    root: dict = field(default_factory=dict)     # members that an answer, or each chunk, has besides
    delta: dict = field(default_factory=dict)    # likewise each OpenAI delta
    usage_more: dict = field(default_factory=dict)   # likewise Anthropic's usage
    ending: dict = field(default_factory=dict)   # members of Anthropic's message_delta that replace its own
    content: list | None = None             # Anthropic: the blocks of a whole answer
    echo: bool = False                      # answers with the last message's text
    chunk_size: int | None = None           # streams `text` in pieces of so many characters


@dataclass
class Seen:
    """One request as it reached the upstream."""
    method: str
    path: str
    headers: dict
    body: dict
    at: float
    disconnected_at: float | None = None


class FakeUpstream:
    def __init__(self):
        self.script = Script()
        self.queue: list[Script] = []    # used up first, one for each request
        self.seen: list[Seen] = []
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self):
        self.script, self.queue, self.seen = Script(), [], []

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    async def _serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ", 2)
                headers = {k.lower(): v.strip() for k, v in (h.split(":", 1) for h in head[1:] if ":" in h)}
                script = self.queue.pop(0) if self.queue else self.script
                if script.early:
                    await self._answer(writer, Seen(method, path, headers, {}, time.monotonic()), script)
                    await asyncio.sleep(3600)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                seen = Seen(method, path, headers, json.loads(body) if body else {}, time.monotonic())
                self.seen.append(seen)
                watch = asyncio.ensure_future(self._watch(reader, seen))
                try:
                    keep = await self._answer(writer, seen, script)
                finally:
                    watch.cancel()
                if not keep:
                    break
        writer.close()

    async def _watch(self, reader, seen):
        # Nothing is pipelined to this double, so bytes that come while it answers mean the end.
        while not reader.at_eof():
            await asyncio.sleep(0.005)
        seen.disconnected_at = time.monotonic()

    async def _answer(self, writer, seen, s):
        if s.cut_before_head:
            return False
        if s.stall_before_head:
            await asyncio.sleep(s.stall_before_head)
        if s.garbage == "head":
            writer.write(b"\x00\x01NOT HTTP AT ALL\r\n\r\n")
            await writer.drain()
            return False
        if s.status != 200:
            error = {"error": {"message": f"scripted {s.status}", "type": "server_error", "param": None, "code": "scripted"}}
            return await self._whole(writer, s.status, error, s.headers)
        if seen.path.endswith("/models"):
            return await self._whole(writer, 200, {"object": "list", "data": [{"id": "gpt-fake", "object": "model"}]}, s.headers)
        if seen.path.endswith("/embeddings"):
            inputs = seen.body["input"]
            if isinstance(inputs, str) or isinstance(inputs[0], int):
                inputs = [inputs]  # one text, or one text's tokens
            data = [{"object": "embedding", "index": i, "embedding": [0.1, 0.2, 0.3]} for i in range(len(inputs))]
            answer = {"object": "list", "data": data, "model": seen.body["model"]}
            if not s.omit_usage:
                answer["usage"] = {"prompt_tokens": 3, "total_tokens": 3}
            return await self._whole(writer, 200, answer, s.headers)
        if seen.path.endswith("/count_tokens"):
            return await self._whole(writer, 200, {"input_tokens": 7}, s.headers)
        anthropic = seen.path.endswith("/messages")
        if s.echo:
            s = replace(s, text=seen.body["messages"][-1]["content"])
        if seen.body.get("stream") and not s.whole:
            return await self._stream(writer, seen, s, anthropic)
        if s.garbage == "body":
            return await self._whole(writer, 200, b"{\"choices\": [ this is not json", s.headers)
        return await self._whole(writer, 200, self._anthropic(seen, s) if anthropic else self._openai(seen, s), s.headers)

    async def _whole(self, writer, status, body, headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        writer.write(head.encode() + b"\r\n" + data)
        await writer.drain()
        return True

    def _usage(self, s):
        return s.usage or {"prompt_tokens": 11, "completion_tokens": len(s.text.split()), "total_tokens": 11 + len(s.text.split())}

    def _logprobs(self, seen, text):
        return {"content": [{"token": text, "logprob": -0.1, "bytes": None, "top_logprobs": []}], "refusal": None} if seen.body.get("logprobs") else None

    def _openai(self, seen, s):
        message = {"role": "assistant", "content": s.text, "refusal": None, **s.message}
        if s.thinking:
            message["reasoning_content"] = s.thinking
        finish = "stop"
        if s.tool_calls:
            message = {"role": "assistant", "content": None, "tool_calls": [{"id": t["id"], "type": "function", "function": {"name": t["name"], "arguments": t["arguments"]}, **t.get("more", {})} for t in s.tool_calls]}
            finish = "tool_calls"
        said = {"message": message} if seen.path.endswith("/chat/completions") else {"text": s.text}
        answer = {"id": "chatcmpl-fake", "object": "chat.completion", "created": 1730000000, "model": seen.body["model"],
                  "choices": [{"index": i, **said, "logprobs": self._logprobs(seen, s.text), "finish_reason": finish, **s.choice} for i in range(seen.body.get("n") or 1)]}
        if not s.omit_usage:
            answer["usage"] = self._usage(s)
        return {**answer, **s.root}

    def _anthropic(self, seen, s):
        u = self._usage(s)
        content = [{"type": "text", "text": s.text}]
        if s.thinking:
            content.insert(0, {"type": "thinking", "thinking": s.thinking, "signature": "c2lnbmVk"})
        if s.tool_calls:
            content = [{"type": "tool_use", "id": t["id"], "name": t["name"], "input": json.loads(t["arguments"]), **t.get("more", {})} for t in s.tool_calls]
        content = s.content or content
        answer = {"id": "msg_fake", "type": "message", "role": "assistant", "model": seen.body["model"], "content": content,
                  "stop_reason": "tool_use" if s.tool_calls else "end_turn", "stop_sequence": None}
        if not s.omit_usage:
            cache = {name: count for name, count in u.items() if name.startswith("cache_")}
            answer["usage"] = {"input_tokens": u["prompt_tokens"], "output_tokens": u["completion_tokens"], **cache, **s.usage_more}
        return {**answer, **s.root}

    def _events(self, seen, s, anthropic):
        """The SSE events of a streamed answer, as (is a piece of output, bytes)."""
        if s.chunk_size:
            pieces = [s.text[i:i + s.chunk_size] for i in range(0, len(s.text), s.chunk_size)]
        else:
            pieces = s.chunks if s.chunks is not None else [w + " " for w in s.text.split()]
        u = self._usage(s)
        if anthropic:
            def event(name, data):
                return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
            yield False, event("message_start", {"message": {**self._anthropic(seen, s), "content": [], "stop_reason": None, "usage": {"input_tokens": u["prompt_tokens"], "output_tokens": 1, **s.usage_more}}})
            if s.stream:
                for name, data in s.stream:
                    yield True, event(name, data)
                yield False, event("message_stop", {})
                return
            if s.tool_calls:
                for i, t in enumerate(s.tool_calls):
                    yield False, event("content_block_start", {"index": i, "content_block": {"type": "tool_use", "id": t["id"], "name": t["name"], "input": {}, **t.get("more", {})}})
                    for piece in [t["arguments"][j:j + 5] for j in range(0, len(t["arguments"]), 5)]:
                        yield True, event("content_block_delta", {"index": i, "delta": {"type": "input_json_delta", "partial_json": piece}})
                    yield False, event("content_block_stop", {"index": i})
            else:
                at = 0
                if s.thinking:
                    yield False, event("content_block_start", {"index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}})
                    for piece in [s.thinking[j:j + 7] for j in range(0, len(s.thinking), 7)]:
                        yield True, event("content_block_delta", {"index": 0, "delta": {"type": "thinking_delta", "thinking": piece}})
                    yield True, event("content_block_delta", {"index": 0, "delta": {"type": "signature_delta", "signature": "c2lnbmVk"}})
                    yield False, event("content_block_stop", {"index": 0})
                    at = 1
                yield False, event("content_block_start", {"index": at, "content_block": {"type": "text", "text": ""}})
                for piece in pieces:
                    yield True, event("content_block_delta", {"index": at, "delta": {"type": "text_delta", "text": piece}})
                yield False, event("content_block_stop", {"index": at})
            yield False, event("message_delta", {"delta": {"stop_reason": "tool_use" if s.tool_calls else "end_turn", "stop_sequence": None}, "usage": {"output_tokens": u["completion_tokens"]}, **s.ending})
            yield False, event("message_stop", {})
            return

        choices = range(seen.body.get("n") or 1)

        def chunk(delta, finish=None, index=0, **extra):
            logprobs = self._logprobs(seen, delta["content"]) if delta.get("content") else None
            c = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1730000000, "model": seen.body["model"],
                 "choices": [{"index": index, "delta": {**delta, **s.delta}, "logprobs": logprobs, "finish_reason": finish, **s.choice}], **s.root, **extra}
            return f"data: {json.dumps(c)}\n\n".encode()
        for i in choices:
            yield False, chunk({"role": "assistant", "content": ""}, index=i)
        if s.stream:
            for delta in s.stream:
                yield True, chunk(delta)
        elif s.tool_calls:
            for i, t in enumerate(s.tool_calls):
                yield True, chunk({"tool_calls": [{"index": i, "id": t["id"], "type": "function", "function": {"name": t["name"], "arguments": ""}, **t.get("more", {})}]})
                for piece in [t["arguments"][j:j + 5] for j in range(0, len(t["arguments"]), 5)]:
                    yield True, chunk({"tool_calls": [{"index": i, "function": {"arguments": piece}}]})
        else:
            for piece in [(s.thinking or "")[j:j + 7] for j in range(0, len(s.thinking or ""), 7)]:
                yield True, chunk({"reasoning_content": piece})
            for piece in pieces:
                for i in choices:
                    yield True, chunk({"content": piece}, index=i)
        called = s.tool_calls or any("tool_calls" in delta for delta in s.stream or [])
        for i in choices:
            yield False, chunk({}, "tool_calls" if called else "stop", index=i)
        if not s.omit_usage and (seen.body.get("stream_options") or {}).get("include_usage"):
            last = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1730000000, "model": seen.body["model"], "choices": [], "usage": u, **s.root}
            yield False, f"data: {json.dumps(last)}\n\n".encode()
        if not s.omit_done:
            yield False, b"data: [DONE]\n\n"

    async def _stream(self, writer, seen, s, anthropic):
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in s.headers.items())
        writer.write(head.encode() + b"\r\n")
        sent = 0
        for is_piece, data in self._events(seen, s, anthropic):
            if is_piece:
                if s.stall_after_chunks is not None and sent >= s.stall_after_chunks:
                    await asyncio.sleep(3600)
                if s.cut_after_chunks is not None and sent >= s.cut_after_chunks:
                    return False
                if s.garbage == "chunk" and sent == 2:
                    data = b"data: {\"choices\": not json\n\n"
                sent += 1
                if s.chunk_delay:
                    await asyncio.sleep(s.chunk_delay)
            for part in [data[i:i + 1] for i in range(len(data))] if s.byte_by_byte else [data]:
                writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
