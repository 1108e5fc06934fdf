/**
 * What `serve --trace` shows beside the log: on stderr, as text, in which a replica that comes back and goes as before is a line; with
 * --json on stdout, one event a line, all of them, and the log on stderr.
 */
import { foldingReplicaTrace } from '../render/replica-trace-fold.js';
import { type Terminal } from '../terminal.js';
import { type ServerView } from './run-server.js';

/** How often it is looked whether something was held back for too long, in ms. */
const HELD_MS = 500;

/** `view` with the trace added. */
export function traceView(terminal: Terminal, json: boolean, view: ServerView): ServerView {
  return json ? jsonTrace(view) : textTrace(terminal, view);
}

function jsonTrace(view: ServerView): ServerView {
  return {
    receive: (message) => {
      view.receive(message);
      if (message.type === 'trace')
        process.stdout.write(`${JSON.stringify({ conn: message.conn, ...message.event })}\n`);
      else if (message.type === 'log') process.stderr.write(`${message.line}\n`);
    },
    hides: () => true,
    stop: () => view.stop(),
  };
}

function textTrace(terminal: Terminal, view: ServerView): ServerView {
  // With `serve --trace > log` the log goes to the file and the trace to the terminal.
  const { columns } = process.stderr;
  const render = foldingReplicaTrace(columns > 0 ? { ...terminal, width: columns } : terminal);
  const print = (text: string): void => void (text !== '' && process.stderr.write(text));
  // The events have the server's clock; it goes on while none comes.
  let told: { readonly atMs: number; readonly hereMs: number } | undefined;
  const looking = setInterval(() => {
    if (told) print(render.until(told.atMs + performance.now() - told.hereMs));
  }, HELD_MS);
  looking.unref();
  return {
    receive: (message) => {
      view.receive(message);
      if (message.type !== 'trace') return;
      told = { atMs: message.event.atMs, hereMs: performance.now() };
      print(render(message));
    },
    hides: (log) => view.hides(log),
    stop: () => {
      clearInterval(looking);
      print(render.finish());
      view.stop();
    },
  };
}
