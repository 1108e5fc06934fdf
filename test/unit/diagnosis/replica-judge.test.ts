import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { REPLICA } from '../../../src/core/diagnosis/entries/replica.js';
import { AckJudge } from '../../../src/core/diagnosis/replica/acks.js';
import { type JudgeOptions } from '../../../src/core/diagnosis/replica/judge.js';
import { ReplicaMemory } from '../../../src/core/diagnosis/replica/memory.js';
import { EMPTY_RDB, REPLID } from '../../support/fake-master.js';
import { projectRoot } from '../../support/server-process.js';
import { GETACK, JudgeWire, MARK, PING, resp, SELECT } from '../../support/judge-wire.js';

const SET = resp('SET', 'key', 'value');

/** Replicas with one fault each. What they send is written out; the numbers are bytes of what the master sent. */
const FAULTY: readonly (readonly [id: string, play: (wire: JudgeWire) => unknown])[] = [
  [
    'psync-before-replies',
    (w) => w.replica(resp('REPLCONF', 'listening-port', '6380') + resp('PSYNC', '?', '-1')),
  ],
  [
    'no-listening-port',
    (w) =>
      w
        .replica(resp('REPLCONF', 'capa', 'psync2'))
        .master('+OK\r\n')
        .replica(resp('PSYNC', '?', '-1'))
        .master(`+FULLRESYNC ${REPLID} 0\r\n`),
  ],
  [
    'replconf-odd-options',
    (w) => w.replica(resp('REPLCONF', 'capa', 'eof', 'psync2')).master('-ERR syntax error\r\n'),
  ],
  [
    'replconf-option-unknown',
    (w) =>
      w
        .replica(resp('REPLCONF', 'listen-port', '6380'))
        .master('-ERR Unrecognized REPLCONF option: listen-port\r\n'),
  ],
  [
    'replica-sent-no-auth',
    (w) =>
      w
        .replica(resp('PING'))
        .master('-NOAUTH Authentication required.\r\n')
        .replica(resp('REPLCONF', 'listening-port', '6380'))
        .master('-NOAUTH Authentication required.\r\n')
        .replica(resp('PSYNC', '?', '-1'))
        .master('-NOAUTH Authentication required.\r\n'),
  ],
  ['silent-before-psync', (w) => w.introduce().wait(6000)],
  [
    'psync-malformed',
    (w) =>
      w
        .introduce()
        .replica(resp('PSYNC', '?'))
        .master("-ERR wrong number of arguments for 'psync' command\r\n"),
  ],
  [
    'talks-while-waiting',
    (w) =>
      w
        .introduce()
        .replica(resp('PSYNC', '?', '-1'))
        .master('\n')
        .replica(resp('REPLCONF', 'ACK', '0'))
        .master(`\n+FULLRESYNC ${REPLID} 0\r\n`),
  ],
  // It had acknowledged 5033 before, and a command ends there.
  ['psync-asks-for-last-byte', (w) => w.resume(5033).master('\n').ack(5033).master(SET).wait(1000).ack(5066)],
  ['replica-sends-commands', (w) => w.full().replica(resp('GET', 'key'))],
  [
    'silent-while-loading',
    (w) =>
      w
        .full(0, EMPTY_RDB + 'x'.repeat(200_000))
        .wait(9000)
        .ack(0)
        .wait(1000)
        .ack(0),
  ],
  ['first-ack-missing', (w) => w.diskless().wait(20_000)],
  [
    'no-acks',
    (w) =>
      w
        .full()
        .master(SELECT + SET)
        .wait(20_000),
  ],
  [
    'ack-malformed',
    (w) =>
      w
        .full()
        .replica(resp('REPLCONF', 'ACK', 'seven'))
        .ack(0),
  ],
  // GETACK stands at 0: the answer is 0, and here it is 37.
  ['getack-counted-early', (w) => w.full().ack(0).wait(1000).ack(0).wait(200).master(GETACK).ack(37)],
  [
    'getack-unanswered',
    (w) => {
      w.full().ack(0).wait(1000).ack(0).wait(300).master(GETACK);
      for (let i = 0; i < 8; i++) w.wait(i === 0 ? 700 : 1000).ack(37);
    },
  ],
  // 88 bytes of snapshot before a SET of 33 bytes and a SELECT of 23.
  [
    'ack-counts-snapshot',
    (w) =>
      w
        .full(0)
        .master(SELECT + SET)
        .ack(SELECT.length + SET.length + 88),
  ],
  [
    'ack-from-zero',
    (w) =>
      w
        .full(5000)
        .master(SELECT + SET)
        .ack(SELECT.length + SET.length),
  ],
  [
    'ack-misses-commands',
    (w) =>
      w
        .full(100)
        .master(SELECT + SET + PING + SET)
        .ack(100 + 23 + 33 + 33),
  ],
  // A PING in one piece with the end of the snapshot is lost, and the next one counted.
  [
    'first-bytes-dropped',
    (w) =>
      w
        .full(100)
        .master(PING)
        .ack(100)
        .wait(1000)
        .master(PING)
        .ack(114)
        .wait(3000)
        .ack(114)
        .master(SELECT + SET)
        .wait(1000)
        .ack(170),
  ],
  // `ü` has 2 bytes, `€` 3.
  [
    'ack-counts-characters',
    (w) => {
      const set = resp('SET', '\xc3\xbc', '\xe2\x82\xac');
      w.full(100)
        .master(SELECT + set)
        .ack(100 + 23 + set.length - 3);
    },
  ],
  // `SELECT 0` is 8 and `SET key value` is 13; the GETACK is counted as it came.
  [
    'ack-counts-words',
    (w) =>
      w
        .full(100)
        .master(SELECT + SET + GETACK)
        .ack(100 + 8 + 13)
        .wait(1000)
        .ack(100 + 8 + 13 + 37)
        .master(SET + GETACK)
        .ack(100 + 8 + 13 + 37 + 13)
        .wait(7000),
  ],
  [
    'ack-ahead',
    (w) =>
      w
        .full(100)
        .master(SELECT + SET)
        .ack(100 + 56 + 33),
  ],
  // A real replica behind a master that sends CR LF after the snapshot.
  [
    'ack-counts-line-end',
    (w) =>
      w
        .full(0)
        .master('\r\n' + SELECT + SET)
        .ack(58),
  ],
  [
    'ack-inside-command',
    (w) =>
      w
        .full(0)
        .master(SELECT + SET)
        .ack(30),
  ],
  [
    'ack-inside-transaction',
    (w) =>
      w
        .full(0)
        .master(resp('MULTI') + SELECT + SET + SET + resp('EXEC'))
        .ack(15 + 23 + 33),
  ],
  [
    'ack-went-back',
    (w) =>
      w
        .full(0)
        .master(SELECT + SET)
        .ack(56)
        .wait(1000)
        .ack(23),
  ],
  [
    'replies-to-stream',
    (w) =>
      w
        .full(0)
        .ack(0)
        .master(SELECT + SET)
        .replica('+OK\r\n'),
  ],
  [
    'newline-before-ack',
    (w) => {
      w.full(0);
      for (let i = 0; i < 3; i++) w.wait(1000).replica('\n' + resp('REPLCONF', 'ACK', '0'));
    },
  ],
];

