/** Rules about the link to a master, as the replica sees it. */
import { unreadable } from '../product.js';
import { type MasterTrouble } from '../facts.js';
import { type Draft } from '../model.js';
import { formatBytes, formatCount, formatSeconds } from '../units.js';
import { address, LIMITS, plural, type Detail } from './rule.js';

export function* followsItself({ link, server }: Draft): Generator<Detail> {
  const { runId, address: where = '' } = link?.upstream ?? {};
  if (runId === undefined || runId === '' || runId !== server.runId) return;
  yield {
    severity: 'critical',
    text: `this replica follows itself: ${where} is this very server (run id ${runId.slice(0, 8)}…).`,
    advice: 'Give it its real master, or make it one:',
    commands: ['REPLICAOF <host> <port>', 'REPLICAOF NO ONE'],
  };
}

/** A ring of two: our master is among our replicas. Longer ones are found by `--tree`. */
export function* replicationRing({ link, replicas, now, target }: Draft): Generator<Detail> {
  if (!link) return;
  const { host, port } = link.master;
  const backToUs = link.upstream?.master?.endsWith(`:${now('tcp_port')}`) === true;
  const ring =
    link.upstream?.master === target ||
    replicas.some(({ announced }) => announced.port === port && (announced.ip === host || backToUs));
  if (!ring) return;
  yield {
    severity: 'critical',
    text: `a ring: this server follows ${address(host, port)}, which follows this server. Neither has a real master, whatever the links say.`,
    advice: 'Make the one with the higher offset the master:',
    commands: ['REPLICAOF NO ONE'],
  };
}

export function* linkDown(draft: Draft): Generator<Detail> {
  const { link } = draft;
  if (!link || link.up !== false || link.transfer) return;
  const master = address(link.master.host, link.master.port);
  const since =
    link.downSeconds === undefined
      ? 'is down and never was up'
      : `has been down for ${formatSeconds(link.downSeconds)}`;
  const state = link.state === undefined || link.state === 'connected' ? '' : ` (now: ${link.state})`;
  yield {
    severity: 'critical',
    text: `the link to the master ${master} ${since}${state}.${seenFromHere(draft, master)}${onReturn(draft)}`,
    ...linkDownHelp(draft, master),
  };
}

/** What asking the master showed: gone, hanging, or alive. */
function seenFromHere({ masterTrouble, link, masterLogin }: Draft, master: string): string {
  const seen = masterTrouble?.why.replace(/\.$/, '');
  if (masterTrouble?.kind === 'no-login') return ` Asked from here, ${master} is alive and wants a password.`;
  if (seen !== undefined) return ` Asked from here: ${seen}.`;
  if (!link?.upstream || masterLogin !== 'shared') return '';
  return ` Asked from here with this login, ${master} is alive and answers.`;
}

function linkDownHelp(draft: Draft, master: string): Pick<Detail, 'advice' | 'commands'> {
  const { masterTrouble, masterLogin, link, connectedReplicas, refusedLogin } = draft;
  const { kind } = masterTrouble ?? {};
  // With replicas below, that is what sub-replicas-cut-off says.
  if ((isGone(kind) || kind === 'timeout') && connectedReplicas === 0)
    return promoteInstead(master, kind, link?.offset);
  const handshake = `redis-ts handshake ${master} --no-psync`;
  const users = refusedLogin?.user === 'default' ? '' : ', or its user (masteruser),';
  if (refusedLogin) {
    return {
      advice:
        `The master refuses the login of this replica: its ACL LOG has an attempt by the user ${refusedLogin.user} from ` +
        `${refusedLogin.address}, ${formatSeconds(refusedLogin.secondsAgo)} ago. So the password that this replica uses (masterauth)` +
        `${users} is wrong. Set it on this replica:`,
      commands: [SET_MASTERAUTH, ...(users === '' ? [] : [SET_MASTERUSER])],
    };
  }
  if (link?.upstream && masterLogin === 'shared') {
    return {
      advice:
        'The login that you gave works, so most likely the one that this replica uses is wrong or missing: set its password, and ' +
        'its user where the master has ACL users, with the first two commands, on this replica. If the link stays down, look at ' +
        "the network between the two: the third command shows each step of attaching; run it on the replica's machine:",
      commands: [SET_MASTERAUTH, SET_MASTERUSER, handshake],
    };
  }
  const password =
    kind === 'no-login'
      ? 'The master wants a password; perhaps this replica was never given one (masterauth). '
      : '';
  return {
    advice:
      `${password}Run the first command: it connects to the master as a replica does, with the login that you give it, and names ` +
      'the step that fails; it asks for no full sync. If it passes, the login that this replica uses is wrong or missing: set ' +
      'its password, and its user where the master has ACL users, with the other commands, on this replica:',
    commands: [handshake, SET_MASTERAUTH, SET_MASTERUSER],
  };
}

