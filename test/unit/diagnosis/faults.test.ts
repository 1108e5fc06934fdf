/** One scripted master per fault: each must be named, by its id and alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Dial } from '../../../src/core/base/byte-channel.js';
import {
  bulk,
  command,
  EMPTY_RDB,
  fullSync,
  infoText,
  REPLID,
  startFakeMaster,
  TINY_RDB,
  type FakeMaster,
  type Script,
} from '../../support/fake-master.js';
import { examinePort, type Examined } from '../../support/examine.js';
import { freePort } from '../../support/server-process.js';

let master: FakeMaster | undefined;
afterEach(async () => {
  await master?.stop();
  master = undefined;
});

async function examineScript(script: Script, options?: Parameters<typeof examinePort>[1]): Promise<Examined> {
  master = await startFakeMaster(script);
  return examinePort(master.port, options);
}

/** Answers a full sync with these bytes, and a partial one as it should be. */
const sync =
  (bytes: string) =>
  (args: readonly string[]): string =>
    args[1] === '?' ? bytes : `+CONTINUE ${REPLID}\r\n`;

const UNKNOWN_7 = "-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' \r\n";
const UNKNOWN_6 = '-ERR unknown command `PSYNC`, with args beginning with: `?`, `-1`, \r\n';
const NOT_REPLICATION = {
  replconf: "-ERR unknown command 'REPLCONF', with args beginning with: 'listening-port' '6380' \r\n",
};

describe('a good master', () => {
  it('has no fault', async () => {
    const { ids, verdict, outcome } = await examineScript({});
    expect(ids).toEqual([]);
    expect(verdict).toBe('passed');
    expect(outcome).toMatchObject({ kind: 'full', replid: REPLID, offset: 0 });
  });

  it('is left before PSYNC when none is wanted', async () => {
    const { verdict, outcome } = await examineScript({}, { aim: 'none' });
    expect(verdict).toBe('passed');
    expect(outcome.kind).toBe('introduced');
    expect(master?.connections).toHaveLength(1);
    expect(master?.connections[0].seen).toEqual([
      'PING',
      'REPLCONF listening-port 6380',
      'REPLCONF capa eof capa psync2',
    ]);
  });

  it('is probed at its current position, and left at once', async () => {
    const info = bulk(infoText({ master_repl_offset: 500 }));
    const { verdict, outcome } = await examineScript({ on: { info } }, { aim: 'probe' });
    expect(verdict).toBe('passed');
    expect(outcome).toMatchObject({ kind: 'continue', replid: REPLID });
    expect(master?.connections[0].seen.at(-1)).toBe(`PSYNC ${REPLID} 501`);
  });
});

