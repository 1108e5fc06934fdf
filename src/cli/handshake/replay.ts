/**
 * `handshake --replay FILE`: reads a trace that `--json` wrote, line by line, diagnoses it anew, and prints it as the run
 * that wrote it did. A file that is none, or is damaged, is named with the line.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { TraceError, TraceReader } from '../../core/diagnosis/tape/read.js';
import { Redactor } from '../../core/diagnosis/tape/redact.js';
import { Replay } from '../../core/diagnosis/tape/replay.js';
import { EXIT } from '../exit-codes.js';
import { foldingRenderer } from '../render/handshake-fold.js';
import { UsageError } from '../usage-error.js';
import { EXIT_OF, jsonLine, redactionOf, type Job } from './setup.js';

/** Runs it; the exit code is that of the run that wrote the trace. Throws UsageError for what is no trace. */
export async function runReplay(path: string, job: Pick<Job, 'flags' | 'terminal'>): Promise<number> {
  try {
    return await replayFile(path, job);
  } catch (error) {
    if (error instanceof Unread) return EXIT.unread;
    throw error;
  }
}

async function replayFile(
  path: string,
  { flags, terminal }: Pick<Job, 'flags' | 'terminal'>,
): Promise<number> {
  const name = path === '-' ? 'standard input' : path;
  const out: string[] = [];
  const render = flags.json ? jsonLine : foldingRenderer({ terminal, hex: flags.hex });
  const replay = new Replay((event) => void out.push(render(event)));
  const redaction = redactionOf(flags);
  const redactor = redaction && new Redactor(redaction);
  const reader = new TraceReader();
  try {
    for await (const line of createInterface({ input: open(path), crlfDelay: Infinity })) {
      const event = reader.read(line);
      if (event) replay.take(redactor ? redactor.redact(event) : event);
      await print(out);
    }
    reader.finish();
  } catch (error) {
    if (error instanceof Unread) throw error;
    await print(out);
    throw complaint(name, error);
  }
  const { verdict, recordedIds } = replay.finish();
  await print(out);
  if (recordedIds) {
    const then = recordedIds.length > 0 ? recordedIds.join(', ') : 'nothing';
    process.stderr.write(`The run that wrote ${name} found: ${then}\n`);
  }
  return EXIT_OF[verdict];
}

function open(path: string): Readable {
  return path === '-' ? process.stdin : createReadStream(path);
}

/** The reader of what is printed has gone away: nothing that the file could be blamed for. */
class Unread extends Error {}

/** What is wrong with the file, as bad usage. */
function complaint(name: string, error: unknown): unknown {
  if (error instanceof TraceError) return new UsageError(`--replay: ${name}, ${error.message}`);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new UsageError(`--replay: cannot read ${name} (${code})`);
}

/** Writes what waits, no faster than it is taken. Throws Unread when nobody reads. */
async function print(out: string[]): Promise<void> {
  if (out.length === 0) return;
  const text = out.join('');
  out.length = 0;
  if (process.stdout.errored) throw new Unread();
  if (text === '' || process.stdout.write(text)) return;
  try {
    await once(process.stdout, 'drain');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EPIPE' ? new Unread() : error;
  }
}
