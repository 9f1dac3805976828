// Compares our token ids, type ids and offsets with those of an independent implementation, text by text.
//
//   npm install tokenizers @huggingface/transformers      (in any folder; name it with --modules)
//   node tests/text/compare-tokenizers.mjs --dump-ids build/release/bin/tests/dump_ids --modules DIR \
//        --model DIR [--with tokenizers|transformers] [--pairs] [--max-length N --truncation NAME] FILE...
//
// FILE holds a text per line, or is .json: an array of texts. --pairs makes pairs of neighbouring texts.
//
// `tokenizers` is Hugging Face's own implementation in Rust and what we follow to the letter. `transformers` is written
// anew in JavaScript and differs from it in these cases, in which a difference is reported as known:
//   - \s of JavaScript has U+FEFF and lacks U+0085; \p{...} follows the Unicode version of the JavaScript engine;
//   - lower-casing looks at the whole text, so that a final capital sigma becomes U+03C2 (Rust: always U+03C3);
//   - white space around special tokens is cut off (<mask>), and BERT's clean-up keeps characters that Rust drops;
//   - a run of CJK ideographs beyond U+FFFF stays one word, since it looks at UTF-16 units;
//   - it truncates a pair as if it were one text, and gives no offsets.
//
// Two differences from `tokenizers` itself are ours on purpose. Since it stops early on long texts, longest_first with an
// odd number of places depends there on where it stopped (one token more of one text, one less of the other); we do
// what it does with short texts. With add_prefix_space its offsets of a word after a blank take the blank in.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    'dump-ids': { type: 'string' },
    modules: { type: 'string' },
    model: { type: 'string' },
    with: { type: 'string', default: 'tokenizers' },
    pairs: { type: 'boolean', default: false },
    'max-length': { type: 'string' },
    truncation: { type: 'string', default: 'none' },
    show: { type: 'string', default: '20' },
  },
});

function readTexts(file) {
  // Bytes that are no UTF-8 become U+FFFD here as they do in our tokenizer.
  const content = new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(file));
  if (file.endsWith('.json')) return JSON.parse(content);
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function inputs() {
  const texts = files.flatMap(readTexts);
  if (!options.pairs) return texts;
  const pairs = [];
  for (let i = 0; i + 1 < texts.length; ++i) pairs.push([texts[i], texts[i + 1]]);
  return pairs;
}

function runOurs(list) {
  const args = [options.model, '--truncation', options.truncation];
  if (options['max-length']) args.push('--max-length', options['max-length']);
  const run = spawnSync(options['dump-ids'], args, {
    input: list.map((text) => JSON.stringify(text) + '\n').join(''),
    maxBuffer: 2 ** 31 - 1,
  });
  if (run.status !== 0) throw new Error(`dump_ids failed: ${run.stderr}`);
  return run.stdout.toString().trimEnd().split('\n').map((line) => JSON.parse(line));
}

/** A pair of CJK ideographs beyond the first plane. */
const hasWideIdeographs = (text) => /[\u{20000}-\u{2FA1F}]{2}/u.test(text);
const isOneText = (item) => typeof item === 'string';
const require = createRequire(pathToFileURL(resolve(options.modules, 'package.json')));

/** Hugging Face's tokenizers count offsets in characters; we count bytes. */
function byteOffsetsOf(text) {
  const starts = [0];
  for (const character of text) starts.push(starts.at(-1) + Buffer.byteLength(character));
  return starts;
}

function rustTokenizer() {
  const { Tokenizer, TruncationStrategy } = require('tokenizers');
  const tokenizer = Tokenizer.fromFile(`${options.model}/tokenizer.json`);
  tokenizer.disablePadding();
  tokenizer.disableTruncation();
  const strategies = { longest_first: 'LongestFirst', only_first: 'OnlyFirst', only_second: 'OnlySecond' };
  if (options.truncation !== 'none') {
    tokenizer.setTruncation(Number(options['max-length']), {
      strategy: TruncationStrategy?.[strategies[options.truncation]] ?? strategies[options.truncation],
    });
  }
  return async (item) => {
    try {
      const encoding = await (isOneText(item) ? tokenizer.encode(item) : tokenizer.encode(item[0], item[1]));
      const sequences = encoding.getSequenceIds();
      const starts = (isOneText(item) ? [item] : item).map(byteOffsetsOf);
      const offsets = encoding.getOffsets().map(([begin, end], i) => {
        const bytes = starts[sequences[i] ?? 0];
        return sequences[i] == null ? [0, 0] : [bytes[begin], bytes[end]];
      });
      return { ids: encoding.getIds(), type_ids: encoding.getTypeIds(), offsets };
    } catch (error) {
      return { error: String(error) };
    }
  };
}

async function javascriptTokenizer() {
  const { PreTrainedTokenizer } = await import(pathToFileURL(require.resolve('@huggingface/transformers')));
  const tokenizer = new PreTrainedTokenizer(JSON.parse(readFileSync(`${options.model}/tokenizer.json`)), {});
  return async (item) => {
    const [text, text_pair] = isOneText(item) ? [item, null] : item;
    const truncation = options.truncation !== 'none';
    const max_length = truncation ? Number(options['max-length']) : null;
    const result = tokenizer(text, { text_pair, truncation, max_length, return_tensor: false });
    return { ids: result.input_ids, type_ids: result.token_type_ids };
  };
}

function differs(ours, theirs) {
  if (theirs.error || ours.error) return Boolean(theirs.error) !== Boolean(ours.error);
  return ['ids', 'type_ids', 'offsets'].some(
    (key) => theirs[key] !== undefined && JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]),
  );
}

/** Texts on which the JavaScript implementation is known to leave the Rust one (see above). */
function isKnownDifference(item) {
  const text = [item].flat().join(' ');
  return options.with === 'transformers' && (hasWideIdeographs(text) || /[\u0085\uFEFF\u03A3\u0130]|<mask>|[\p{Cn}\p{Co}]/u.test(text));
}

const list = inputs();
const ours = runOurs(list);
const theirs = options.with === 'tokenizers' ? rustTokenizer() : await javascriptTokenizer();
let different = 0;
let known = 0;
for (let i = 0; i < list.length; ++i) {
  const reference = await theirs(list[i]);
  if (!differs(ours[i], reference)) continue;
  if (isKnownDifference(list[i])) {
    ++known;
    continue;
  }
  if (++different <= Number(options.show)) {
    console.log(`DIFFERENT ${JSON.stringify(list[i]).slice(0, 300)}`);
    console.log(`  ours   ${JSON.stringify(ours[i]).slice(0, 600)}`);
    console.log(`  theirs ${JSON.stringify(reference).slice(0, 600)}`);
  }
}
console.log(`${options.with}: ${list.length} compared, ${different} different, ${known} known differences`);
process.exit(different === 0 ? 0 : 1);
