/**
 * What `serve --trace` shows beside the log: on stderr, as text; with --json on stdout, one event a line, and the log on stderr.
 */
import { replicaTraceRenderer } from '../render/replica-trace.js';
import { type Terminal } from '../terminal.js';
import { type ServerView } from './run-server.js';

/** `view` with the trace added. */
export function traceView(terminal: Terminal, json: boolean, view: ServerView): ServerView {
  // With `serve --trace > log` the log goes to the file and the trace to the terminal.
  const { columns } = process.stderr;
  const render = replicaTraceRenderer(columns > 0 ? { ...terminal, width: columns } : terminal);
  return {
    receive: (message) => {
      view.receive(message);
      if (message.type === 'trace') {
        const { conn, event } = message;
        if (json) process.stdout.write(`${JSON.stringify({ conn, ...event })}\n`);
        else process.stderr.write(render(message));
      } else if (json && message.type === 'log') process.stderr.write(`${message.line}\n`);
    },
    hides: (log) => json || view.hides(log),
    stop: () => view.stop(),
  };
}
