#!/usr/bin/env python3
"""Requests for tools/profile/renew out of texts: requests.py TEXTS SCANNED OUT

TEXTS and SCANNED are what `gatehouse firewall scan` read and wrote. Texts that it doubts are left out: most
traffic is not like them.
Writes OUT/whole.tsv, OUT/streamed.tsv and OUT/embedded.tsv, a request a line: path, tab, JSON body.
"""
import json
import pathlib
import random
import sys

DOUBTED = 0.2  # score
PERSONAL = "My card is 4111 1111 1111 1111, my address anna.keller@example.org, my number +49 30 901820."
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}


def chat(texts, model, chance):
    """A chat of one to five messages, some with tools and their results."""
    messages = [{"role": "system", "content": "You are a careful assistant. Answer in short sentences and say when you are unsure."}]
    for _ in range(chance.choice((0, 0, 1, 2))):
        messages += [{"role": "user", "content": chance.choice(texts)}, {"role": "assistant", "content": chance.choice(texts)}]
    prompt = " ".join(chance.sample(texts, chance.choice((1, 1, 2, 6))))
    if chance.random() < 0.1:
        prompt += " " + PERSONAL
    messages.append({"role": "user", "content": [{"type": "text", "text": prompt}] if chance.random() < 0.2 else prompt})
    body = {"model": model, "messages": messages, "temperature": 0.2, "max_tokens": 256}
    if chance.random() < 0.15:
        body["tools"] = [{"type": "function", "function": {"name": "weather", "description": "The weather of a city", "parameters": WEATHER}}]
        call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
        messages += [{"role": "assistant", "content": None, "tool_calls": [call]},
                     {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"summary": chance.choice(texts)})}]
    return body


def message(texts, model, chance):
    return {"model": model, "max_tokens": 256, "system": "You are a careful assistant.",
            "messages": [{"role": "user", "content": " ".join(chance.sample(texts, 2))}]}


def request(texts, model, chance, **more):
    if chance.random() < 0.2:
        return "/v1/messages", {**message(texts, model, chance), **more}
    return "/v1/chat/completions", {**chat(texts, model, chance), **more}


def main():
    read, scanned, out = map(pathlib.Path, sys.argv[1:])
    with read.open() as asked, scanned.open() as answered:
        pairs = zip(map(json.loads, asked), map(json.loads, answered), strict=True)
        texts = [text["text"] for text, verdict in pairs if verdict["score"] < DOUBTED]
    chance = random.Random(1)
    kinds = {"whole": (500, lambda: request(texts, "whole", chance)),
             "streamed": (200, lambda: request(texts, "streamed", chance, stream=True)),
             "embedded": (100, lambda: request([t for t in texts if len(t) < 200], "smollm2", chance, stream=True, max_tokens=48))}
    for name, (count, make) in kinds.items():
        made = (make() for _ in range(count))
        (out / f"{name}.tsv").write_text("".join(f"{path}\t{json.dumps(body)}\n" for path, body in made))


if __name__ == "__main__":
    main()