describe('from which command on an offset is wrong', () => {
  const UMLAUT = resp('SET', 'k', '\xc3\xa4');
  const text = (wire: JudgeWire): string | undefined =>
    wire.events.flatMap((event) => (event.kind === 'finding' ? [event.finding.text] : []))[0];

  it('is told where one command stands between the last right ACK and the wrong one', () => {
    const wire = new JudgeWire().full(0).ack(0).master(SELECT).ack(23);
    wire
      .wait(1000)
      .master(UMLAUT)
      .ack(23 + UMLAUT.length - 1);
    expect(text(wire)).toMatch(
      /It counts characters .*, not bytes\. It was right at 23; what came then is `set`, up to 51\.$/i,
    );
  });

  it('is told as far as it is known where there are several', () => {
    const wire = new JudgeWire().full(0).ack(0).master(SELECT).ack(23);
    wire
      .wait(1000)
      .master(resp('SET', 'k', 'v') + resp('DEL', 'k'))
      .ack(40);
    expect(text(wire)).toMatch(
      /in the middle of one\. It was right at 23; what came then is `set` and 1 command more, up to \d+\.$/i,
    );
  });

  it('counts from the offset of the full sync where no ACK was right', () => {
    const wire = new JudgeWire().full(100).master(SELECT).ack(117);
    expect(text(wire)).toMatch(
      /in the middle of one\. It began at 100; what came then is `select`, up to 123\.$/i,
    );
  });

  it('is not told of what does not lie in a command', () => {
    const wire = new JudgeWire()
      .full(0)
      .ack(0)
      .master(SELECT)
      .ack(23)
      .wait(1000)
      .ack(23 + 88);
    expect(wire.ids).toEqual(['ack-counts-snapshot']);
    expect(text(wire)).not.toContain('It was right');
  });
});

