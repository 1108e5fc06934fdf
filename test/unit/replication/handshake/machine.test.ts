import { describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import {
  advance,
  begin,
  currentStep,
  type Advance,
  type HandshakeInput,
} from '../../../../src/core/replication/handshake/machine.js';
import { type HandshakeOptions } from '../../../../src/core/replication/handshake/steps.js';

const ID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb';
const base: HandshakeOptions = {
  manner: 'one-by-one',
  listeningPort: 6380,
  capa: [ascii('eof'), ascii('psync2')],
  psync: 'full',
  syncFallback: true,
};

/** Feeds lines after the connection and gives every step: what was sent, in wire bytes, and the last result. */
function play(
  options: HandshakeOptions,
  ...lines: string[]
): { sent: string[]; last: Advance; notes: string[] } {
  let last = advance(begin(options), { type: 'connected' });
  const sent = last.send.map((m) => m.bytes as string);
  const notes: string[] = [];
  for (const line of lines) {
    last = advance(last.state, { type: 'line', line: ascii(line) });
    sent.push(...last.send.map((m) => m.bytes as string));
    notes.push(...last.notes.map((n) => `${n.kind} ${n.step}`));
  }
  return { sent, last, notes };
}

const PING = '*1\r\n$4\r\nPING\r\n';
const PORT = '*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6380\r\n';
const CAPA = '*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n';
const PSYNC = '*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n';

describe('the order of the wire', () => {
  it('waits for each answer, one by one', () => {
    expect(play(base).sent).toEqual([PING]);
    expect(play(base, '+PONG').sent).toEqual([PING, PORT]);
    expect(play(base, '+PONG', '+OK').sent).toEqual([PING, PORT, CAPA]);
    expect(play(base, '+PONG', '+OK', '+OK').sent).toEqual([PING, PORT, CAPA, PSYNC]);
  });

  it('sends the whole introduction at once in a burst, and PSYNC after the last answer', () => {
    const burst: HandshakeOptions = {
      ...base,
      manner: 'burst',
      user: ascii('bob'),
      pass: ascii('s3'),
      announceIp: ascii('10.0.0.9'),
    };
    const auth = '*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\ns3\r\n';
    const ip = '*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$8\r\n10.0.0.9\r\n';
    expect(play(burst, '+PONG').sent).toEqual([PING, auth, PORT, ip, CAPA]);
    expect(play(burst, '+PONG', '+OK', '+OK', '+OK').sent).toHaveLength(5);
    expect(play(burst, '+PONG', '+OK', '+OK', '+OK', '+OK').sent.at(-1)).toBe(PSYNC);
  });

  it('asks for a position exactly as given', () => {
    const options: HandshakeOptions = { ...base, capa: [], psync: { replid: ascii(ID), offset: 101 } };
    expect(play(options, '+PONG', '+OK').sent.at(-1)).toBe(
      `*3\r\n$5\r\nPSYNC\r\n$40\r\n${ID}\r\n$3\r\n101\r\n`,
    );
  });

  it('masks the password in what is shown, not in what is sent', () => {
    const first = play({ ...base, pass: ascii('s3cret') }, '-NOAUTH Authentication required.').last;
    expect(first.send[0].bytes).toBe('*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n');
    expect(first.send[0].shown).toBe('*2\r\n$4\r\nAUTH\r\n$8\r\n(hidden)\r\n');
    expect(first.send[0].args).toEqual(['AUTH', '(hidden)']);
  });
});

describe('answers before PSYNC', () => {
  it.each(['-NOAUTH Authentication required.', '-NOPERM no', '-ERR operation not permitted'])(
    'PING may be answered %s',
    (line) => {
      expect(play(base, line).notes).toEqual(['ignored ping']);
      expect(play(base, line).sent).toEqual([PING, PORT]);
    },
  );

  it.each([
    '-LOADING Redis is loading the dataset in memory',
    '-ERR max number of clients reached',
    '-MISCONF x',
  ])('PING answered %s is the end', (line) => {
    expect(play(base, line).last.state).toMatchObject({
      phase: 'done',
      outcome: { kind: 'failed', step: 'ping', why: 'error-reply', line },
    });
  });

  it('PING needs no more than a plus sign', () => {
    expect(play(base, '+pong').notes).toEqual(['odd ping']);
    expect(play(base, '$4').last.state).toMatchObject({ outcome: { why: 'unexpected', line: '$4' } });
    expect(play(base, '').last.state).toMatchObject({ outcome: { why: 'unexpected', line: '' } });
  });

  it('an error to AUTH is the end, also in a burst', () => {
    const { last, sent } = play(
      { ...base, manner: 'burst', pass: ascii('x') },
      '+PONG',
      '-WRONGPASS invalid',
    );
    expect(last.state).toMatchObject({ outcome: { kind: 'failed', step: 'auth', why: 'error-reply' } });
    expect(sent).toHaveLength(4);
  });

  it('errors to REPLCONF are passed over', () => {
    const { notes, sent } = play(base, '+PONG', "-ERR unknown command 'REPLCONF'", '-ERR x');
    expect(notes).toEqual(['ok ping', 'ignored listening-port', 'ignored capa']);
    expect(sent.at(-1)).toBe(PSYNC);
  });

  it('ends before PSYNC when none is wanted', () => {
    const { last, sent } = play({ ...base, psync: 'none' }, '+PONG', '+OK', '+OK');
    expect(last.state).toMatchObject({ phase: 'done', outcome: { kind: 'introduced' } });
    expect(sent).not.toContain(PSYNC);
  });
});

describe('PSYNC held back', () => {
  const held = (): Advance => play({ ...base, holdPsync: true }, '+PONG', '+OK', '+OK').last;

  it('waits for its release', () => {
    expect(held().state.phase).toBe('held');
    expect(held().send).toEqual([]);
    expect(advance(held().state, { type: 'release' }).send.map((m) => m.bytes)).toEqual([PSYNC]);
  });

  it('may be aimed elsewhere, or called off', () => {
    const aimed = advance(held().state, { type: 'release', psync: { replid: ascii(ID), offset: 9 } });
    expect(aimed.send[0].bytes).toBe(`*3\r\n$5\r\nPSYNC\r\n$40\r\n${ID}\r\n$1\r\n9\r\n`);
    expect(advance(held().state, { type: 'release', psync: 'none' }).state).toMatchObject({
      outcome: { kind: 'introduced' },
    });
  });

  it('ends when the master closes meanwhile', () => {
    expect(advance(held().state, { type: 'closed' }).state).toMatchObject({
      outcome: { kind: 'failed', step: 'psync', why: 'closed' },
    });
  });
});

describe('the answer to PSYNC', () => {
  const psync = (options: HandshakeOptions, ...lines: string[]): Advance =>
    play(options, '+PONG', '+OK', '+OK', ...lines).last;
  const position: HandshakeOptions = { ...base, psync: { replid: ascii(ID), offset: 5 } };

  it('a full sync, after keepalives', () => {
    expect(psync(base, '').notes).toEqual([{ kind: 'keepalive', step: 'psync' }]);
    const line = `+FULLRESYNC ${ID} 1234`;
    expect(psync(base, '', '', line).state).toMatchObject({
      phase: 'done',
      outcome: { kind: 'full', replid: ID, offset: 1234, line },
    });
  });

  it.each([
    ['+FULLRESYNC'],
    [`+FULLRESYNC ${ID}`],
    [`+FULLRESYNC ${ID.slice(1)} 0`],
    [`+FULLRESYNC ${ID}a 0`],
    [`+FULLRESYNC ${ID} x`],
  ])('goes on without a position after %s', (line) => {
    const { state } = psync(base, line);
    expect(state).toEqual({ phase: 'done', options: base, outcome: { kind: 'full', line } });
  });

  it('does not look at the digits of the id', () => {
    expect(psync(base, `+FULLRESYNC ${'Z'.repeat(40)} 7`).state).toMatchObject({
      outcome: { kind: 'full', replid: 'Z'.repeat(40), offset: 7 },
    });
  });

  it('continues with the new id, or without one', () => {
    expect(psync(position, `+CONTINUE ${ID}`).state).toMatchObject({
      outcome: { kind: 'continue', replid: ID },
    });
    for (const line of ['+CONTINUE', '+CONTINUE ', '+CONTINUE abc']) {
      const { state } = psync(position, line);
      expect(state).toEqual({ phase: 'done', options: position, outcome: { kind: 'continue', line } });
    }
  });

  it('cannot continue what it did not ask for', () => {
    expect(psync(base, `+CONTINUE ${ID}`).state).toMatchObject({
      outcome: { kind: 'failed', step: 'psync', why: 'unexpected' },
    });
  });

  it.each(["-NOMASTERLINK Can't SYNC while not connected with my master", '-LOADING Redis is loading'])(
    'tries again later after %s',
    (line) => {
      expect(psync(base, line).state).toMatchObject({ outcome: { kind: 'retry', line } });
    },
  );

  it('falls back to SYNC after any other error, and says so when it may not', () => {
    const line = "-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' ";
    expect(psync(base, line)).toMatchObject({
      state: { outcome: { kind: 'sync', line } },
      send: [{ step: 'sync', bytes: 'SYNC\r\n' }],
    });
    expect(psync({ ...base, syncFallback: false }, line)).toMatchObject({
      state: { outcome: { kind: 'sync' } },
      send: [],
    });
  });
});

describe('ends that are not answers', () => {
  const events: [HandshakeInput, string][] = [
    [{ type: 'timeout' }, 'timeout'],
    [{ type: 'closed' }, 'closed'],
    [{ type: 'garbage' }, 'unexpected'],
  ];
  it.each(events)('%o names the step that was waited for', (event, why) => {
    const running = play(base, '+PONG', '+OK').last.state;
    expect(currentStep(running)).toBe('capa');
    expect(advance(running, event).state).toMatchObject({ outcome: { kind: 'failed', step: 'capa', why } });
  });

  it('stays done', () => {
    const over = advance(begin(base), { type: 'unreachable' }).state;
    expect(over).toMatchObject({ outcome: { kind: 'failed', step: 'connect', why: 'unreachable' } });
    expect(advance(over, { type: 'line', line: ascii('+PONG') })).toEqual({
      state: over,
      send: [],
      notes: [],
    });
  });
});