describe('answers that name the fault', () => {
  const LINES: readonly (readonly [string, Script['on']])[] = [
    [
      'noauth',
      {
        '*': '-NOAUTH Authentication required.\r\n',
        ping: '-NOAUTH Authentication required.\r\n',
        replconf: '-NOAUTH Authentication required.\r\n',
        psync: '-NOAUTH Authentication required.\r\n',
        info: '-NOAUTH Authentication required.\r\n',
      },
    ],
    ['noperm-psync', { psync: "-NOPERM User repl has no permissions to run the 'psync' command\r\n" }],
    ['loading', { ping: '-LOADING Redis is loading the dataset in memory\r\n' }],
    ['loading', { psync: '-LOADING Redis is loading the dataset in memory\r\n' }],
    [
      'masterdown',
      { ping: "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n" },
    ],
    [
      'misconf',
      {
        ping: '-MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.\r\n',
      },
    ],
    [
      'busy',
      { ping: '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n' },
    ],
    ['nomasterlink', { psync: "-NOMASTERLINK Can't SYNC while not connected with my master\r\n" }],
    ['failing-over', { psync: "-NOMASTERLINK Can't SYNC while failing over\r\n" }],
    ['psync-unknown', { psync: UNKNOWN_7 }],
    ['psync-unknown', { psync: UNKNOWN_6 }],
    ['command-disallowed', { psync: '-ERR Command disallowed\r\n' }],
    ['pending-output', { psync: '-ERR SYNC and PSYNC are invalid with pending output\r\n' }],
    ['filter-needs-eof', { psync: '-ERR Filtered replica requires EOF capability\r\n' }],
    ['bgsave-failed', { psync: "-ERR BGSAVE failed, replication can't continue\r\n" }],
    ['wrong-reply-type', { ping: '$4\r\nPONG\r\n' }],
    ['wrong-reply-type', { ping: 'PONG\r\n' }],
    ['two-channel-sync', { psync: '+DUALCHANNELSYNC\r\n' }],
    ['two-channel-sync', { psync: '+RDBCHANNELSYNC 7\r\n' }],
    ['continue-without-request', { psync: `+CONTINUE ${REPLID}\r\n` }],
    ['replica-not-registered', { psync: '-ERR unknown replica\r\n' }],
    ['unknown-answer', { psync: '+WELCOME\r\n' }],
    ['ping-refused', { ping: '-EWHAT no idea\r\n' }],
  ];
  it.each(LINES)('%s: %o', async (id, on) => {
    const { ids, verdict } = await examineScript({ on });
    expect(ids).toEqual([id]);
    expect(verdict).toBe('failed');
  });

  const AUTH: readonly (readonly [string, string])[] = [
    ['wrongpass', '-WRONGPASS invalid username-password pair or user is disabled.\r\n'],
    ['wrongpass', '-ERR invalid password\r\n'],
    [
      'auth-without-password',
      '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n',
    ],
    ['auth-unknown', "-ERR unknown command 'AUTH', with args beginning with: 'hunter22' \r\n"],
  ];
  it.each(AUTH)('%s after AUTH, and no password in any event', async (id, auth) => {
    const { ids, events } = await examineScript({ on: { auth } }, { pass: 'hunter22' });
    expect(ids).toEqual([id]);
    expect(master?.connections[0].seen).toContain('AUTH hunter22');
    expect(JSON.stringify(events)).not.toContain('hunter22');
  });

  it('says when REPLCONF is unknown as well, and still names PSYNC', async () => {
    const { ids, finding } = await examineScript({ on: { ...NOT_REPLICATION, psync: UNKNOWN_7 } });
    expect(ids).toEqual(['psync-unknown', 'replconf-unknown']);
    expect(finding('psync-unknown')?.text).toContain('a proxy, a Sentinel');
  });

  it('warns of an unknown REPLCONF when the rest went through', async () => {
    const { ids, verdict } = await examineScript({ on: NOT_REPLICATION });
    expect(ids).toEqual(['replconf-unknown']);
    expect(verdict).toBe('passed');
  });

  it('shows what a real Redis would have sent, and where the answer left it', async () => {
    const { finding } = await examineScript({ on: { psync: '+FULLDUMP abc\r\n' } });
    expect(finding('unknown-answer')?.bytes).toEqual({
      got: '+FULLDUMP abc\r\n',
      unexpectedAt: 5,
      wouldBe: ['+FULLRESYNC <40 hex digits> <digits>\\r\\n'],
    });
  });
});

