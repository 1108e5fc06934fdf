/** Variants of the acknowledgements: ACK, the newline before it, GETACK and WAIT. */
import { ascii } from '../../base/bytes.js';
import { type Reply } from '../../protocol/reply-decoder.js';
import { type Attempt, Deviation, encoded, Skip } from './attempt.js';
import { causesText } from '../rules/left-out.js';
import { isGetAck, NUDGE_MS, type Stage } from './stage.js';
import { type Variant } from './variant.js';

/** How long a GETACK may take to come, in ms. */
const GETACK_MS = 1500;

/** An attached replica that INFO lists under a port of its own. */
async function attached(stage: Stage): Promise<Attempt> {
  const attempt = await stage.attachUpToDate({ capa: ['psync2'], port: stage.ownPort });
  if (attempt.offset === undefined) throw new Skip('+FULLRESYNC told no offset to acknowledge');
  return attempt;
}

async function offsetListed(stage: Stage, offset: number): Promise<void> {
  const shows = (lines: readonly string[]): boolean =>
    lines.some((line) => line.includes(`offset=${offset},`));
  const lines = await stage.listed(stage.ownPort, shows);
  if (shows(lines)) return;
  const saw = lines.length === 0 ? 'does not list us' : `says ${lines.join(' and ')}`;
  throw new Deviation(`we acknowledged ${offset}, and INFO replication ${saw}`);
}

/** A variant, needed by present-day replicas, that acknowledges what was read, with bytes before the ACK: Redis answers nothing and lists the offset. */
function acknowledging(name: string, before: string, texts: Pick<Variant, 'what' | 'redis'>): Variant {
  return {
    ...{ name, ...texts, presentDay: true, fullSyncs: 0, acknowledges: true },
    run: async (stage) => {
      const attempt = await attached(stage);
      const offset = attempt.offset ?? 0;
      attempt.peer.write(ascii(before + encoded(['REPLCONF', 'ACK', String(offset)])));
      await attempt.expectSilence(
        before === '' ? 'REPLCONF ACK' : 'a newline and an ACK',
        'stream-not-commands',
      );
      await offsetListed(stage, offset);
    },
  };
}

async function getAck(stage: Stage): Promise<void> {
  const attempt = await attached(stage);
  const { clock } = stage.env;
  const began = clock.monotonicUs();
  let waitedMs = 0;
  const waiting = stage.nudge().then((reply) => {
    waitedMs = (clock.monotonicUs() - began) / 1000;
    return reply;
  });
  const streamBegan = attempt.offset;
  const tail = await stage.tail(attempt, GETACK_MS, ({ commands }) => commands.some(isGetAck));
  const asked = tail.commands.some(isGetAck);
  // What a replica answers is the offset before the GETACK, which it counts afterwards.
  const before = (attempt.offset ?? 0) - GETACK_BYTES;
  if (asked) attempt.say('REPLCONF', 'ACK', String(before));
  const reply = await waiting;
  if (reply === undefined) throw new Deviation('WAIT was not answered');
  if (reply.type === 'error') throw new Skip(`WAIT was answered -${reply.value}`);
  if (!asked) throw new Deviation(neverAsked(reply, waitedMs));
  if (reply.type !== 'integer' || Number(reply.value) < 1) {
    const got = reply.type === 'integer' ? String(reply.value) : reply.type;
    throw new Deviation(
      `a replica is attached and acknowledged, and WAIT was answered ${got}, not 1 or more`,
    );
  }
  const again = await stage.tail(attempt, 100, ({ commands }) => commands.some(isGetAck));
  if (again.commands.some(isGetAck)) throw new Deviation('one WAIT made the master ask for ACKs twice');
  const position = await stage.position();
  if (position && position.offset < (attempt.offset ?? 0)) {
    const missing = (attempt.offset ?? 0) - position.offset;
    const text = `the stream went to offset ${attempt.offset}, GETACK included, and master_repl_offset is ${position.offset}`;
    const cause = causesText(missing, tail.portions, streamBegan);
    const moves = position.offset > 0 || cause !== '';
    throw new Deviation(
      (text + '.' + cause).replace(/\.$/, ''),
      attempt.evidence,
      moves ? 'offset-counts-too-little' : 'offset-never-moves',
    );
  }
}

function neverAsked(reply: Reply, waitedMs: number): string {
  const got = reply.type === 'integer' ? String(reply.value) : reply.type;
  if (waitedMs >= NUDGE_MS) {
    return `a WAIT was pending for ${Math.round(waitedMs)} ms, was answered ${got}, and no REPLCONF GETACK * came`;
  }
  return `WAIT answered ${got} before any ACK, and no REPLCONF GETACK * came`;
}

/** Length of `REPLCONF GETACK *` on the wire. */
const GETACK_BYTES = encoded(['REPLCONF', 'GETACK', '*']).length;

async function closedReplica(stage: Stage): Promise<void> {
  const attempt = await attached(stage);
  const listed = await stage.listed(stage.ownPort, (lines) => lines.length > 0);
  if (listed.length === 0) throw new Skip('INFO does not list the replica while it is attached');
  attempt.close();
  const left = await stage.listed(stage.ownPort, (lines) => lines.length === 0);
  if (left.length === 0) return;
  throw new Deviation(
    `the replica closed its connection, and INFO still lists it: ${left.join(' and ')}`,
    attempt.evidence,
    'closed-replicas-stay-listed',
  );
}

export const ACK_VARIANTS: readonly Variant[] = [
  acknowledging('ack', '', {
    what: 'REPLCONF ACK <offset>, once a second',
    redis: 'nothing; INFO lists the acknowledged offset',
  }),
  acknowledging('newline-before-ack', '\n', {
    what: 'a bare newline (a sign of life while loading) and an ACK in one segment',
    redis: 'nothing; the newline is passed over, INFO lists the acknowledged offset',
  }),
  {
    name: 'getack',
    what: 'WAIT on another connection: GETACK is streamed once, answered, counted',
    redis: '`REPLCONF GETACK *` in the stream, once; WAIT answers how many acknowledged',
    fullSyncs: 0,
    acknowledges: true,
    run: getAck,
  },
  {
    name: 'closed-replica',
    what: 'a replica that closes its connection',
    redis: 'INFO lists it no more, at once',
    fullSyncs: 0,
    run: closedReplica,
  },
];
