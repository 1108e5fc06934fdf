/** `--conformance` against home-made masters: each fault fails the variants that it breaks, and no others. */
import { afterEach, describe, expect, it } from 'vitest';
import { NEEDED_BY } from '../../../src/core/diagnosis/conformance/needed-by.js';
import { VARIANTS } from '../../../src/core/diagnosis/conformance/run.js';
import { runConformanceOn, type Conformance } from '../../support/conformance.js';
import { startCountingMaster } from '../../support/counting-master.js';
import { startClone, type CloneFault } from '../../support/engineers-clone.js';
import { fullSync, startFakeMaster, type FakeMaster, type Script } from '../../support/fake-master.js';

let fake: FakeMaster | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

const QUICK = { timeoutMs: 300, idleMs: 400 };
/** How the messages travel: these fail only where the introduction does. */
const MANNERS = [
  ...['one-segment', 'byte-by-byte', 'lower-case', 'upper-case', 'no-listening-port', 'psync2-only'],
  'unknown-capa',
];

async function judgeClone(faults: readonly CloneFault[], ...only: string[]): Promise<Conformance> {
  const clone = await startClone(faults);
  fake = clone;
  return runConformanceOn(clone.port, { ...QUICK, ...(only.length > 0 && { only }) });
}

async function judge(script: Script, ...only: string[]): Promise<Conformance> {
  fake = await startFakeMaster(script);
  return runConformanceOn(fake.port, { ...QUICK, ...(only.length > 0 && { only }) });
}

const failedNames = ({ failures }: Conformance): string[] => failures.map((text) => text.split(':')[0]);

describe("the engineer's clone", () => {
  it('fails every variant as long as it keys replicas by address, and confirms it once', async () => {
    const judged = await judgeClone(['keyed']);
    expect(failedNames(judged)).toEqual(expect.arrayContaining(['one-by-one', ...MANNERS]));
    expect(judged.ids('one-by-one')).toEqual(['replica-keyed-by-address']);
    expect(judged.ids('one-segment')).toEqual(['replica-keyed-by-address']);
    expect(judged.ids('no-listening-port')).toEqual(['replica-not-registered']);
    const [found] = judged.variant('one-by-one').findings;
    expect(found.finding.confirmed).toMatch(
      /^a second handshake that announced port (\d+) from source port \1 was accepted/,
    );
    const own = /port (\d+)/.exec(found.finding.confirmed ?? '')?.[1];
    expect(
      fake?.connections.filter(({ seen }) => seen.includes(`REPLCONF listening-port ${own}`)),
    ).toHaveLength(1);
  });

  it('names the missing checksum where the snapshot is read', async () => {
    const judged = await judgeClone(['no-checksum'], 'one-by-one', 'capa-eof', ...MANNERS);
    expect(judged.ids('one-by-one')).toEqual(['snapshot-without-checksum']);
    expect(judged.ids('capa-eof')).toEqual(['snapshot-without-checksum']);
    expect(judged.passed).toEqual(expect.arrayContaining(MANNERS));
  });

  it('tells the advice that a finding brings itself', async () => {
    const [found] = (await judge({ on: { psync: () => fullSync('') } }, 'one-by-one')).variant(
      'one-by-one',
    ).findings;
    expect(found.finding.id).toBe('snapshot-wrong-length');
    expect(found.fix).toMatch(/^Send an empty RDB/);
  });

  it('names the offset that never moves', async () => {
    expect((await judgeClone(['zero-offset'], 'continue')).ids('continue')).toEqual(['offset-never-moves']);
  });

  it('names the bare +CONTINUE', async () => {
    expect((await judgeClone(['bare-continue'], 'psync2-only')).ids('psync2-only')).toEqual([
      'bare-continue',
    ]);
  });

  it('once it is mended passes the manners, fails what it still lacks, and is told the cost before anything else', async () => {
    const judged = await judgeClone([]);
    const { events } = judged;
    expect(events[0]).toMatchObject({ kind: 'cost', variants: VARIANTS.length, fullSyncs: 8 });
    expect(events[0].kind === 'cost' && events[0].text).toContain('for 8 full syncs');
    expect(events.at(-1)).toMatchObject({ kind: 'end', verdict: 'failed' });
    expect(judged.passed).toEqual(expect.arrayContaining(['one-by-one', ...MANNERS]));
    expect(failedNames(judged)).toEqual(
      expect.arrayContaining([
        'offset-in-the-future',
        'wrong-replid',
        'unknown-option',
        'odd-options',
        'sync',
        'ack',
      ]),
    );
    const { why, redis } = judged.variant('wrong-replid');
    expect(why).toContain('the replica would keep the data of another history');
    expect(redis).toBe('+FULLRESYNC <id> <offset>');
    expect(judged.skipped).toEqual([
      "getack: WAIT was answered -ERR unknown command 'WAIT', with args beginning with: ",
      'closed-replica: INFO does not list the replica while it is attached',
    ]);
  });
});

