/**
 * Nanoseconds per command of the request parser: SET with a 16-char key and a 3-byte value, as redis-benchmark sends it.
 * Run: npx tsc --outDir .tmp/micro --rootDir . -p tsconfig.json && node .tmp/micro/bench/micro/request-parser.js
 */
import { RequestParser } from '../../src/core/protocol/request-parser.js';

const COMMANDS_PER_RUN = 2_000_000;
const RUNS = 5;

function pipeline(depth: number): Buffer {
  let text = '';
  for (let i = 0; i < depth; i++) {
    const key = 'key:' + String(100_000_000_000 + i * 7919);
    text += `*3\r\n$3\r\nSET\r\n$16\r\n${key}\r\n$3\r\n${100 + (i % 900)}\r\n`;
  }
  return Buffer.from(text, 'latin1');
}

function measure(depth: number, cut: number): number {
  const chunk = pipeline(depth);
  const parser = new RequestParser({ maxBulkLength: 512 * 1024 * 1024 });
  const kept: unknown[] = new Array<unknown>(1024);
  const rounds = Math.ceil(COMMANDS_PER_RUN / depth);
  let best = Infinity;
  let seen = 0;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    for (let round = 0; round < rounds; round++) {
      parser.push(chunk, 0, chunk.length - cut);
      while (parser.next()) kept[seen++ & 1023] = parser.argv;
      parser.detach();
      if (cut === 0) continue;
      parser.push(chunk, chunk.length - cut, chunk.length);
      while (parser.next()) kept[seen++ & 1023] = parser.argv;
      parser.detach();
    }
    best = Math.min(best, ((performance.now() - began) * 1e6) / (rounds * depth));
  }
  if (seen !== rounds * depth * RUNS) throw new Error(`parsed ${seen} commands`);
  return best;
}

for (const depth of [1, 16, 64, 1000]) {
  console.log(
    `depth ${depth}: ${measure(depth, 0).toFixed(0)} ns, last one split: ${measure(depth, 10).toFixed(0)} ns`,
  );
}