describe('banners', () => {
  const BANNERS: readonly (readonly [string, string])[] = [
    ['http-server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['other-service', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['other-service', 'J\0\0\0\n8.0.36\0'],
    ['other-service', 'ERROR\r\n'],
    ['protected-mode', '-DENIED Redis is running in protected mode because protected mode is enabled.\r\n'],
    ['max-clients', '-ERR max number of clients reached\r\n'],
  ];
  it.each(BANNERS)('%s: %j and a close', async (id, banner) => {
    const { ids } = await examineScript({
      raw: (_chunk, c) => {
        c.send(banner);
        c.close();
      },
    });
    expect(ids).toEqual([id]);
  });

  it.each(['protected-mode', 'max-clients'])('%s keeps the refusal that comes before an RST', async (id) => {
    const line =
      id === 'protected-mode'
        ? '-DENIED Redis is running in protected mode.\r\n'
        : '-ERR max number of clients reached\r\n';
    const { ids } = await examineScript({
      connect: (c) => {
        c.socket.pause();
        c.send(line);
        // Unread input at the close makes the kernel send an RST instead of a FIN.
        setTimeout(() => c.socket.destroy(), 30);
      },
    });
    expect(ids).toEqual([id]);
  });
});

describe('silence and closes', () => {
  it('connection-refused', async () => {
    const { ids, verdict, finding } = await examinePort(await freePort());
    expect(ids).toEqual(['connection-refused']);
    expect(verdict).toBe('unreachable');
    expect(finding('connection-refused')?.text).toContain('ECONNREFUSED');
  });

  it.each([
    ['connect-timeout', 'TIMEOUT', 'connect'],
    ['connect-timeout', 'ETIMEDOUT', 'connect'],
    ['host-unknown', 'ENOTFOUND', 'connect'],
    ['host-unreachable', 'EHOSTUNREACH', 'connect'],
    ['connection-refused', 'ENOENT', 'connect'],
    ['tls-certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ] as const)('%s by %s', async (id, code, layer) => {
    const dial: Dial = (events) => {
      setImmediate(() => events.onFail({ code, message: `it failed: ${code}`, layer }));
      return () => undefined;
    };
    const { ids, verdict } = await examinePort(1, { dial });
    expect(ids).toEqual([id]);
    expect(verdict).toBe(layer === 'connect' ? 'unreachable' : 'failed');
  });

  it('not-answering', async () => {
    const { ids, verdict, events } = await examineScript({ raw: () => undefined });
    expect(ids).toEqual(['not-answering']);
    expect(verdict).toBe('failed');
    expect(events.find((e) => e.kind === 'fault')).toMatchObject({ step: 'ping', why: 'timeout' });
  });

  it.each(['close', 'reset'] as const)('accepted-then-closed by %s', async (how) => {
    const { ids } = await examineScript({ raw: (_chunk, c) => c[how]() });
    expect(ids).toEqual(['accepted-then-closed']);
  });

  it('missing-line-end', async () => {
    const { ids } = await examineScript({ on: { ping: '+PONG' } });
    expect(ids).toEqual(['missing-line-end']);
  });

  it('replconf-unanswered', async () => {
    const { ids, finding } = await examineScript({ on: { replconf: () => undefined } });
    expect(ids).toEqual(['replconf-unanswered']);
    expect(finding('replconf-unanswered')?.text).toContain('REPLCONF listening-port was not answered');
  });

  it('psync-unanswered', async () => {
    expect((await examineScript({ on: { psync: () => undefined } })).ids).toEqual(['psync-unanswered']);
  });

  it('a close after PSYNC is shown as what it is', async () => {
    const { ids, finding } = await examineScript({
      on: {
        psync: (_args, c) => {
          c.close();
          return undefined;
        },
      },
    });
    expect(ids).toEqual(['unknown-answer']);
    expect(finding('unknown-answer')?.text).toContain('closed the connection');
  });

  it('waits as long as keepalives come', async () => {
    const { ids, events } = await examineScript({
      on: {
        psync: (_args, c) => {
          let beats = 0;
          const beat = setInterval(() => {
            c.send(++beats < 8 ? '\n' : fullSync());
            if (beats === 8) clearInterval(beat);
          }, 200);
          return undefined;
        },
      },
    });
    expect(ids).toEqual([]);
    expect(events.filter((e) => e.kind === 'keepalive')).toHaveLength(7);
  });
});

describe('the position', () => {
  it.each([`+FULLRESYNC ${REPLID}`, '+FULLRESYNC', '+FULLRESYNC abc 0', `+FULLRESYNC ${REPLID}00 0`])(
    'malformed-fullresync: %s',
    async (line) => {
      const { ids } = await examineScript({ on: { psync: `${line}\r\n$88\r\n${EMPTY_RDB}` } });
      expect(ids).toEqual(['malformed-fullresync']);
    },
  );

  it('bare-continue', async () => {
    const { ids, verdict } = await examineScript({ on: { psync: '+CONTINUE\r\n' } }, { aim: 'probe' });
    expect(ids).toEqual(['bare-continue']);
    expect(verdict).toBe('failed');
  });

  it('a bare +CONTINUE is right when psync2 was not announced', async () => {
    const { ids } = await examineScript({ on: { psync: '+CONTINUE\r\n' } }, { aim: 'probe', capa: ['eof'] });
    expect(ids).toEqual([]);
  });

  it('continue-wrong-id', async () => {
    const { ids } = await examineScript({ on: { psync: '+CONTINUE abc\r\n' } }, { aim: 'probe' });
    expect(ids).toEqual(['continue-wrong-id']);
  });

  it('probe-needs-backlog, and no PSYNC is sent', async () => {
    const info = bulk(infoText({ repl_backlog_active: 0 }));
    const { ids, verdict } = await examineScript({ on: { info } }, { aim: 'probe' });
    expect([ids, verdict]).toEqual([['probe-needs-backlog'], 'passed']);
    expect(master?.connections.flatMap(({ seen }) => seen).join(' ')).not.toContain('PSYNC');
  });

  it('probe-got-fullresync', async () => {
    const { ids, verdict } = await examineScript({ on: { psync: () => fullSync() } }, { aim: 'probe' });
    expect(ids).toEqual(['probe-got-fullresync']);
    expect(verdict).toBe('failed');
  });

  it('a home-made master that never continues is warned of', async () => {
    const info = bulk(`role:master\r\nmaster_replid:${REPLID}\r\nmaster_repl_offset:0\r\n`);
    const { ids, verdict } = await examineScript({ on: { info, psync: () => fullSync() } });
    expect(ids).toEqual(['probe-got-fullresync']);
    expect(verdict).toBe('passed');
  });
});

describe('the snapshot', () => {
  const snapshot = (rdb: string, length = rdb.length, after = ''): Script => ({
    on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n$${length}\r\n${rdb}${after}`) },
  });
  const BAD_SUM = EMPTY_RDB.slice(0, -1) + '\x01';
  const HEX = Buffer.from(TINY_RDB, 'latin1').toString('hex');

  const CASES: readonly (readonly [string, Script])[] = [
    ['snapshot-without-checksum', snapshot('REDIS0009\xff')],
    ['snapshot-without-checksum', snapshot('REDIS0009\xff\0\0\0')],
    ['snapshot-trailing-crlf', snapshot(TINY_RDB, 18, '\r\n')],
    ['snapshot-wrong-length', snapshot(TINY_RDB, 20)],
    ['snapshot-wrong-length', snapshot(TINY_RDB, 30, command('PING'))],
    ['snapshot-wrong-length', snapshot(EMPTY_RDB, 60)],
    ['snapshot-bad-checksum', snapshot(BAD_SUM)],
    ['snapshot-hex', snapshot(HEX)],
    ['snapshot-hex', snapshot(Buffer.from(TINY_RDB, 'latin1').toString('base64'))],
    ['snapshot-unreadable', snapshot('NOTREDIS0009\xff')],
    ['snapshot-text-damaged', snapshot('REDIS0009\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd')],
    ['snapshot-missing', { on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n${TINY_RDB}`) } }],
    ['snapshot-missing', { on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n${command('PING')}`) } }],
    ['snapshot-missing', { on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n$abc\r\n`) } }],
    ['snapshot-refused', { on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n-ERR no space left\r\n`) } }],
    ['snapshot-never-comes', { on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n`) } }],
  ];
  it.each(CASES)('%s: %o', async (id, script) => {
    const { ids, verdict } = await examineScript(script);
    expect(ids).toEqual([id]);
    expect(verdict).toBe('failed');
  });

  it('snapshot-cut by a close', async () => {
    const { ids } = await examineScript({
      on: {
        psync: (_args, c) => {
          c.send(`+FULLRESYNC ${REPLID} 0\r\n$88\r\n${EMPTY_RDB.slice(0, 40)}`);
          c.close();
          return undefined;
        },
      },
    });
    expect(ids).toEqual(['snapshot-cut']);
  });

  it('the EOF form is read to its mark, and is a fault when it was not asked for', async () => {
    const mark = 'f'.repeat(40);
    const script: Script = {
      on: { psync: sync(`+FULLRESYNC ${REPLID} 0\r\n$EOF:${mark}\r\n${EMPTY_RDB}${mark}`) },
    };
    const asked = await examineScript(script);
    expect(asked.ids).toEqual([]);
    expect(asked.events.find((e) => e.kind === 'snapshot-end')).toMatchObject({
      report: { bytes: 88, version: 11, checksum: { state: 'ok' } },
    });
    await master?.stop();
    expect((await examineScript(script, { capa: ['psync2'] })).ids).toEqual(['snapshot-eof-unasked']);
  });

  it('warns of a version that replicas of 7.2 cannot read', async () => {
    const { ids, verdict } = await examineScript(snapshot('REDIS0012\xff\0\0\0\0\0\0\0\0'));
    expect(ids).toEqual(['snapshot-too-new']);
    expect(verdict).toBe('passed');
  });
});