describe('what present-day replicas need', () => {
  it('is marked', () => {
    const marked = VARIANTS.filter(({ presentDay }) => presentDay).map(({ name }) => name);
    expect(marked).toEqual([
      ...['one-by-one', 'one-segment', 'byte-by-byte', 'announced-port', 'announced-ip', 'same-port-twice'],
      ...['unknown-capa', 'continue', 'offset-in-the-future', 'offset-before-backlog', 'wrong-replid'],
      ...['ack', 'newline-before-ack', 'capa-eof'],
    ]);
  });

  it('is told of the others where they fail', async () => {
    const unmarked = VARIANTS.filter(({ presentDay }) => !presentDay).map(({ name }) => name);
    expect(Object.keys(NEEDED_BY).sort()).toEqual([...unmarked].sort());
    const { events } = await judge({}, 'one-by-one', 'sync');
    expect(events.slice(1, -1).map((event) => event.kind === 'variant' && event.neededBy)).toEqual([
      undefined,
      NEEDED_BY.sync,
    ]);
  });

  it('is counted apart', async () => {
    const { events } = await judge({}, 'one-by-one', 'odd-options', 'sync');
    expect(events.at(-1)).toMatchObject({
      ...{ passed: 1, failed: 2, skipped: 0 },
      presentDay: { passed: 1, failed: 0, skipped: 0 },
    });
    expect(events.slice(1, -1)).toMatchObject([
      { presentDay: true },
      { presentDay: false },
      { presentDay: false },
    ]);
  });
});

