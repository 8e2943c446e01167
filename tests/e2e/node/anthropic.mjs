// Anthropic's Node SDK against Gatehouse.
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: process.env.GATEHOUSE_URL, apiKey: process.env.GATEHOUSE_KEY, maxRetries: 0 });
const request = { model: 'smollm2', max_tokens: 32, temperature: 0, messages: [{ role: 'user', content: 'What is the capital of Japan?' }] };
const out = {};

const whole = await client.messages.create(request);
out.text = whole.content[0].text;
const stream = client.messages.stream(request);
out.streamed = (await stream.finalMessage()).content[0].text;
try {
  await client.messages.create({ ...request, model: 'nope' });
} catch (error) {
  out.error = { status: error.status, type: error.error?.error?.type };
}
console.log(JSON.stringify(out));