describe('faulty replicas', () => {
  it.each(FAULTY)('%s, and nothing else', (id, play) => {
    const wire = new JudgeWire({ loadedBytesPerMs: 20, masterIsOurs: true });
    play(wire);
    expect(wire.ids).toEqual([id]);
  });

  // What depends on pieces that travel together cannot be cut.
  const TOGETHER = ['psync-before-replies', 'newline-before-ack'];
  it.each(FAULTY.filter(([id]) => !TOGETHER.includes(id)))('%s, byte by byte', (id, play) => {
    const wire = new JudgeWire({ loadedBytesPerMs: 20, masterIsOurs: true }, 1);
    play(wire);
    expect(wire.ids).toEqual([id]);
  });

  it('there is one for each entry of the table', () => {
    expect(FAULTY.map(([id]) => id).sort()).toEqual(REPLICA.map(({ id }) => id).sort());
  });

  it('each id is told once', () => {
    const wire = new JudgeWire().full(0).master(SELECT + SET);
    for (let i = 0; i < 5; i++) wire.wait(1000).ack(1000);
    expect(wire.events.filter(({ kind }) => kind === 'finding')).toHaveLength(1);
    expect(wire.acks.map(({ verdict }) => verdict)).toEqual(['fault', 'fault', 'fault', 'fault', 'fault']);
  });
});

describe('a PSYNC for the last byte', () => {
  const options = (memory = new ReplicaMemory()): JudgeOptions => ({ memory, peerHost: '10.0.0.6' });

  it('is told at once when the same replica had acknowledged it', () => {
    const before = options();
    new JudgeWire(before)
      .full(0)
      .wait(500)
      .master(SELECT + SET)
      .wait(1000)
      .ack(56);
    const wire = new JudgeWire(before).introduce().replica(resp('PSYNC', REPLID, '56'));
    expect(wire.ids).toEqual(['psync-asks-for-last-byte']);
    expect(wire.events.at(-1)).toMatchObject({
      finding: {
        text: 'PSYNC asked for byte 56, which the replica has: it had acknowledged 56. The first one that it lacks is 57.',
      },
    });
    wire.master(`+CONTINUE ${REPLID}\r\n`).master('\n').ack(56);
    expect(wire.events.find(({ kind }) => kind === 'continue')).toMatchObject({ verdict: 'fault' });
    expect(wire.acks).toMatchObject([{ offset: 56, sent: 56, behindBytes: 0, verdict: 'ok' }]);
  });

  it('is told of one that had acknowledged less, by where commands end', () => {
    const before = options();
    new JudgeWire(before)
      .full(0)
      .wait(500)
      .master(SELECT + SET)
      .ack(23);
    const wire = new JudgeWire(before).introduce().replica(resp('PSYNC', REPLID, '56'));
    expect(wire.ids).toEqual(['psync-asks-for-last-byte']);
  });

  it('is none when it asks for the next one, or for another history', () => {
    for (const [id, byte] of [
      [REPLID, '57'],
      ['f'.repeat(40), '56'],
    ]) {
      const before = options();
      new JudgeWire(before)
        .full(0)
        .wait(500)
        .master(SELECT + SET)
        .ack(56);
      expect(new JudgeWire(before).introduce().replica(resp('PSYNC', id, byte)).ids).toEqual([]);
    }
  });

  it('is none when it goes on behind its own ACK, which was wrong', () => {
    const before: JudgeOptions = { ...options(), masterIsOurs: true };
    const set = resp('SET', 'k', '\xc3\xbc');
    new JudgeWire(before)
      .full(0)
      .wait(500)
      .master(set)
      .ack(set.length - 1);
    const wire = new JudgeWire(before).resume(set.length).master('\n').ack(set.length);
    expect(wire.ids).toEqual([]);
  });

  it('counted twice, it is why the ACKs are one too large', () => {
    const wire = new JudgeWire().resume(56).master('\n').master(SET).ack(90);
    expect(wire.ids).toEqual(['psync-asks-for-last-byte']);
    expect(wire.wait(1000).ack(90).acks).toMatchObject([
      { verdict: 'fault', why: 'psync-asks-for-last-byte' },
      { verdict: 'fault', why: 'psync-asks-for-last-byte' },
    ]);
  });

  it('without anything known is not blamed on the replica of a master that is not ours', () => {
    expect(new JudgeWire().resume(56).master('\n').ack(56).ids).toEqual([]);
  });
});