describe('other masters', () => {
  it('fails lower case alone where names are compared as they are', async () => {
    const replconf = (args: readonly string[]): string =>
      args[0] === 'REPLCONF' && args[1] !== 'CAPA' && args[1] !== 'LISTENING-PORT'
        ? '+OK\r\n'
        : `-ERR unknown command '${args[0]}'\r\n`;
    const judged = await judge({ on: { replconf } }, 'one-by-one', 'one-segment', 'lower-case', 'upper-case');
    const names = failedNames(judged);
    expect(names).toEqual(expect.arrayContaining(['lower-case', 'upper-case']));
    expect(names).not.toContain('one-segment');
    expect(judged.variant('lower-case').why).toContain('was answered `-ERR unknown command');
    expect(judged.ids('lower-case')).toEqual(['case-sensitive-commands']);
    expect(judged.variant('lower-case').redis).toContain('+OK to every REPLCONF');
  });

  it('fails the one segment where a read is taken for a command', async () => {
    const on = (chunk: Buffer): string => {
      const [, name = '', option = ''] =
        /^\*\d+\r\n\$\d+\r\n(\w+)\r\n(?:\$\d+\r\n([^\r]+))?/.exec(chunk.toString('latin1')) ?? [];
      if (name === 'PING') return '+PONG\r\n';
      if (name === 'PSYNC')
        return option === '?' ? `+FULLRESYNC ${'a'.repeat(40)} 0\r\n$0\r\n` : '-ERR no\r\n';
      return name === 'REPLCONF' ? '+OK\r\n' : '-ERR unknown command\r\n';
    };
    const judged = await judge(
      { raw: (chunk, connection) => connection.send(on(chunk)) },
      ...['one-segment', 'byte-by-byte'],
    );
    expect(judged.variant('one-segment')).toMatchObject({
      verdict: 'failed',
      why: 'capa: no answer came in time',
    });
    expect(judged.ids('one-segment')).toEqual(['one-command-per-read']);
    expect(judged.variant('byte-by-byte').verdict).toBe('failed');
  });

  it('stops at a refusal of the whole server', async () => {
    const { failures, skipped, verdict, ids } = await judge({
      on: { '*': '-NOAUTH Authentication required.\r\n', ping: '-NOAUTH Authentication required.\r\n' },
    });
    expect(verdict).toBe('failed');
    expect(failures).toHaveLength(1);
    expect(ids('one-by-one')).toEqual(['noauth']);
    expect(skipped).toHaveLength(VARIANTS.length - 1);
    expect(skipped[0]).toBe('one-segment: the server takes no replica: noauth');
  });

  it('knows a server that is not there', async () => {
    fake = await startFakeMaster();
    await fake.stop();
    const { verdict, ids, skipped } = await runConformanceOn(fake.port, QUICK);
    expect(verdict).toBe('unreachable');
    expect(ids('one-by-one')).toEqual(['connection-refused']);
    expect(skipped[0]).toBe('one-segment: the server could not be reached');
  });

  it('says that the server died, where it did, and runs nothing more', async () => {
    const script: Script = {
      on: {
        psync: (_args, c) => {
          void fake?.stop();
          c.close();
          return undefined;
        },
      },
    };
    const judged = await judge(script, 'one-by-one', 'one-segment', 'sync');
    expect(judged.failures).toEqual([
      'one-by-one: the server is gone: it died during this variant; look at its stderr',
    ]);
    expect(judged.ids('one-by-one')).toEqual([]);
    expect(judged.skipped).toEqual(['one-segment: the server is gone', 'sync: the server is gone']);
    expect(judged.verdict).toBe('failed');
  });

  it('skips what was not run where the server died behind a variant', async () => {
    const psync: Script = {
      on: {
        psync: (_args, c) => {
          c.socket.end('-ERR no\r\n', () => void fake?.stop());
          return undefined;
        },
      },
    };
    const judged = await judge(psync, 'one-by-one', 'sync');
    expect(failedNames(judged)).toEqual(['one-by-one']);
    expect(judged.skipped[0]).toMatch(/^sync: the server is gone since the variant before: /);
    expect(judged.verdict).toBe('failed');
  });

  it.each([-1, 1])('names a stream that goes on %i byte off', async (by) => {
    const set = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n';
    let stream = set;
    const info = (): string => {
      const text = `master_replid:${'b'.repeat(40)}\r\nmaster_repl_offset:${stream.length}\r\nrepl_backlog_active:1\r\n`;
      return `$${text.length}\r\n${text}\r\n`;
    };
    const psync = (args: readonly string[]): string => {
      stream += set;
      return `+CONTINUE ${'b'.repeat(40)}\r\n${stream.slice(Number(args[2]) - 1 + by)}`;
    };
    const judged = await judge({ on: { info, psync } }, 'continue');
    expect(judged.ids('continue')).toEqual(['continue-off-by-one']);
    expect(judged.variant('continue').why).toContain('which it had not reached yet');
  });

  it('names one that only the second replica is sent', async () => {
    const set = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n';
    let stream = set;
    const info = (): string => {
      const text = `master_replid:${'b'.repeat(40)}\r\nmaster_repl_offset:${stream.length}\r\nrepl_backlog_active:1\r\n`;
      return `$${text.length}\r\n${text}\r\n`;
    };
    const psync = (args: readonly string[]): string => {
      const asked = Number(args[2]);
      const continued = `+CONTINUE ${'b'.repeat(40)}\r\n`;
      if (asked <= stream.length) return continued + stream.slice(asked);
      stream += set;
      return continued + set;
    };
    const judged = await judge({ on: { info, psync } }, 'continue');
    expect(judged.ids('continue')).toEqual(['continue-off-by-one']);
    expect(judged.variant('continue').why).toMatch(/^from offset \d+ the master once sent/);
  });

  it('catches a stream that is repeated', async () => {
    let attached = 0;
    const set = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n';
    let offset = 0;
    const info = (): string => {
      const text = `redis_version:7.2.6\r\nmaster_replid:${'b'.repeat(40)}\r\nmaster_repl_offset:${offset}\r\nrepl_backlog_active:1\r\n`;
      return `$${text.length}\r\n${text}\r\n`;
    };
    // The value tells which replica it was made for: from one offset two streams.
    const psync = (args: readonly string[]): string => {
      if (args[1] === '?') return `+FULLRESYNC ${'b'.repeat(40)} 0\r\n$18\r\nREDIS0009\xff${'\0'.repeat(8)}`;
      const bytes = `${set}${attached++ % 10}\r\n`;
      offset += bytes.length;
      return `+CONTINUE ${'b'.repeat(40)}\r\n${bytes}`;
    };
    const judged = await judge({ on: { info, psync } }, 'continue');
    expect(judged.variant('continue')).toMatchObject({ verdict: 'failed' });
    expect(judged.variant('continue').why).toMatch(/^from offset \d+ the master once sent/);
  });
});

