/** Redaction: nothing that is hidden is left anywhere, lengths and protocol stay, the same value has the same mask. */
import { describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../../../src/core/base/bytes.js';
import { Masks } from '../../../../src/core/diagnosis/tape/mask.js';
import { maskRdb, maskWire } from '../../../../src/core/diagnosis/tape/mask-wire.js';
import { Redactor } from '../../../../src/core/diagnosis/tape/redact.js';
import { type TraceEvent } from '../../../../src/core/diagnosis/trace.js';
import { command, EMPTY_RDB, fullSync, startFakeMaster, type Script } from '../../../support/fake-master.js';
import { examinePort } from '../../../support/examine.js';
import { linesOf, replayLines } from '../../../support/tape-check.js';

const HIDE = { addresses: false };
const CENSUS = {
  ...{ types: {}, dbs: [], expired: 0, functionNames: ['secretlib'], functionBytes: 0, modules: [] },
  largest: [{ db: 0, key: 'my secret', type: 'string', bytes: 20 }],
};
const event = (more: object): TraceEvent => ({ atUs: 0, conn: 1, step: 'stream', ...more }) as TraceEvent;
const stream = (...args: string[]): TraceEvent =>
  event({ kind: 'command', wireLength: 1, argc: args.length, args: args.map(ascii) });
const argsOf = (e: TraceEvent): readonly Bytes[] => (e.kind === 'command' ? e.args : []);

describe('Redactor', () => {
  it('masks arguments alike wherever they are, and keeps their lengths', () => {
    const redactor = new Redactor(HIDE);
    expect(argsOf(redactor.redact(stream('SET', 'user:1000', 'secret')))).toEqual([
      'SET',
      '********1',
      '*****2',
    ]);
    expect(argsOf(redactor.redact(stream('del', 'user:1000', '')))).toEqual(['del', '********1', '']);
    expect(argsOf(redactor.redact(stream('SELECT', '3')))).toEqual(['SELECT', '3']);
    expect(argsOf(redactor.redact(stream('REPLCONF', 'GETACK', '*')))).toEqual(['REPLCONF', 'GETACK', '*']);
    expect(argsOf(redactor.redact(stream('a secret, not a name', 'x')))).toEqual([
      '*******************3',
      '4',
    ]);
  });

  it('masks users where they are named, and leaves words of the protocol', () => {
    const redactor = new Redactor(HIDE);
    const auth = redactor.redact(
      event({
        kind: 'send',
        step: 'auth',
        bytes: ascii('$4\r\nrepl\r\n'),
        args: ['AUTH', 'repl', '(hidden)'].map(ascii),
      }),
    );
    expect(auth).toMatchObject({ bytes: '$4\r\n***1\r\n', args: ['AUTH', '***1', '(hidden)'] });
    const line = ascii("-NOPERM User repl has no permissions to run the 'replconf' command");
    expect(
      redactor.redact(event({ kind: 'receive', step: 'capa', bytes: line, line, verdict: 'ignored' })),
    ).toMatchObject({
      line: "-NOPERM User ***1 has no permissions to run the 'replconf' command",
    });
  });

  it('masks addresses when asked, ports left', () => {
    const redactor = new Redactor({ addresses: true });
    expect(
      redactor.redact(event({ kind: 'target', target: 'db.example.com:6379', tls: false })),
    ).toMatchObject({
      target: 'h1.hhhhhhh.hhh:6379',
    });
    const listing = {
      kind: 'listing',
      lines: [
        'slave0:ip=replica-7.local,port=6380,state=online,offset=5,lag=0',
        'slave1:ip=db.example.com,port=6380,state=online,offset=5,lag=0',
      ],
      listed: 2,
      weAre: '[fe80::1]:4711, announced port 6380 to db.example.com',
    };
    expect(redactor.redact(event(listing))).toMatchObject({
      lines: [
        'slave0:ip=h2hhhhhhh.hhhhh,port=6380,state=online,offset=5,lag=0',
        'slave1:ip=h1.hhhhhhh.hhh,port=6380,state=online,offset=5,lag=0',
      ],
      weAre: '[h3hh::h]:4711, announced port 6380 to h1.hhhhhhh.hhh',
    });
  });

  it('masks the key in which a snapshot broke', () => {
    const report = {
      ...{
        bytes: 100,
        head: ascii('REDIS0011'),
        tail: ascii('secret'),
        aux: [
          ['my-own', 'secret'],
          ['redis-ver', '7.2.6'],
        ],
      },
      ...{
        keys: 0,
        keysByType: {},
        expires: 0,
        databases: 0,
        functions: 0,
        census: CENSUS,
        checksum: { state: 'unread' },
      },
      problem: {
        atByte: 90,
        message: 'Short read (at offset 90, reading value of key "a \\"secret\\"", type 0)',
      },
      ...{ cutShort: true, trailerBytes: 0, extraBytes: 0 },
    };
    const redacted = new Redactor(HIDE).redact(event({ kind: 'snapshot-end', ms: 1, report }));
    expect(JSON.stringify(redacted)).not.toContain('secret');
    expect(redacted).toMatchObject({
      report: {
        aux: [
          ['my-own', '******'],
          ['redis-ver', '7.2.6'],
        ],
        head: 'REDIS0011',
      },
    });
  });
});

describe('maskWire', () => {
  const mask = (bytes: string, strict = true): string => maskWire(ascii(bytes), new Masks(), strict);

  it.each([
    [
      '*3\r\n$3\r\nSET\r\n$6\r\nsecret\r\n$5\r\nvalue\r\n',
      '*3\r\n$3\r\nSET\r\n$6\r\n*****1\r\n$5\r\n****2\r\n',
    ],
    ['\r\n*1\r\n$4\r\nPING\r\n', '\r\n*1\r\n$4\r\nPING\r\n'],
    ['*2\r\n$3\r\nDEL\r\n$9\r\nsecr', '*2\r\n$3\r\nDEL\r\n$9\r\n***1'],
    ['-ERR BGSAVE failed\r\n', '-ERR BGSAVE failed\r\n'],
    ['+secret\r\n', 'xxxxxxx\r\n'],
    ['$12x\r\nsecret', 'xxxx\r\nxxxxxx'],
    ['\x00\xff secret\n', 'xxxxxxxxx\n'],
    ['UkVESVMsecret', 'UkVESVMxxxxxx'],
    ['$15\r\nREDIS0011secret\r\n', '$15\r\nREDIS0011xxxxxx\r\n'],
  ])('%j', (bytes, masked) => {
    expect(mask(bytes)).toBe(masked);
    expect(masked).toHaveLength(bytes.length);
  });

  it('leaves any line of a reply where no data come', () => {
    expect(mask('-unknown replica\r\n', false)).toBe('-unknown replica\r\n');
  });

  it('leaves of an RDB what it tells of its server', () => {
    expect(maskRdb(ascii(EMPTY_RDB))).toBe(EMPTY_RDB);
    const aux = '\xfa\x09redis-ver\x057.2.6\xfa\x04note\x06secret';
    expect(maskRdb(ascii(`REDIS0011${aux}`))).toBe(`REDIS0011${aux.slice(0, 17)}${'x'.repeat(13)}`);
    expect(maskRdb(ascii('REDIS0011\xfe\x00\x00\x03key\x03val'))).toBe('REDIS0011xxxxxxxxxxx');
  });
});

describe('a redacted trace', () => {
  const SECRET = 'my-secret-key';
  const scripts: readonly (readonly [string, Script, object])[] = [
    [
      'the stream',
      { on: { psync: () => fullSync() + command('SET', SECRET, 'v') } },
      { follow: { count: 1 } },
    ],
    ['noise', { on: { psync: () => `${fullSync()}\n${SECRET}\r\n` } }, {}],
    [
      'a stream of no commands',
      { on: { psync: () => `${fullSync()}$3\r\n${SECRET}\r\n` } },
      { follow: { count: 1 } },
    ],
    ['no snapshot', { on: { psync: () => fullSync().replace(/\$88[^]*/, command('SET', SECRET, 'v')) } }, {}],
    ['a damaged RDB', { on: { psync: () => fullSync(`REDIS0011\xfe\x00\x00\x0d${SECRET}\x03va`) } }, {}],
  ];
  it.each(scripts)('%s', async (_name, script, options) => {
    const master = await startFakeMaster(script);
    const { events, ids } = await examinePort(master.port, options);
    await master.stop();
    const lines = linesOf(events);
    expect(lines.join('\n')).toContain(SECRET);
    const redacted = replayLines(lines, new Redactor(HIDE));
    expect(redacted.lines.join('\n')).not.toContain('secret');
    expect([...redacted.ids].sort()).toEqual([...ids].sort());
  });
});
