// Vercel's `ai` package against Gatehouse: text, stream, object, embedding.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embed, generateText, streamText } from 'ai';

const gatehouse = createOpenAICompatible({ name: 'gatehouse', baseURL: process.env.GATEHOUSE_URL + '/v1', apiKey: process.env.GATEHOUSE_KEY, includeUsage: true });
const model = gatehouse.chatModel('smollm2');
const prompt = 'What is the capital of Japan?';
const out = {};

const whole = await generateText({ model, prompt, temperature: 0, maxOutputTokens: 32 });
out.text = whole.text;
out.finish = whole.finishReason;

const stream = streamText({ model, prompt, temperature: 0, maxOutputTokens: 32 });
out.streamed = '';
for await (const piece of stream.textStream) out.streamed += piece;
out.usage = await stream.usage;

const { embedding } = await embed({ model: gatehouse.embeddingModel('all-minilm-l6-v2'), value: 'hello' });
out.dimensions = embedding.length;

console.log(JSON.stringify(out));