describe('a master that counts wrongly', () => {
  const ABOUT_THE_STREAM = ['second-psync', 'ack', 'newline-before-ack', 'getack', 'closed-replica'];
  const WIDE = [
    ['SET', 'k', '\xc3\xa4\xc3\xb6\xc3\xbc'],
    ['SET', 'j', '\xc3\xa4\xc3\xb6'],
  ];

  async function judgeCount(counts: (bytes: string) => number, ...only: string[]): Promise<Conformance> {
    fake = await startCountingMaster(counts, WIDE);
    return runConformanceOn(fake.port, { ...QUICK, only });
  }

  it.each<[string, (bytes: string) => number, RegExp]>([
    [
      'characters',
      (bytes) => Buffer.from(bytes, 'latin1').toString('utf8').length,
      /^from offset \d+, which by its INFO it had not reached yet, the master sent `.*`: it counts less than it has streamed, or its backlog/,
    ],
    [
      'only what it streams when it is asked',
      (bytes) => (bytes.includes('GETACK') ? bytes.length : 0),
      /^\d+ bytes were streamed and master_repl_offset went from/,
    ],
  ])(
    '%s: fails where that is looked at, and in no variant that is about something else',
    async (_, counts, why) => {
      const judged = await judgeCount(counts, 'continue', ...ABOUT_THE_STREAM);
      expect(failedNames(judged)).toEqual(['continue']);
      expect(judged.variant('continue').why).toMatch(why);
      expect(judged.variant('ack').remark).toMatch(/see the variant continue/);
    },
  );

  it('of a GETACK that is not counted each variant says what it is itself about', async () => {
    const judged = await judgeCount(
      (bytes) => (bytes.includes('GETACK') ? 0 : bytes.length),
      ...['continue', ...ABOUT_THE_STREAM],
    );
    expect(failedNames(judged)).toEqual(['continue', 'getack']);
    for (const name of ['continue', 'getack']) {
      expect(judged.ids(name), name).toEqual(['offset-counts-too-little']);
      expect(judged.variant(name).findings[0].finding.text).toContain('GETACK is not counted');
    }
  });

  it('is continued without a full sync where it counts rightly, also while it streams', async () => {
    const master = (fake = await startCountingMaster((bytes) => bytes.length, WIDE));
    const writing = setInterval(() => master.write('SET', 'k', 'v'), 5);
    try {
      const judged = await runConformanceOn(master.port, { ...QUICK, only: ABOUT_THE_STREAM });
      expect(judged.passed).toEqual(ABOUT_THE_STREAM);
      for (const name of ABOUT_THE_STREAM) expect(judged.variant(name).remark, name).toBe(undefined);
    } finally {
      clearInterval(writing);
    }
  });
});

