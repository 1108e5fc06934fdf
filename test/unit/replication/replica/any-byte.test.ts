/**
 * A full sync and the stream behind it, interrupted at every byte: by a segment's end, by the loss of the link, by a change of roles,
 * by a change of masters. Whatever the byte, data and position go together: what is asked for next continues exactly what is held.
 */
import { describe, expect, it } from 'vitest';
import { readFullSync } from '../../../support/memory-server.js';
import {
  command,
  MASTER_ID,
  ONE_KEY_RDB,
  scriptedReplica,
  TINY_RDB,
  type ScriptedReplica,
} from '../../../support/scripted-master.js';

const OTHER_ID = 'b'.repeat(40);
const MARK = '0123456789abcdef0123456789abcdef01234567';
const BEGIN = 1000;

/** The stream behind the snapshot, in units that are applied as one. */
const UNITS = [
  command('SELECT', '2'),
  command('SET', 'k', 'v'),
  command('MULTI') +
    command('SELECT', '3') +
    command('RPUSH', 'l', 'a') +
    command('INCR', 'n') +
    command('EXEC'),
  command('PING'),
  `\n${command('INCR', 'n')}`,
  command('SELECT', '2') + command('APPEND', 'k', 'w'),
];
const STREAM = UNITS.join('');
const FORMS = {
  length: `+FULLRESYNC ${MASTER_ID} ${BEGIN}\r\n\n$${ONE_KEY_RDB.length}\r\n${ONE_KEY_RDB}`,
  eof: `+FULLRESYNC ${MASTER_ID} ${BEGIN}\r\n\n$EOF:${MARK}\r\n${ONE_KEY_RDB}${MARK}`,
};
type Form = keyof typeof FORMS;
const forms = Object.keys(FORMS) as Form[];

/** Offsets at which the position may stand (the ends of units, and of commands outside transactions), and the database there. */
const ENDS = new Map<number, number>([[BEGIN, 0]]);
{
  let at = BEGIN;
  UNITS.forEach((unit, n) => {
    if (unit.includes('APPEND')) ENDS.set(at + command('SELECT', '2').length, 2);
    ENDS.set((at += unit.length), [2, 2, 3, 3, 3, 2][n]);
  });
}

/** All the data, in databases 0, 2 and 3. */
function data(replica: ScriptedReplica): string {
  const client = replica.connect();
  return ['SELECT 0', 'GET old', 'GET own', 'SELECT 2', 'GET k', 'SELECT 3', 'LRANGE l 0 -1', 'GET n']
    .map((line) => client.run(line))
    .filter((reply) => reply !== '+OK\r\n')
    .join('');
}

const WHOLE = '$5\r\nvalue\r\n$-1\r\n$2\r\nvw\r\n*1\r\n$1\r\na\r\n$1\r\n2\r\n';

/** Bytes from which on something may happen: the digits of the ids are all the same to the reader. */
const FIRST_CUT = '+FULLRESYNC '.length + 38;
const OLD = {
  data: '$-1\r\n$1\r\n1\r\n$-1\r\n*0\r\n$-1\r\n',
  id: OTHER_ID,
  offset: 7 + command('SET', 'own', '1').length,
};

/** A replica with data and a position of its own, and a sub-replica, whose master answers PSYNC with `bytes`. */
function resyncing(bytes: string) {
  const replica = scriptedReplica();
  replica
    .handshake(`+FULLRESYNC ${OTHER_ID} 7\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`)
    .data(command('SET', 'own', '1'));
  replica.wires[0].end();
  replica.handshake(bytes);
  return replica;
}

/** What PSYNC asks for on the next connection to the master. */
function asked(replica: ScriptedReplica): { id: string; byte: number } {
  let wire = replica.nextWire();
  // The question why the position was refused is a connection as well.
  for (;;) {
    wire.open();
    if (wire.sent[0] === command('PING')) break;
    wire.end();
    wire = replica.nextWire();
  }
  wire.data('+PONG\r\n');
  wire.data('+OK\r\n+OK\r\n');
  const [, id, byte] = /PSYNC\r\n\$\d+\r\n(\S+)\r\n\$\d+\r\n(-?\d+)\r\n/.exec(wire.sent[2])!;
  replica.wires.push(wire);
  return { id, byte: Number(byte) };
}

