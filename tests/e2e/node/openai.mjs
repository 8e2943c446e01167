// The official Node SDK against Gatehouse. Prints one JSON object that the test looks at.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.env.GATEHOUSE_URL + '/v1', apiKey: process.env.GATEHOUSE_KEY, maxRetries: 0 });
const messages = [{ role: 'user', content: 'What is the capital of Japan?' }];
const out = {};

const whole = await client.chat.completions.create({ model: 'smollm2', temperature: 0, max_tokens: 32, messages });
out.text = whole.choices[0].message.content;
out.usage = whole.usage;

let streamed = '';
for await (const chunk of await client.chat.completions.create({ model: 'smollm2', temperature: 0, max_tokens: 32, stream: true, messages })) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
}
out.streamed = streamed;

const embedding = await client.embeddings.create({ model: 'all-minilm-l6-v2', input: 'hello' });
out.dimensions = embedding.data[0].embedding.length;

const tool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };
const called = await client.chat.completions.create({ model: 'smollm2', temperature: 0, max_tokens: 64, messages, tools: [tool], tool_choice: 'required' });
out.tool = called.choices[0].message.tool_calls[0].function;

try {
  await client.chat.completions.create({ model: 'nope', messages });
} catch (error) {
  out.error = { status: error.status, param: error.param, code: error.code };
}

const controller = new AbortController();
const cancelled = await client.chat.completions.create({ model: 'smollm2', stream: true, max_tokens: 400, messages: [{ role: 'user', content: 'Write a long story.' }] }, { signal: controller.signal });
let pieces = 0;
try {
  for await (const _ of cancelled) if (++pieces === 3) controller.abort();
} catch { /* the SDK may throw on abort */ }
out.pieces = pieces;

console.log(JSON.stringify(out));