const SET_MASTERAUTH = 'CONFIG SET masterauth <password>';
const SET_MASTERUSER = 'CONFIG SET masteruser <user>';

type Gone = 'refused' | 'unreachable';

function isGone(kind: MasterTrouble['kind'] | undefined): kind is Gone {
  return kind === 'refused' || kind === 'unreachable';
}

/** What happens when the link is made again, as far as the master's answer tells. */
function onReturn({ link, server }: Draft): string {
  const { upstream, offset } = link ?? {};
  if (!upstream || offset === undefined || server.replid === undefined || upstream.replid === undefined)
    return '';
  const { replid, replid2, secondOffset = -1, backlogFirstOffset: first } = upstream;
  const known = replid === server.replid || (replid2 === server.replid && offset < secondOffset);
  if (known && first !== undefined && offset + 1 >= first)
    return ' Its backlog has what is missing here: a partial resync will do, when the link is up.';
  const why = !known
    ? 'the master has another history'
    : first === undefined
      ? 'the master has no backlog'
      : `the master's backlog begins at ${formatCount(first)}, and this server stopped at ${formatCount(offset)}`;
  const { keys = 0 } = server;
  const loses =
    upstream.keys !== undefined && upstream.keys < keys
      ? ` It replaces the ${formatCount(keys)} keys here by the master's ${formatCount(upstream.keys)}: if those here are the good ones, run REPLICAOF NO ONE here first.`
      : '';
  // Before the first one there is nothing to go on from.
  if (link?.downSeconds === undefined && loses === '') return '';
  return ` When the link is up, a full sync follows: ${why}.${loses}`;
}

export function* subReplicasCutOff({ link, connectedReplicas, masterTrouble }: Draft): Generator<Detail> {
  if (link?.up !== false || connectedReplicas === 0) return;
  const text =
    `${plural(connectedReplicas, 'replica')} below this server ${connectedReplicas === 1 ? 'gets' : 'get'} nothing, not even a ping, while its own ` +
    'link is down: only the master at the top of the chain sends pings. They drop their links at repl-timeout.';
  const master = address(link.master.host, link.master.port);
  if (isGone(masterTrouble?.kind) || masterTrouble?.kind === 'timeout') {
    yield { severity: 'critical', text, ...promoteInstead(master, masterTrouble.kind, link.offset) };
    return;
  }
  yield {
    severity: 'critical',
    text,
    advice:
      `Mend the link above. If ${master} is alive and still has its data, they can be attached to it meanwhile; after a restart ` +
      'without its data it would empty them:',
    commands: [`REPLICAOF ${link.master.host} ${link.master.port ?? ''}`.trimEnd()],
  };
}

/** Nobody is to be attached to a master that does not answer: what comes back there may be empty, and replicas copy that. */
function promoteInstead(
  master: string,
  kind: Gone | 'timeout',
  offset: number | undefined,
): Pick<Detail, 'advice' | 'commands'> {
  const ours = offset === undefined ? '' : ` (here: ${formatCount(offset)})`;
  const promote =
    'Attach nobody to it: a master that comes back empty empties its replicas. If it is lost, promote the replica with the ' +
    `highest slave_repl_offset${ours} before it comes back, and let the others follow that one. On the one chosen:`;
  if (kind === 'timeout')
    return {
      advice: `The master ${master} does not answer: it hangs, or the network does. Look at its process first. ${promote}`,
      commands: ['REPLICAOF NO ONE'],
    };
  const nothing = kind === 'refused' ? 'nothing listens there' : 'nothing answers there';
  return {
    advice:
      `First: is ${master} right? As seen from here, ${nothing}. If the real master is alive under another address, give this ` +
      'replica that one (the first command): promoting a replica beside a master that lives makes two of them. If the ' +
      `address is right, the master is down, or the network to it. ${promote.replace('On the one chosen:', 'On the one chosen, the second:')}`,
    commands: ['REPLICAOF <host> <port>', 'REPLICAOF NO ONE'],
  };
}