describe('the first bytes of a stream', () => {
  it('lost, and a GETACK behind them', () => {
    const wire = new JudgeWire()
      .full(0)
      .master(PING)
      .ack(0)
      .wait(1000)
      .master(PING + SELECT + SET + GETACK);
    expect(wire.ack(14 + 56).wait(1000).ids).toEqual(['first-bytes-dropped']);
  });

  it('lost, or PINGs not counted: with one of them it cannot be told', () => {
    const wire = new JudgeWire().full(0).master(PING).ack(0).wait(3000).ack(0);
    expect(wire.ids).toEqual([]);
    expect(wire.master(PING).wait(3000).ack(0).wait(1000).master(PING).wait(3000).ack(0).ids).toEqual([
      'ack-misses-commands',
    ]);
  });

  it('behind +CONTINUE', () => {
    const other = resp('SET', 'key', 'a somewhat longer value');
    const wire = new JudgeWire().resume(101).master(other).wait(1000).master(SET);
    wire.ack(100 + SET.length);
    expect(wire.ids).toEqual(['first-bytes-dropped']);
  });
});

describe('more forms of a fault', () => {
  it('characters as UTF-16 units and as code points', () => {
    const set = resp('SET', 'k', '\xf0\x9f\x98\x80');
    for (const less of [2, 3]) {
      const wire = new JudgeWire().full(0).master(set);
      expect(wire.ack(set.length - less).ids).toEqual(['ack-counts-characters']);
    }
  });

  it('every reply in the stream', () => {
    for (const reply of [
      "-ERR wrong number of arguments for 'set' command\r\n",
      ':1\r\n',
      '$-1\r\n',
      '$2\r\nOK\r\n',
    ]) {
      expect(new JudgeWire().full(0).ack(0).replica(reply).ids, reply).toEqual(['replies-to-stream']);
    }
  });

  it('a GETACK answered behind what came after it', () => {
    const wire = new JudgeWire().full(0).master(GETACK + SELECT + SET);
    expect(wire.ack(37 + 56).wait(4000).ids).toEqual(['getack-counted-early']);
  });

  it('an ACK behind a GETACK a second after the last one: the next one tells whether it came by a timer', () => {
    const asked = () => new JudgeWire().full(0).ack(0).wait(900).master(GETACK).wait(100).ack(37);
    expect(asked().wait(1000).ack(37).ids).toEqual(['getack-unanswered']);
    expect(asked().wait(300).ack(37).ids).toEqual(['getack-counted-early']);
    expect(asked().wait(4000).ids).toEqual(['getack-counted-early']);
  });

  it('an ACK long behind a GETACK is none of its answers', () => {
    const late = () => new JudgeWire().full(0).ack(0).wait(300).master(GETACK).wait(700).ack(37);
    expect(late().wait(300).ack(37).wait(4000).ids).toEqual([]);
    expect(late().wait(1000).ack(37).ids).toEqual(['getack-unanswered']);
  });

  it('each way to count words', () => {
    const set = resp('SET', 'k', '123');
    for (const bytes of [7, 9, 13, 11, 10]) {
      const wire = new JudgeWire().full(0).master(set).ack(bytes);
      expect(wire.ids, String(bytes)).toEqual(['ack-counts-words']);
    }
    // PING counted as it came, and as a word.
    for (const bytes of [7 + 14, 7 + 4]) {
      const wire = new JudgeWire()
        .full(0)
        .master(set + PING)
        .ack(bytes);
      expect(wire.ids, String(bytes)).toEqual(['ack-counts-words']);
    }
  });

  it('an offset that was wrong already is not searched for coincidences', () => {
    const wire = new JudgeWire()
      .full(0)
      .master(SELECT + SET)
      .ack(30);
    // 37 more than right; the size of the snapshot more; behind the GETACK; less than before.
    wire
      .master(GETACK)
      .ack(56 + 37 + 37)
      .wait(1000)
      .ack(93 + 88)
      .master(GETACK)
      .ack(130)
      .wait(1000)
      .ack(23);
    expect(wire.wait(7000).ids).toEqual(['ack-inside-command']);
  });

  it('only the answer that is asked for is compared', () => {
    // 89 is right; 37 more than the 23 behind SELECT is no GETACK counted early.
    const wire = new JudgeWire().full(0).master(SELECT + SET + SET + GETACK);
    expect(wire.ack(23 + 37).ids).toEqual(['ack-inside-command']);
  });

  it('ACKs by a timer while GETACKs are passed over, from the first ACK on', () => {
    const wire = new JudgeWire()
      .full(0)
      .wait(400)
      .master(SELECT + SET + GETACK);
    wire
      .wait(540)
      .ack(93)
      .wait(60)
      .master(SET + GETACK);
    expect(wire.wait(940).ack(163).wait(1000).ack(163).ids).toEqual(['getack-unanswered']);
  });

  it('PINGs that are not counted while nothing else comes', () => {
    for (const [base, got] of [
      [0, 0],
      [100, 56],
    ]) {
      const wire = new JudgeWire().full(base);
      if (got > 0) wire.master(SELECT + SET);
      for (let i = 0; i < 3; i++) {
        expect(wire.ids).toEqual([]);
        wire.master(PING);
        for (let s = 0; s < 10; s++) wire.wait(1000).ack(base + got);
      }
      expect(wire.ids, String(base)).toEqual(['ack-misses-commands']);
    }
  });

  it('an ACK whose offset is an integer of RESP', () => {
    for (const splitAt of [Infinity, 1]) {
      const wire = new JudgeWire({}, splitAt).full(0).ack(0);
      wire.replica('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n:0\r\n');
      expect(wire.ids).toEqual(['ack-malformed']);
    }
  });

  it('a GETACK counted twice: 37 more for each', () => {
    const wire = new JudgeWire().full(0).master(GETACK).ack(0).master(GETACK);
    expect(wire.ack(37 + 37 + 37).ids).toEqual(['getack-counted-early']);
  });

  it('a GETACK answered by a count without PINGs', () => {
    const wire = new JudgeWire()
      .full(0)
      .ack(0)
      .master(SELECT + PING + SET + GETACK);
    expect(wire.ack(23 + 33).wait(1000).ids).toEqual(['ack-misses-commands']);
  });

  it('a line feed while it waits', () => {
    const wire = new JudgeWire()
      .introduce()
      .replica(resp('PSYNC', '?', '-1'))
      .replica('\n');
    expect(wire.ids).toEqual(['talks-while-waiting']);
  });

  it('a CR LF counted that was never sent', () => {
    expect(
      new JudgeWire()
        .full(0)
        .master(SELECT + SET)
        .ack(58).ids,
    ).toEqual(['ack-counts-line-end']);
  });

  it('ACKs that stop', () => {
    const wire = new JudgeWire({ replTimeoutMs: 60_000 }).full(0).ack(0).wait(1000).ack(0).wait(11_000);
    expect(wire.ids).toEqual(['no-acks']);
    const [finding] = wire.events.filter((event) => event.kind === 'finding');
    expect(finding.finding.text).toMatch(/^Its last ACK came 11 s ago\. After 60 s \(repl-timeout\)/);
  });

  it('a second PSYNC', () => {
    expect(
      new JudgeWire()
        .full(0)
        .ack(0)
        .replica(resp('PSYNC', '?', '-1')).ids,
    ).toEqual(['replica-sends-commands']);
  });

  it('a wrong password is named as such, and never shown', () => {
    const wire = new JudgeWire()
      .replica(resp('PING'))
      .master('-NOAUTH Authentication required.\r\n')
      .replica(resp('AUTH', 'repl', 'secret'))
      .master('-WRONGPASS invalid username-password pair or user is disabled.\r\n');
    expect(wire.ids).toEqual(['wrongpass']);
    expect(JSON.stringify(wire.events)).not.toContain('secret');
  });
});