/** A master that was at 86 before, answers WAIT, and counts so much of a GETACK. */
function waiting(counted: number, answer: (ask: () => void) => string | undefined): Script {
  let offset = 86;
  let replica: { send(bytes: string): void } | undefined;
  let client: { send(bytes: string): void } | undefined;
  const getack = '*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n';
  return {
    on: {
      info: () => {
        const text = `master_replid:${'b'.repeat(40)}\r\nmaster_repl_offset:${offset}\r\nrepl_backlog_active:1\r\n`;
        return `$${text.length}\r\n${text}\r\n`;
      },
      psync: (_args, c) => {
        replica = c;
        return `+CONTINUE ${'b'.repeat(40)}\r\n`;
      },
      wait: (_args, c) => {
        client = c;
        return answer(() => {
          replica?.send(getack);
          offset += counted;
        });
      },
      replconf: (args) => {
        if (args[1].toLowerCase() !== 'ack') return '+OK\r\n';
        client?.send(':1\r\n');
        return undefined;
      },
    },
  };
}

describe('ACKs', () => {
  it('have a name for the answer that they must not get', async () => {
    const judged = await judge({ on: { replconf: '+OK\r\n' } }, 'ack', 'newline-before-ack');
    for (const name of ['ack', 'newline-before-ack']) {
      expect(judged.ids(name), name).toEqual(['stream-not-commands']);
    }
  });
});

describe('a replica that has closed its connection', () => {
  it.each([true, false])('stays listed: %s', async (stays) => {
    const ports: string[] = [];
    const judged = await judge(
      {
        on: {
          replconf: (args, c) => {
            if (args[1] !== 'listening-port') return '+OK\r\n';
            ports.push(args[2]);
            if (!stays) c.socket.on('close', () => ports.splice(ports.indexOf(args[2]), 1));
            return '+OK\r\n';
          },
          info: () => {
            const lines = ports.map(
              (port, i) => `slave${i}:ip=127.0.0.1,port=${port},state=online,offset=0,lag=0\r\n`,
            );
            const text = `role:master\r\n${lines.join('')}`;
            return `$${text.length}\r\n${text}\r\n`;
          },
        },
      },
      'closed-replica',
    );
    expect(judged.variant('closed-replica').verdict).toBe(stays ? 'failed' : 'passed');
    expect(judged.ids('closed-replica')).toEqual(stays ? ['closed-replicas-stay-listed'] : []);
  });
});

describe('GETACK and WAIT', () => {
  it('names a GETACK that is not counted, which is no offset that never moves', async () => {
    const judged = await judge(
      waiting(0, (ask) => void ask()),
      'getack',
      'continue',
    );
    for (const name of ['getack', 'continue']) {
      expect(judged.ids(name), name).toEqual(['offset-counts-too-little']);
    }
    expect(judged.variant('getack').why).toMatch(
      /to offset 123, GETACK included, and master_repl_offset is 86\. The 37 bytes that are missing fit exactly: GETACK is not counted\. The two counts part with `REPLCONF GETACK` at offset 86$/,
    );
    expect(judged.variant('continue').findings[0].finding.text).toContain('GETACK is not counted');
  });

  it('has nothing to say where it is counted', async () => {
    expect(
      (
        await judge(
          waiting(37, (ask) => void ask()),
          'getack',
        )
      ).passed,
    ).toEqual(['getack']);
  });

  it('says that WAIT was answered at once', async () => {
    const { why } = (
      await judge(
        waiting(0, () => ':1000\r\n'),
        'getack',
      )
    ).variant('getack');
    expect(why).toBe('WAIT answered 1000 before any ACK, and no REPLCONF GETACK * came');
  });
});