export function* readsRefused({ link, settings }: Draft): Generator<Detail> {
  if (link?.up !== false || settings.serveStaleData !== false) return;
  yield {
    severity: 'critical',
    text: 'clients here get -MASTERDOWN, to PING as well: the link is down and replica-serve-stale-data is no.',
    advice: 'To serve old data until the link is back:',
    commands: ['CONFIG SET replica-serve-stale-data yes'],
  };
}

export function* syncAttemptsFailing({ link, now }: Draft): Generator<Detail> {
  const attempts = now('master_current_sync_attempts') ?? 0;
  if (link?.up !== false || attempts <= LIMITS.failedAttempts) return;
  const total = now('master_total_sync_attempts');
  yield {
    severity: 'warning',
    text:
      `${attempts} attempts in a row to sync with the master have failed` +
      `${total === undefined ? '' : ` (${formatCount(total)} attempts in all)`}: it is reached, and something goes wrong each time.`,
    advice: 'See at which step:',
    commands: [`redis-ts handshake ${address(link.master.host, link.master.port)}`],
  };
}

export function* syncInProgress({ link }: Draft): Generator<Detail> {
  if (!link?.transfer) return;
  const { readBytes = 0, totalBytes = 0, lastIoSecondsAgo = 0, bytesPerSecond, secondsLeft } = link.transfer;
  const share =
    totalBytes > 0 ? ` of ${formatBytes(totalBytes)} (${Math.floor((readBytes / totalBytes) * 100)}%)` : '';
  const left = secondsLeft === undefined ? '' : `, about ${formatSeconds(secondsLeft)} to go`;
  const pace = bytesPerSecond === undefined ? '' : `, ${formatBytes(bytesPerSecond)}/s${left}`;
  yield {
    severity: 'warning',
    text:
      `a full sync is running: ${formatBytes(readBytes)}${share} received, the last byte ` +
      `${formatSeconds(lastIoSecondsAgo)} ago${pace}. Until it ends this replica serves its old data, or none.`,
  };
}

/** Alive as a socket, and silent: stopped, swapping, or in one long command. The link looks up until repl-timeout. */
export function* masterNotAnswering({ link, masterTrouble, settings }: Draft): Generator<Detail> {
  if (link?.up !== true || masterTrouble?.kind !== 'timeout') return;
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  const heard =
    link.lastIoSecondsAgo === undefined
      ? ''
      : `; it was last heard ${formatSeconds(link.lastIoSecondsAgo)} ago`;
  yield {
    severity: 'warning',
    text:
      `the link is up and the master does not answer: ${masterTrouble.why}${heard}. The link is given up after ` +
      `${timeout} s of silence.`,
    advice: 'Look at its process (stopped, swapping, a slow command); a failover is for when it stays so.',
  };
}

export function* masterSilent({ link, settings }: Draft): Generator<Detail> {
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  const period = settings.replPingPeriodSeconds ?? LIMITS.defaultPingPeriodSeconds;
  if (link?.up !== true || (link.lastIoSecondsAgo ?? 0) <= 2 * period) return;
  yield {
    severity: link.lastIoSecondsAgo! > timeout / 2 ? 'critical' : 'warning',
    text:
      `the master was last heard ${formatSeconds(link.lastIoSecondsAgo!)} ago; it pings every ${period} s. ` +
      `The link is given up after ${timeout} s of silence.`,
    advice: 'Look at the network between the two, and whether the master is blocked (SLOWLOG GET).',
  };
}

