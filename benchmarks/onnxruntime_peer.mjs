// ONNX Runtime, dense and padded to the longest of each batch, as one who takes part in benchmarks/compare.
// node onnxruntime_peer.mjs ONNXRUNTIME_NODE MODEL.onnx PROBLEM.json THREADS, where ONNXRUNTIME_NODE is the
// directory of the package onnxruntime-node.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [directory, modelFile, problemFile, threads] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const onnxruntime = require(directory);
const { version } = require(`${directory}/package.json`);
const problem = JSON.parse(readFileSync(problemFile, 'utf8'));
const session = await onnxruntime.InferenceSession.create(modelFile, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  executionProviders: ['cpu'],
});

function tensors(sequences) {
  const longest = Math.max(...sequences.map((sequence) => sequence.length));
  const shape = [sequences.length, longest];
  const ids = new BigInt64Array(sequences.length * longest);
  const mask = new BigInt64Array(ids.length);
  sequences.forEach((sequence, row) => sequence.forEach((id, column) => {
    ids[row * longest + column] = BigInt(id);
    mask[row * longest + column] = 1n;
  }));
  const tensor = (values) => new onnxruntime.Tensor('int64', values, shape);
  return { input_ids: tensor(ids), attention_mask: tensor(mask), token_type_ids: tensor(new BigInt64Array(ids.length)) };
}

// Tensors are made once, before the time runs: JavaScript's big integers are no part of ONNX Runtime.
const batches = [];
for (let first = 0; first < problem.sequences.length; first += problem.batch)
  batches.push(tensors(problem.sequences.slice(first, first + problem.batch)));

let logits = [];
const answers = {
  async pass() {
    logits = [];
    const start = process.hrtime.bigint();
    for (const batch of batches) logits.push(...(await session.run(batch)).logits.data);
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9 };
  },
  async outcome() {
    return { logits };
  },
};

console.log(JSON.stringify({ name: 'ONNX Runtime', version }));
for await (const line of createInterface({ input: process.stdin })) {
  if (!(line in answers)) throw new Error(`standard input: expected pass or outcome, found ${line}`);
  console.log(JSON.stringify(await answers[line]()));
}