describe('good replicas', () => {
  it('a real one on the length form, with PINGs, transactions, GETACKs and an AOF', () => {
    const wire = new JudgeWire().full(1000).wait(500).ack(1000);
    const unit = resp('MULTI') + SET + SET + resp('EXEC');
    wire
      .master(SELECT + SET)
      .wait(500)
      .ack(1056, 'FACK', '1000');
    wire
      .master(PING + unit)
      .wait(500)
      .ack(1056)
      .wait(500)
      .ack(1056 + 14 + unit.length);
    let offset = 1056 + 14 + unit.length;
    for (let i = 0; i < 5; i++) {
      wire.master(GETACK).ack(offset);
      offset += 37;
      wire.wait(1000).ack(offset, 'FACK', String(offset));
    }
    wire
      .master(SELECT + SET)
      .wait(30)
      .master(SET)
      .wait(970)
      .ack(offset + 56);
    expect(wire.ids).toEqual([]);
    expect(wire.acks.at(-1)).toMatchObject({ sent: offset + 89, behindBytes: 33, verdict: 'ok' });
    expect(wire.acks.filter(({ answersGetack }) => answersGetack)).toHaveLength(5);
  });

  it('a periodic ACK that crosses a GETACK on its way', () => {
    const wire = new JudgeWire()
      .full(0)
      .ack(0)
      .wait(1000)
      .master(SELECT + SET)
      .wait(1000);
    expect(wire.master(GETACK).ack(23).ack(56).ids).toEqual([]);
  });

  it('GETACKs one after the other, answered in their order', () => {
    const wire = new JudgeWire()
      .full(0)
      .ack(0)
      .master(GETACK + SET + GETACK);
    expect(wire.ack(0).ack(70).wait(900).ack(107).ids).toEqual([]);
  });

  it('the EOF form: ACK at once', () => {
    expect(new JudgeWire().diskless(77).ack(77).wait(1000).ack(77).ids).toEqual([]);
  });

  it('one that loads for a minute, with a line feed each second', () => {
    const wire = new JudgeWire().full(0);
    for (let i = 0; i < 60; i++) wire.wait(1000).replica('\n');
    // The last line feed and the first ACK may come together.
    expect(wire.wait(500).replica('\n' + resp('REPLCONF', 'ACK', '0')).ids).toEqual([]);
  });

  it('a large snapshot is given time to be loaded', () => {
    const wire = new JudgeWire({ loadedBytesPerMs: 20 }).full(0, 'x'.repeat(200_000));
    expect(wire.wait(14_000).ids).toEqual([]);
    expect(wire.wait(3000).ids).toEqual(['no-acks']);
  });

  it('a partial resync: the offset goes on', () => {
    const wire = new JudgeWire().introduce().replica(resp('PSYNC', REPLID, '5001'));
    wire.master(`+CONTINUE ${REPLID}\r\n`).master(SET).ack(5000).wait(1000).ack(5033);
    expect(wire.ids).toEqual([]);
    expect(wire.events).toContainEqual({ kind: 'continue', atMs: 1000, replid: REPLID, offset: 5001 });
  });

  it('one by one, lower case, with AUTH behind a refused PING', () => {
    const wire = new JudgeWire()
      .replica('PING\r\n')
      .master('-NOAUTH Authentication required.\r\n')
      .replica(resp('auth', 'pw'))
      .master('+OK\r\n')
      .replica(resp('replconf', 'LISTENING-PORT', '6380'))
      .master('+OK\r\n')
      .replica(resp('replconf', 'version', '8.0.1'))
      .master('-ERR Unrecognized REPLCONF option: version\r\n')
      .replica(resp('psync', '?', '-1'))
      .master(`+FULLRESYNC ${REPLID} 0\r\n$5\r\nREDIS`)
      .ack(0);
    expect(wire.ids).toEqual([]);
  });

  it('a master that is loading, then SYNC of old: no ACK is expected', () => {
    const wire = new JudgeWire()
      .introduce()
      .replica(resp('PSYNC', '?', '-1'))
      .master('-LOADING wait\r\n');
    expect(wire.ids).toEqual([]);
    const old = new JudgeWire()
      .replica('SYNC\r\n')
      .master('\n$5\r\nREDIS')
      .master(SELECT + SET);
    expect(old.wait(70_000).ids).toEqual([]);
  });

  it('one that wants the snapshot alone', () => {
    const wire = new JudgeWire()
      .replica(resp('REPLCONF', 'rdb-only', '1'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${REPLID} 0\r\n$5\r\nREDIS`)
      .wait(20_000);
    wire.judge.closed(wire.nowMs, 'master');
    expect(wire.ids).toEqual([]);
  });

  it('more than is remembered: old offsets are not judged', () => {
    const wire = new JudgeWire()
      .full(0)
      .ack(0)
      .master(SELECT + SET.repeat(10_000));
    expect(wire.ack(23 + 33 * 100).ack(24 + 33 * 101).ids).toEqual([]);
    expect(wire.ack(25 + 33 * 9999).ids).toEqual(['ack-inside-command']);
  });
});

describe('a real redis-server 7.2.6 that followed another one, as recorded', () => {
  it.each(['length', 'eof'])('%s form: no finding, every GETACK answered', (form) => {
    const file = path.join(projectRoot, `test/support/recordings/real-replica-${form}.json`);
    const messages = JSON.parse(readFileSync(file, 'utf8')) as [number, 'r' | 'm', string][];
    for (const splitAt of [Infinity, 1, 5]) {
      const wire = new JudgeWire({}, splitAt);
      for (const [atMs, by, text] of messages) {
        if (wire.nowMs < 1000 + atMs) wire.wait(1000 + atMs - wire.nowMs);
        if (by === 'r') wire.replica(text);
        else wire.master(text);
      }
      expect(wire.ids).toEqual([]);
      const asked = wire.events.filter(({ kind }) => kind === 'getack').length;
      expect(asked).toBe(3);
      expect(wire.acks.filter(({ answersGetack }) => answersGetack)).toHaveLength(asked);
      expect(wire.events.filter(({ kind }) => kind === 'odd' || kind === 'blind')).toEqual([]);
    }
  });
});

describe('what the judge tells', () => {
  it('the steps in order', () => {
    const wire = new JudgeWire().diskless(77).ack(77);
    wire.master(SELECT + GETACK).ack(100);
    wire.judge.closed(wire.nowMs, 'replica');
    expect(wire.events.map(({ kind }) => kind)).toEqual([
      'command',
      'reply',
      'command',
      'command',
      'reply',
      'reply',
      'command',
      'keepalive',
      'full',
      'snapshot-begin',
      'snapshot-end',
      'ack',
      'getack',
      'ack',
      'closed',
    ]);
    expect(wire.events).toContainEqual({ kind: 'snapshot-end', atMs: 1000, bytes: EMPTY_RDB.length, ms: 0 });
  });

  it('the advice that a finding brings itself', () => {
    const finding = { id: 'ack-ahead', fix: 'Count again.' } as const;
    const ack = vi.spyOn(AckJudge.prototype, 'ack').mockReturnValue({ answers: false, finding });
    try {
      expect(new JudgeWire().full(0).ack(1).events.at(-1)).toMatchObject({ finding, fix: 'Count again.' });
    } finally {
      ack.mockRestore();
    }
  });

  it('a SYNC that is refused, behind which answers come again', () => {
    const wire = new JudgeWire()
      .introduce()
      .replica(resp('SYNC'))
      .master('-NOAUTH Authentication required.\r\n');
    wire.replica(resp('PING')).master('+PONG\r\n');
    expect(wire.events.slice(-3).map(({ kind }) => kind)).toEqual(['reply', 'command', 'reply']);
    expect(wire.ids).toEqual([]);
  });

  it('a mark that is cut between two chunks', () => {
    const wire = new JudgeWire({}, 7).diskless(0, MARK.slice(0, 20) + 'REDIS' + MARK.slice(0, 39));
    expect(wire.ack(0).events.find(({ kind }) => kind === 'snapshot-end')).toMatchObject({ bytes: 64 });
  });

  it('a master whose bytes make no sense: offsets are judged no more', () => {
    const wire = new JudgeWire().full(0).master('+OK\r\n').ack(12345);
    expect(wire.ids).toEqual([]);
    expect(wire.events.map(({ kind }) => kind)).toContain('blind');
  });
});
