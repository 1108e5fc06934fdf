/** Variants of the introduction: how the messages travel, and what REPLCONF takes. */
import { type Bytes } from '../../base/bytes.js';
import { type Attempt, Deviation, shown, type Manner } from './attempt.js';
import { type Stage } from './stage.js';
import { type Variant } from './variant.js';

const PSYNC2: Manner = { capa: ['psync2'] };

/** A variant that only differs in its manner: every answer is +OK, and PSYNC is taken. */
function manner(name: string, what: string, how: Manner): Variant {
  const redis = '+OK to every REPLCONF, then +CONTINUE or +FULLRESYNC';
  return { name, what, redis, fullSyncs: 0, run: async (stage) => void (await stage.attach(how)) };
}

/** As `manner`, in other letters: what fails before PSYNC must be right in the usual ones. */
function spelled(name: string, what: string, spell: 'lower' | 'upper'): Variant {
  return {
    ...manner(name, what, { ...PSYNC2, spell }),
    run: async (stage) => {
      try {
        await stage.attach({ ...PSYNC2, spell });
      } catch (error) {
        if (!(error instanceof Deviation) || error.evidence?.fault?.step === 'psync') throw error;
        // Refused in the usual letters, too: then the case is not to blame, and this ends with that.
        const usual = await stage.open(PSYNC2);
        await usual.introduce();
        throw new Deviation(error.message, undefined, 'case-sensitive-commands');
      }
    },
  };
}

/** One odd REPLCONF, its answer, and a connection that goes on as if nothing had happened. */
function odd(name: string, what: string, option: readonly string[], expected: string): Variant {
  return {
    ...{ name, what, fullSyncs: 0 },
    redis: `${expected}, and the handshake goes on`,
    run: async (stage) => {
      const attempt = await stage.open(PSYNC2);
      await attempt.introduce();
      const line = await attempt.replconf(...option);
      if (line !== expected) {
        throw new Deviation(`REPLCONF ${option.join(' ')} was answered ${shown(line)}, not ${expected}`);
      }
      await goesOn(stage, attempt);
    },
  };
}

async function goesOn(stage: Stage, attempt: Attempt): Promise<void> {
  const position = await stage.position();
  await attempt.psync(
    position === undefined ? 'full' : { replid: position.replid, offset: position.offset + 1 },
  );
}

async function listedAs(stage: Stage, port: number, count: number, part = ''): Promise<void> {
  const enough = (lines: readonly string[]): boolean =>
    lines.filter((line) => line.includes(part)).length >= count;
  const lines = await stage.listed(port, enough);
  if (enough(lines)) return;
  const saw = lines.length === 0 ? 'no slaveN line has our port' : `it says ${lines.join(' and ')}`;
  const wanted = `${count === 1 ? 'a slaveN line' : `${count} slaveN lines`} with port=${port}${part === '' ? '' : ` and ${part}`}`;
  throw new Deviation(`INFO replication does not show ${wanted}: ${saw}`);
}

export const INTRODUCE_VARIANTS: readonly Variant[] = [
  {
    name: 'one-by-one',
    presentDay: true,
    what: 'each message waits for its answer, as up to Redis 6.0; a full sync',
    redis: '+PONG, +OK, +OK, +FULLRESYNC <id> <offset>, then $<length> and the whole RDB',
    fullSyncs: 1,
    run: async (stage) => {
      const attempt = await stage.attach(PSYNC2, 'full');
      await attempt.snapshot();
      // What does not belong behind a snapshot comes at once.
      await attempt.peer.until(() => attempt.peer.queue.length > 0, 100);
      const rest = attempt.peer.waiting();
      if (rest !== '' && !rest.startsWith('*')) {
        attempt.evidence.stream = { commands: 0, bytesRead: 0, noise: rest };
      }
    },
  },
  {
    ...manner('one-segment', 'all REPLCONFs in one segment, as since Redis 6.2', {
      ...PSYNC2,
      send: 'one-segment',
    }),
    presentDay: true,
  },
  // The network may cut anywhere.
  {
    ...manner('byte-by-byte', 'every byte in a segment of its own', { ...PSYNC2, send: 'byte-by-byte' }),
    presentDay: true,
  },
  spelled('lower-case', 'all names in lower case', 'lower'),
  spelled('upper-case', 'all names in upper case', 'upper'),
  {
    ...manner('no-listening-port', 'no listening-port is announced', { ...PSYNC2, port: null }),
    run: async (stage) => {
      try {
        await stage.attach({ ...PSYNC2, port: null });
      } catch (error) {
        const evidence = error instanceof Deviation ? error.evidence : undefined;
        // Every answer before it was right: the master misses what it would have found the replica by.
        if (evidence?.fault?.step !== 'psync' || evidence.fault.why !== 'error-reply') throw error;
        throw new Deviation((error as Deviation).message, evidence, 'replica-not-registered');
      }
    },
  },
  {
    name: 'announced-port',
    presentDay: true,
    what: 'the announced port is not the one we come from, and is the one that is listed',
    redis: 'the handshake goes through; INFO lists the announced port',
    fullSyncs: 0,
    run: async (stage) => {
      await stage.attach({ ...PSYNC2, port: stage.ownPort });
      await listedAs(stage, stage.ownPort, 1);
    },
  },
  {
    name: 'announced-ip',
    presentDay: true,
    what: 'REPLCONF ip-address, as with replica-announce-ip',
    redis: '+OK; INFO lists the announced address',
    fullSyncs: 0,
    run: async (stage) => {
      await stage.attach({ ...PSYNC2, port: stage.ownPort, ip: '192.0.2.7' });
      await listedAs(stage, stage.ownPort, 1, 'ip=192.0.2.7');
    },
  },
  {
    name: 'same-port-twice',
    presentDay: true,
    what: 'two replicas announce one port at once, as two hosts behind one NAT',
    redis: 'both are attached and both are listed: a replica is its connection',
    fullSyncs: 0,
    run: async (stage) => {
      const how = { ...PSYNC2, port: stage.ownPort };
      const first = await stage.attach(how);
      await stage.attach(how);
      await first.peer.within(() => first.peer.closed !== undefined, 100);
      if (first.peer.closed !== undefined) {
        const text = 'the second replica that announced the port made the master drop the first one';
        throw new Deviation(text, first.evidence, 'replica-keyed-by-address');
      }
      await listedAs(stage, stage.ownPort, 2);
    },
  },
  manner('psync2-only', 'capa psync2 and no other', PSYNC2),
  {
    name: 'no-capa',
    what: 'no capability is announced, as by Redis 2.8',
    redis: '+CONTINUE without an id, or +FULLRESYNC',
    fullSyncs: 0,
    run: async (stage) => {
      const attempt = await stage.attach();
      const { outcome } = attempt.evidence;
      if (outcome?.kind === 'continue' && outcome.line !== ('+CONTINUE' as Bytes)) {
        throw new Deviation(
          `without psync2 PSYNC was answered ${shown(outcome.line)}: such a replica knows no id there`,
        );
      }
    },
  },
  // Valkey 8 announces dual-channel, Redis 8 rdb-channel-repl.
  {
    ...manner('unknown-capa', 'a capability of the future', { capa: ['psync2', 'from-the-future'] }),
    presentDay: true,
  },
  odd(
    'unknown-option',
    'an option of REPLCONF that nobody knows',
    ['no-such-option', '1'],
    '-ERR Unrecognized REPLCONF option: no-such-option',
  ),
  odd('odd-options', 'REPLCONF with an option that has no value', ['capa'], '-ERR syntax error'),
];
