/** What `serve --trace` prints with replicas folded that come back and go as before (fold.ts): what its events are worth in that. */
import { isWord } from '../../core/base/bytes.js';
import { type TraceMessage } from '../server/messages.js';
import { type Terminal } from '../terminal.js';
import { folding, plain, type Figures, type FoldedTrace, type FoldingRenderer } from './fold.js';
import { replicaTraceRenderer } from './replica-trace.js';

type Told = Pick<TraceMessage, 'conn' | 'event'>;
type Event = Told['event'];

/** As `replicaTraceRenderer`, with connections folded. */
export function foldingReplicaTrace(terminal: Omit<Terminal, 'live'>): FoldingRenderer<Told> {
  return folding(tracedReplicas(), replicaTraceRenderer(terminal), terminal);
}

function tracedReplicas(): FoldedTrace<Told> {
  const beganMs = new Map<number, number>();
  return {
    atMs: ({ event }) => event.atMs,
    conn: ({ conn }) => conn,
    begins: ({ conn, event }) => {
      if (event.kind !== 'attach') return false;
      beganMs.set(conn, event.atMs);
      return true;
    },
    from: ({ event }) => (event.kind === 'attach' ? event.peer : undefined),
    ends: ({ conn, event }) => {
      if (event.kind !== 'closed') return undefined;
      const ms = event.atMs - (beganMs.get(conn) ?? event.atMs);
      beganMs.delete(conn);
      return { ms, by: event.by === 'master' ? 'us' : 'the replica' };
    },
    concludes: () => false,
    trait: ({ event }) => trait(event),
    figures: ({ event }) => figures(event),
    finding: ({ event }) => (event.kind === 'finding' ? event.finding.id : undefined),
    // Each line has the number of its replica.
    headed: () => false,
    title: (conn) => `replica #${conn}`,
  };
}

function trait(event: Event): string | undefined {
  switch (event.kind) {
    case 'command':
      return `< ${plain(event.args.join(' '))}`;
    case 'reply':
      return `> ${event.verdict} ${plain(event.line)}`;
    case 'continue':
      return `continue ${event.verdict ?? 'ok'}`;
    case 'snapshot-begin':
      return `snapshot ${event.form}`;
    case 'odd':
      return `odd ${plain(event.bytes)}`;
    case 'ack':
      return event.verdict === 'ok' || event.verdict === 'ignored'
        ? undefined
        : `ack ${event.why ?? event.verdict}`;
    case 'closed':
      return `closed ${event.by}`;
    case 'full':
    case 'snapshot-end':
    case 'blind':
      return event.kind;
    case 'attach':
    case 'keepalive':
    case 'newline':
    case 'getack':
    case 'finding':
      return undefined;
  }
}

function figures(event: Event): Figures {
  switch (event.kind) {
    case 'command':
      return isWord(event.args[0], 'psync') ? { asked: event.args.slice(1).join(' ') } : {};
    case 'full':
      return { syncOffset: event.offset };
    case 'snapshot-end':
      return { snapshotBytes: event.bytes };
    case 'ack':
      return { offset: event.offset };
    default:
      return {};
  }
}