describe.each(forms)('a full sync in the %s form and its stream', (form) => {
  const bytes = FORMS[form] + STREAM;
  const streamAt = FORMS[form].length;

  it('are the same whatever byte a segment ends at', () => {
    for (let cut = FIRST_CUT; cut <= bytes.length; cut++) {
      const replica = scriptedReplica();
      const wire = replica.handshake('\n');
      wire.data(bytes.slice(0, cut));
      wire.data(bytes.slice(cut));
      expect([cut, data(replica), replica.info('slave_repl_offset')]).toEqual([
        cut,
        WHOLE,
        String(BEGIN + STREAM.length),
      ]);
    }
  });

  it('are continued exactly where they were applied to, whatever byte the link is lost at', () => {
    for (let cut = FIRST_CUT; cut <= bytes.length; cut++) {
      const replica = scriptedReplica();
      const wire = replica.handshake('\n');
      wire.data(bytes.slice(0, cut));
      wire.end();
      const { id, byte } = asked(replica);
      const next = replica.wires.at(-1)!;
      if (cut < streamAt) {
        expect([cut, id, byte]).toEqual([cut, '?', -1]);
        next.data(bytes);
      } else {
        expect([cut, id, ENDS.has(byte - 1)]).toEqual([cut, MASTER_ID, true]);
        // All that came whole was applied: nothing is asked for twice without need.
        expect(byte - 1).toBe(Math.max(...[...ENDS.keys()].filter((end) => end - BEGIN <= cut - streamAt)));
        next.data(`+CONTINUE\r\n${STREAM.slice(byte - 1 - BEGIN)}`);
      }
      expect([cut, data(replica), replica.info('slave_repl_offset')]).toEqual([
        cut,
        WHOLE,
        String(BEGIN + STREAM.length),
      ]);
    }
  });

  /** What is held after the first `cut` bytes: the old data, or the new as far as it was applied. */
  const heldAt = (cut: number) => {
    if (cut < streamAt) return OLD;
    const offset = Math.max(...[...ENDS.keys()].filter((end) => end - BEGIN <= cut - streamAt));
    return { data: undefined, id: MASTER_ID, offset };
  };

  it('leave a master with the history of what it holds, whatever byte REPLICAOF NO ONE comes at', () => {
    for (let cut = FIRST_CUT; cut <= bytes.length; cut++) {
      const replica = resyncing(bytes.slice(0, cut));
      const held = heldAt(cut);
      expect(replica.connect().run('REPLICAOF NO ONE')).toBe('+OK\r\n');
      expect([cut, replica.info('role'), replica.info('loading'), replica.info('master_replid2')]).toEqual([
        cut,
        'master',
        '0',
        held.id,
      ]);
      expect([cut, replica.info('second_repl_offset')]).toEqual([cut, String(held.offset + 1)]);
      if (held.data !== undefined) expect(data(replica)).toBe(held.data);
      else expect(data(replica)).toContain('$5\r\nvalue\r\n$-1\r\n');
      expect(replica.wires.filter((wire) => !wire.closed && wire.sent.length > 2)).toEqual([]);
      const beyond = replica.connect().run(`PSYNC ${held.id} ${held.offset + 2}`);
      expect(beyond).not.toContain('CONTINUE');
      expect(replica.connect().run(`PSYNC ${held.id} ${held.offset + 1}`)).toMatch(/^\+CONTINUE\r\n/);
      expect(replica.connect().run('SET own 2')).toBe('+OK\r\n');
    }
  });

  it('ask another master to continue what is held, whatever byte REPLICAOF comes at', () => {
    for (let cut = FIRST_CUT; cut <= bytes.length; cut++) {
      const replica = resyncing(bytes.slice(0, cut));
      const held = heldAt(cut);
      expect(replica.connect().run('REPLICAOF 10.0.0.6 6379')).toBe('+OK\r\n');
      expect([cut, asked(replica)]).toEqual([cut, { id: held.id, byte: held.offset + 1 }]);
      expect(replica.info('loading')).toBe('0');
    }
  });

  it('reach a sub-replica as they are, by whole units, wherever it begins', () => {
    for (let cut = streamAt; cut <= bytes.length; cut++) {
      const replica = scriptedReplica({ 'repl-diskless-sync': 'no' });
      const wire = replica.handshake(bytes.slice(0, cut));
      const sub = replica.connect();
      const { offset, replid, rest, rdb } = readFullSync(sub.run('PSYNC ? -1'));
      expect([cut, /repl-stream-db\xc0(.)/s.exec(rdb)?.[1].charCodeAt(0)]).toEqual([cut, ENDS.get(offset)]);
      expect([cut, replid, offset, rest]).toEqual([cut, MASTER_ID, heldAt(cut).offset, '']);
      let got = '';
      for (const byte of bytes.slice(cut)) {
        wire.data(byte);
        got += sub.read();
        expect(ENDS.has(offset + got.length)).toBe(true);
      }
      expect(got).toBe(STREAM.slice(offset - BEGIN));
    }
  });
});