export function* replicaWritable({ link, server }: Draft): Generator<Detail> {
  // An active replica of KeyDB is meant to.
  if (link?.readOnly !== false || server.role === 'active-replica') return;
  yield {
    severity: 'warning',
    text: 'this replica takes writes of its own (slave_read_only:0): its data drifts from the master, and nobody will be told.',
    commands: ['CONFIG SET replica-read-only yes'],
  };
}

export function* syncStalled({ link, settings }: Draft): Generator<Detail> {
  const silent = link?.transfer?.lastIoSecondsAgo ?? 0;
  if (silent <= LIMITS.transferSilentSeconds) return;
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  yield {
    severity: silent > timeout / 2 ? 'critical' : 'warning',
    text:
      `no byte of the snapshot came for ${formatSeconds(silent)}; at ${timeout} s the transfer is given up and begins again ` +
      'from nothing.',
    advice: 'If it is only slow, raise the timeout on both sides:',
    commands: [`CONFIG SET repl-timeout ${Math.max(2 * timeout, 4 * silent)}`],
  };
}

export function* versionBelowMaster({ link, server }: Draft): Generator<Detail> {
  const { product, version, address: where } = link?.upstream ?? {};
  if (link === undefined || product === undefined) return;
  const why = unreadable({ product, version }, server);
  if (why === undefined) return;
  yield {
    severity: link.up === false ? 'critical' : 'warning',
    text: `the next full sync from ${where} will fail: ${why}. Partial resyncs work, so nothing shows it before.`,
    advice: 'Upgrade this replica first, then its master.',
  };
}

export function* keyCountDiffers({ link, server, target }: Draft): Generator<Detail> {
  const { keys: theirs, address: where } = link?.upstream ?? {};
  const ours = server.keys;
  if (link?.up !== true || theirs === undefined || ours === undefined || link.behindBytes === undefined)
    return;
  const difference = Math.abs(ours - theirs);
  if (link.behindBytes > LIMITS.lagFloorBytes) return;
  if (difference <= LIMITS.keysFloor || difference <= LIMITS.keysShare * Math.max(ours, theirs)) return;
  const which =
    ours > theirs
      ? 'Expired keys stay on a replica until the master deletes them, hidden from reads; or it was written to.'
      : 'Something was deleted here, evicted, or never arrived.';
  yield {
    severity: ours > theirs ? 'info' : 'warning',
    text: `${formatCount(ours)} keys here and ${formatCount(theirs)} on the master ${where}, at the same offset. ${which}`,
    advice: 'Compare the contents:',
    commands: [`redis-ts inspect ${where} --verify ${target}`],
  };
}

export function* maxmemoryBelowMaster({ link, settings, now }: Draft): Generator<Detail> {
  const ours = settings.maxmemoryBytes ?? now('maxmemory') ?? 0;
  const theirs = link?.upstream?.maxmemoryBytes;
  if (theirs === undefined || ours === 0 || (theirs !== 0 && ours >= theirs)) return;
  const evicts = settings.replicaIgnoresMaxmemory === false;
  const allowed = theirs === 0 ? 'no limit' : formatBytes(theirs);
  yield {
    severity: 'warning',
    text:
      `maxmemory is ${formatBytes(ours)} here and ${allowed} on the master: ` +
      (evicts
        ? 'with replica-ignore-maxmemory no, this replica evicts what the master keeps.'
        : 'once promoted, this replica evicts or refuses writes.'),
    advice: 'Give both the same:',
    commands: [`CONFIG SET maxmemory ${theirs}`],
  };
}

export function* chainedReplica({ link }: Draft): Generator<Detail> {
  const { master, address: where } = link?.upstream ?? {};
  if (master === undefined || where === undefined) return;
  yield {
    severity: 'info',
    text: `the master ${where} is a replica itself, of ${master}: lag adds up along the chain. --tree shows all of it.`,
  };
}

export function* notPromotable({ link }: Draft): Generator<Detail> {
  if (link === undefined || (link.priority !== 0 && link.announced !== false)) return;
  const why =
    link.priority === 0 ? 'replica-priority is 0' : 'replica-announced is no, so Sentinel does not list it';
  yield { severity: 'info', text: `this replica is never promoted: ${why}.` };
}
