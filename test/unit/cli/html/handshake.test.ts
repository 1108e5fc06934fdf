/** The page of `handshake --report`: what each connection of a run has shown stands apart from what the others have. */
import { describe, expect, it } from 'vitest';
import { handshakePage } from '../../../../src/cli/html/handshake.js';
import { type TraceEvent } from '../../../../src/core/diagnosis/trace.js';

interface Streamed {
  readonly conn: number;
  readonly role: 'main' | 'own-port' | 'reconnect';
  readonly commands: readonly string[];
  /** More than are among the events. */
  readonly total?: number;
}

function events(streams: readonly Streamed[]): TraceEvent[] {
  let atUs = 0;
  const list: object[] = [];
  const add = (conn: number, event: object): void => void list.push({ atUs: (atUs += 1000), conn, ...event });
  add(1, { kind: 'target', step: 'examine', schema: 1, target: '127.0.0.1:7777', tls: false });
  for (const { conn, role, commands, total } of streams) {
    add(conn, { kind: 'visit', step: 'examine', role, asked: {} });
    add(conn, {
      ...{ kind: 'connect', step: 'connect' },
      ...{ local: `127.0.0.1:4000${conn}`, localPort: 40000 + conn, remote: '127.0.0.1:7777' },
    });
    add(conn, { kind: 'stream-begin', step: 'stream', offset: 100 * conn });
    let offset = 100 * conn;
    for (const text of commands) {
      offset += 20;
      const args = text.split(' ');
      add(conn, { kind: 'command', step: 'stream', args, argc: args.length, wireLength: 20, offset });
    }
    const read = total ?? commands.length;
    add(conn, {
      kind: 'stream-end',
      step: 'stream',
      why: 'time',
      commands: read,
      bytesRead: 20 * read,
      offset,
    });
  }
  add(1, { kind: 'end', step: 'examine', verdict: 'passed', faults: [], warnings: [] });
  return list as TraceEvent[];
}

/** The text of each section, by its title; tags are left out. */
function sections(page: string): ReadonlyMap<string, string> {
  const found = page.matchAll(/<section[^>]*>\s*<h2[^>]*>([^<]*)<\/h2>([^]*?)<\/section>/g);
  return new Map([...found].map(([, title, body]) => [title.trim(), body.replace(/<[^>]*>|\s+/g, ' ')]));
}

const page = (streams: readonly Streamed[]): ReadonlyMap<string, string> =>
  sections(handshakePage({ events: events(streams), made: 'today' }));

describe('the stream on the page of --report', () => {
  it('is one chapter where one connection has read one', () => {
    const chapters = page([{ conn: 1, role: 'main', commands: ['SET a 1', 'SET b 2'] }]);
    expect(chapters.get('Stream')).toMatch(/2 commands, 40 B\..*120.*SET a 1.*140.*SET b 2/s);
  });

  it('is a chapter for each connection, which says what the connection was for', () => {
    const chapters = page([
      { conn: 1, role: 'main', commands: ['SET a 1', 'SET b 2'] },
      { conn: 2, role: 'own-port', commands: ['SET c 3'] },
      { conn: 3, role: 'reconnect', commands: ['SET b 2'] },
    ]);
    expect(chapters.get('Stream')).toMatch(/2 commands, 40 B\./);
    expect(chapters.get('Stream')).not.toMatch(/SET c 3/);
    expect(chapters.get('Stream of connection 2')).toMatch(
      /announces the port that it comes from.*1 command, 20 B\..*SET c 3/s,
    );
    expect(chapters.get('Stream of connection 3')).toMatch(
      /asks to continue.*1 command, 20 B\..*320.*SET b 2/s,
    );
    expect(chapters.get('Stream of connection 3')).not.toMatch(/SET a 1|SET c 3/);
  });

  it('counts what is left out by connection', () => {
    const chapters = page([
      { conn: 1, role: 'main', commands: ['SET a 1'], total: 1501 },
      { conn: 2, role: 'reconnect', commands: ['SET b 2'] },
    ]);
    expect(chapters.get('Stream')).toMatch(/1,501 commands, 29 KB\. 1,500 of them are left out here/);
    expect(chapters.get('Stream of connection 2')).not.toMatch(/left out/);
    expect(chapters.get('Sequence')).toMatch(/Connection 2: asks to continue/);
  });
});
