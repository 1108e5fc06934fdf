/** The trace of `--between` with connections folded that go as an earlier one did (fold.ts): what its events are worth in that. */
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { folding, plain, type Figures, type FoldedTrace, type FoldingRenderer } from './fold.js';
import { traceRenderer, type TraceOptions } from './handshake.js';

/** As `traceRenderer`, with connections folded; not where every byte is to be seen. */
export function foldingRenderer(options: TraceOptions): FoldingRenderer<TraceEvent> {
  const draw = traceRenderer(options);
  if (options.hex) return Object.assign(draw, { until: () => '', finish: () => '' });
  return folding(BETWEEN, draw, options.terminal);
}

const CONCLUSIONS: ReadonlySet<TraceEvent['kind']> = new Set(['finding', 'end', 'stopped']);
/** Not under the heading of a connection. */
const UNDER_NO_CONNECTION: ReadonlySet<TraceEvent['kind']> = new Set([
  'finding',
  'end',
  'attached',
  'target',
]);

const BETWEEN: FoldedTrace<TraceEvent> = {
  atMs: ({ atUs }) => atUs / 1000,
  conn: ({ conn }) => conn,
  begins: ({ kind }) => kind === 'visit',
  from: (event) => (event.kind === 'attached' ? event.replica : undefined),
  ends: (event) => (event.kind === 'detached' ? { ms: event.ms, by: `the ${event.by}` } : undefined),
  concludes: ({ kind }) => CONCLUSIONS.has(kind),
  trait,
  figures,
  finding: (event) => (event.kind === 'noticed' ? `${event.side} ${event.finding.id}` : undefined),
  headed: ({ kind }) => !UNDER_NO_CONNECTION.has(kind),
  title: (conn) => `connection ${conn}`,
};

function trait(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case 'send':
      return `> ${plain(event.args.join(' '))}`;
    case 'receive':
      return `< ${event.verdict} ${plain(event.line)}`;
    case 'fault':
      return `fault ${event.step} ${event.why}`;
    case 'unreachable':
      return `unreachable ${event.error.code}`;
    case 'passed-on':
      return `passed on ${plain(event.why)}`;
    case 'snapshot-begin':
      return `snapshot ${event.form}`;
    case 'snapshot-end': {
      const { checksum, problem, cutShort, extraBytes } = event.report;
      return `${checksum.state} ${plain(problem?.message ?? '')} ${cutShort} ${extraBytes > 0}`;
    }
    case 'snapshot-fault':
      return `no snapshot ${event.why}`;
    case 'stream-begin':
      return 'stream';
    case 'command':
      return `* ${event.args.join(' ')}`;
    case 'stream-noise':
    case 'stream-fault':
    case 'odd':
      return `${event.kind} ${plain(event.bytes)}`;
    case 'ack':
      return event.verdict === 'ok' || event.verdict === 'ignored' ? undefined : `ack ${event.verdict}`;
    case 'note':
      return event.text;
    case 'stream-end':
      return `end ${event.why}`;
    case 'detached':
      return `closed ${event.by} ${plain(event.error ?? '')}`;
    default:
      return undefined;
  }
}

function figures(event: TraceEvent): Figures {
  switch (event.kind) {
    case 'send':
      return event.step === 'psync' ? { asked: event.args.slice(1).join(' ') } : {};
    case 'outcome':
      return event.outcome.kind === 'full' ? { syncOffset: event.outcome.offset } : {};
    case 'snapshot-end':
      return { snapshotBytes: event.report.bytes };
    case 'stream-end':
      return { offset: event.offset };
    default:
      return {};
  }
}
