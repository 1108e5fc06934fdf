/**
 * A headless Chromium for tests, driven over its debugging pipe: opens a file as a reader would, and tells what is drawn, what was
 * asked of the network, and what the console said. One browser per page, with a profile of its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, type Writable } from 'node:stream';

const BINARY = 'chromium';

/** Whether chromium is installed. */
export const chromiumAvailable = spawnSync(BINARY, ['--version']).status === 0;

export interface Viewing {
  readonly width: number;
  readonly dark?: boolean;
  readonly print?: boolean;
  /** Default: off, as a careful reader has it. */
  readonly javascript?: boolean;
}

export interface Drawn {
  /** Every piece of text that has a place on the page, in document order. */
  readonly texts: readonly string[];
  /** Of texts and boxes outside of what scrolls by itself: the furthest to the right, in px. */
  readonly rightmost: number;
  /** URLs that the page asked for, itself included. */
  readonly requests: readonly string[];
  /** Errors and warnings of the console, refusals of the content policy among them. */
  readonly complaints: readonly string[];
  /** Colours of the page as `rgb(r, g, b)`. */
  readonly background: string;
  readonly ink: string;
}

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
  ...[
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
  ],
];
const DEADLINE_MS = 60_000;

/** Opens a page in a browser of its own. */
export async function openPage(url: string, viewing: Viewing): Promise<Drawn> {
  const profile = mkdtempSync(join(tmpdir(), 'redis-ts-chromium-'));
  const child = spawn(
    BINARY,
    [...FLAGS, `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: profile },
      // A group of its own, so that none of its processes outlives the test.
      detached: true,
    },
  );
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => killGroup(child.pid);
  const deadline = setTimeout(kill, DEADLINE_MS);
  try {
    const [, , , input, output] = child.stdio;
    const pipe = new Pipe(input as Writable, output as Readable, gone);
    const drawn = await look(pipe, url, viewing);
    pipe.end('Browser.close');
    await gone;
    return drawn;
  } finally {
    clearTimeout(deadline);
    kill();
    await gone;
    // A process that was killed just now may still hold a file.
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function look(pipe: Pipe, url: string, viewing: Viewing): Promise<Drawn> {
  const { targetId } = await pipe.ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const attached = await pipe.ask<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  });
  const ask = <T>(method: string, params: object = {}) => pipe.ask<T>(method, params, attached.sessionId);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await ask(`${domain}.enable`);
  await ask('Emulation.setScriptExecutionDisabled', { value: viewing.javascript !== true });
  const size = { width: viewing.width, height: 1000, deviceScaleFactor: 1, mobile: false };
  await ask('Emulation.setDeviceMetricsOverride', size);
  const scheme = { name: 'prefers-color-scheme', value: viewing.dark ? 'dark' : 'light' };
  await ask('Emulation.setEmulatedMedia', { media: viewing.print ? 'print' : 'screen', features: [scheme] });
  const loaded = pipe.event('Page.loadEventFired');
  await ask('Page.navigate', { url });
  await loaded;
  const computedStyles = ['background-color', 'color', 'overflow-x'];
  const snapshot = await ask<Snapshot>('DOMSnapshot.captureSnapshot', { computedStyles });
  return { ...readSnapshot(snapshot), ...readEvents(pipe) };
}

interface Snapshot {
  readonly strings: readonly string[];
  readonly documents: readonly {
    readonly nodes: { readonly parentIndex: readonly number[]; readonly nodeName: readonly number[] };
    readonly layout: {
      readonly nodeIndex: readonly number[];
      readonly text: readonly number[];
      readonly bounds: readonly (readonly number[])[];
      readonly styles: readonly (readonly number[])[];
    };
  }[];
}

function readSnapshot({ strings, documents: [{ nodes, layout }] }: Snapshot) {
  const styleOf = new Map(
    layout.nodeIndex.map((node, i) => [node, layout.styles[i].map((at) => strings[at])]),
  );
  const scrolls = (node: number): boolean => {
    for (let at = node; at >= 0; at = nodes.parentIndex[at]) if (styleOf.get(at)?.[2] === 'auto') return true;
    return false;
  };
  const body = layout.nodeIndex.find((node) => strings[nodes.nodeName[node]] === 'BODY') ?? -1;
  const [background = '', ink = ''] = styleOf.get(body) ?? [];
  const edges = layout.bounds.map(([x, , width], i) => (scrolls(layout.nodeIndex[i]) ? 0 : x + width));
  const texts = layout.text.flatMap((at) => (at < 0 ? [] : [strings[at].trim().replace(/\s+/g, ' ')]));
  return { background, ink, rightmost: Math.max(...edges), texts: texts.filter((text) => text !== '') };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

function readEvents({ events }: Pipe) {
  const of = <T>(name: string): T[] =>
    events.filter(({ method }) => method === name).map(({ params }) => params as T);
  const asked = of<{ request: { url: string } }>('Network.requestWillBeSent').map(
    ({ request }) => request.url,
  );
  const logged = of<{ entry: { text: string } }>('Log.entryAdded').map(({ entry }) => entry.text);
  const called = of<{ type: string }>('Runtime.consoleAPICalled').map(({ type }) => `console.${type}`);
  const thrown = of<object>('Runtime.exceptionThrown').map((details) => JSON.stringify(details));
  return { requests: asked, complaints: [...logged, ...called, ...thrown] };
}

/** The debugging protocol over a pipe: JSON, a NUL after each message. */
class Pipe {
  readonly events: Message[] = [];
  private readonly waiting = new Map<
    number,
    { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }
  >();
  private readonly awaited = new Map<string, () => void>();
  private rest = '';
  private lastId = 0;

  constructor(
    private readonly input: Writable,
    output: Readable,
    gone: Promise<void>,
  ) {
    input.on('error', () => undefined);
    output.setEncoding('utf8').on('data', (chunk: string) => this.read(chunk));
    void gone.then(() => {
      for (const waiter of this.waiting.values()) waiter.reject(new Error('chromium has ended'));
    });
  }

  ask<T = unknown>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.lastId;
    this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) =>
      this.waiting.set(id, { resolve: (result) => resolve(result as T), reject }),
    );
  }

  /** Sends the last message: its answer may not come any more. */
  end(method: string): void {
    this.input.write(`${JSON.stringify({ id: ++this.lastId, method })}\0`);
  }

  /** The next event of that name. */
  event(name: string): Promise<void> {
    return new Promise((resolve) => this.awaited.set(name, resolve));
  }

  private read(chunk: string): void {
    const messages = (this.rest + chunk).split('\0');
    this.rest = messages.pop() ?? '';
    for (const text of messages) this.take(JSON.parse(text) as Message);
  }

  private take(message: Message): void {
    const { id, method, result, error } = message;
    if (id === undefined) {
      this.events.push(message);
      this.awaited.get(method ?? '')?.();
      return;
    }
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiter?.reject(new Error(error.message));
    else waiter?.resolve(result);
  }
}