describe('the stream', () => {
  const PING = command('PING');

  it('is counted, command by command', async () => {
    const { ids, events } = await examineScript(
      {
        on: {
          psync: fullSync(EMPTY_RDB, 100) + command('SELECT', '0') + PING,
          info: bulk(infoText({ master_repl_offset: 137 })),
        },
      },
      { follow: { count: 2 } },
    );
    expect(ids).toEqual([]);
    expect(events.filter((e) => e.kind === 'command')).toMatchObject([
      { args: ['SELECT', '0'], offset: 123, wireLength: 23, db: 0 },
      { args: ['PING'], offset: 137, wireLength: 14, db: 0 },
    ]);
  });

  it('offset-never-moves', async () => {
    const { ids, finding } = await examineScript(
      { on: { psync: sync(fullSync() + PING) } },
      { follow: { count: 1 } },
    );
    expect(ids).toEqual(['offset-never-moves']);
    expect(finding('offset-never-moves')?.confirmed).toBe(
      'INFO replication says master_repl_offset:0; +FULLRESYNC said 0.',
    );
  });

  it('stream-not-commands', async () => {
    const { ids } = await examineScript(
      { on: { psync: sync(fullSync() + '+OK\r\n') } },
      { follow: { forMs: 200 } },
    );
    expect(ids).toEqual(['stream-not-commands']);
  });

  it('snapshot-trailing-crlf also when the stream is followed', async () => {
    const { ids } = await examineScript(
      { on: { psync: sync(fullSync() + '\r\n' + PING), info: bulk(infoText({ master_repl_offset: 14 })) } },
      { follow: { count: 1 } },
    );
    expect(ids).toEqual(['snapshot-trailing-crlf']);
  });

  it('asks for the stream in the EOF form with one ACK 0, and acknowledges nothing else', async () => {
    const mark = 'a'.repeat(40);
    const psync = sync(`+FULLRESYNC ${REPLID} 0\r\n$EOF:${mark}\r\n${EMPTY_RDB}${mark}`);
    await examineScript({ on: { psync } }, { follow: { forMs: 100 } });
    expect(master?.connections[0].seen.filter((c) => c.includes('ACK'))).toEqual(['REPLCONF ACK 0']);
    await master?.stop();
    await examineScript({ on: { psync: sync(fullSync()) } }, { follow: { forMs: 100 } });
    expect(master?.connections[0].seen.filter((c) => c.includes('ACK'))).toEqual([]);
  });
});
