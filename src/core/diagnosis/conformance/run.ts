/**
 * `--conformance`: the handshake in all the ways in which real replicas make it, one variant after the other, each on
 * connections of its own. What a variant costs is known before it runs; what deviates from Redis is diagnosed by the rules of
 * the examination where one of them fits.
 *
 *   cost --> variant* --> end         the first variant that a refusal of the whole server fails ends it: the rest is skipped
 */
import { findField, infoInteger } from '../../info/parse.js';
import { diagnose } from '../diagnose.js';
import { noEvidence, type Evidence } from '../evidence.js';
import { askFacts, type MasterFacts } from '../master-facts.js';
import { OWN_PORT_ATTEMPTS, randomPort } from '../probes.js';
import { type Random } from '../../base/random.js';
import { looksKeyedByAddress } from '../rules/psync.js';
import { type DiagnosisId } from '../table.js';
import { told, type ToldFinding } from '../told-finding.js';
import { ACK_VARIANTS } from './acks.js';
import { Attempt, Deviation, Skip, type Env } from './attempt.js';
import { INTRODUCE_VARIANTS } from './introduce.js';
import { Unreachable } from '../peer.js';
import { NEEDED_BY } from './needed-by.js';
import { PSYNC_VARIANTS } from './psync.js';
import { SNAPSHOT_VARIANTS } from './snapshot.js';
import { Stage } from './stage.js';
import { type Variant } from './variant.js';

/** All of them, in the order in which they run: cheap ones first, but the first one makes the backlog. */
export const VARIANTS: readonly Variant[] = [
  ...INTRODUCE_VARIANTS,
  ...PSYNC_VARIANTS,
  ...ACK_VARIANTS,
  ...SNAPSHOT_VARIANTS,
];

export type ConformanceEvent =
  | {
      readonly kind: 'cost';
      readonly variants: number;
      /** Snapshots that a master which answers as Redis does must make. */
      readonly fullSyncs: number;
      /** In words, and what else should be known before. */
      readonly text: string;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'variant';
      readonly name: string;
      readonly what: string;
      /** Present-day replicas need it; otherwise only old or unusual ones do. */
      readonly presentDay: boolean;
      /** Who needs it, of one that failed and that present-day replicas do not need. */
      readonly neededBy?: string;
      readonly verdict: 'passed' | 'failed' | 'skipped';
      /** What deviated, or why it was skipped. */
      readonly why?: string;
      /** Of a variant that passed and could not look at everything. */
      readonly remark?: string;
      readonly ms: number;
      /** What a real Redis answers. */
      readonly redis: string;
      readonly findings: readonly ToldFinding[];
    }
  | {
      readonly kind: 'end';
      readonly verdict: 'passed' | 'failed' | 'unreachable' | 'stopped';
      readonly passed: number;
      readonly failed: number;
      readonly skipped: number;
      /** The same, of those that present-day replicas need. */
      readonly presentDay: Counts;
    };

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export type VariantEvent = Extract<ConformanceEvent, { kind: 'variant' }>;
type EndVerdict = Extract<ConformanceEvent, { kind: 'end' }>['verdict'];

export interface ConformanceSetup extends Env {
  readonly random: Random;
  readonly observer: (event: ConformanceEvent) => void;
  /** Told before each variant begins: for a line that moves. */
  readonly starting?: (variant: Variant, index: number, of: number) => void;
}

export interface RunningConformance {
  readonly done: Promise<EndVerdict>;
  /** Ends it now; `done` resolves with what was found so far. */
  stop(): void;
}

/** Starts the variants. `done` never rejects for what a server does. */
export function runVariants(
  setup: ConformanceSetup,
  variants: readonly Variant[] = VARIANTS,
): RunningConformance {
  const run = new Run(setup, variants);
  return { done: run.all(), stop: () => run.stop() };
}

/** Refusals that every variant would meet. */
const WHOLE_SERVER: readonly DiagnosisId[] = [
  ...(['noauth', 'wrongpass', 'auth-without-password', 'auth-unknown', 'noperm-psync'] as const),
  ...(['loading', 'masterdown', 'misconf', 'busy', 'nomasterlink', 'failing-over'] as const),
  ...(['psync-unknown', 'command-disallowed', 'protected-mode', 'max-clients', 'not-answering'] as const),
  ...([
    'http-server',
    'other-service',
    'plain-on-tls-port',
    'accepted-then-closed',
    'wrong-reply-type',
    'ping-refused',
  ] as const),
];
/** Names for what has no name: they yield to the one that a variant knows. */
const VAGUE: readonly DiagnosisId[] = ['unknown-answer', 'psync-refused'];
const DIED = 'the server is gone: it died during this variant; look at its stderr';
/** Ports that variants announce: from here on, one each. */
const FIRST_OWN_PORT = 16_400;

class Run {
  private stopped = false;
  private stage: Stage | undefined;
  private readonly counts = { passed: 0, failed: 0, skipped: 0 };
  private readonly presentDay = { passed: 0, failed: 0, skipped: 0 };
  private unreachable = false;
  /** It was there, and is no more. */
  private gone = false;
  /** Why the variants that are left say nothing. */
  private hopeless: string | undefined;
  private ownPort: Evidence['probes']['ownPort'];

  constructor(
    private readonly setup: ConformanceSetup,
    private readonly variants: readonly Variant[],
  ) {}

  stop(): void {
    this.stopped = true;
    this.stage?.close();
  }

  async all(): Promise<EndVerdict> {
    this.tellCost(await askFacts(this.setup));
    for (const [index, variant] of this.variants.entries()) {
      if (this.stopped) break;
      const event = await this.one(variant, index);
      if (this.stopped) break;
      this.counts[event.verdict]++;
      if (event.presentDay) this.presentDay[event.verdict]++;
      this.setup.observer(event);
    }
    const verdict = this.verdict();
    this.setup.observer({ kind: 'end', verdict, ...this.counts, presentDay: this.presentDay });
    return verdict;
  }

  private verdict(): EndVerdict {
    if (this.stopped) return 'stopped';
    if (this.unreachable) return 'unreachable';
    return this.gone || this.counts.failed > 0 ? 'failed' : 'passed';
  }

  private async one(variant: Variant, index: number): Promise<VariantEvent> {
    const { name, what, redis, run, presentDay = false } = variant;
    const from = this.setup.clock.monotonicUs();
    const done = (
      verdict: VariantEvent['verdict'],
      more: Partial<Pick<VariantEvent, 'why' | 'remark' | 'findings'>>,
    ): VariantEvent => {
      const ms = (this.setup.clock.monotonicUs() - from) / 1000;
      const neededBy = verdict === 'failed' && !presentDay ? NEEDED_BY[name] : undefined;
      const who = neededBy === undefined ? {} : { neededBy };
      return { kind: 'variant', name, what, presentDay, ...who, verdict, ms, redis, findings: [], ...more };
    };
    if (this.hopeless !== undefined) return done('skipped', { why: this.hopeless });
    this.setup.starting?.(variant, index, this.variants.length);
    const stage = (this.stage = new Stage(this.setup, FIRST_OWN_PORT + index));
    try {
      await run(stage);
      const faults = this.faultsOf(stage);
      if (faults.length > 0)
        return done('failed', { why: faults[0].finding.text ?? faults[0].means, findings: faults });
      return done('passed', stage.remark === undefined ? {} : { remark: stage.remark });
    } catch (error) {
      if (error instanceof Skip) return done('skipped', { why: error.message });
      if (error instanceof Unreachable)
        return this.notReached(error, index, stage.evidence().length > 0, done);
      if (!(error instanceof Deviation)) throw error;
      if (await this.died(error)) return done('failed', { why: DIED });
      const findings = await this.explain(error);
      if (index === 0 && findings.some(({ finding }) => WHOLE_SERVER.includes(finding.id))) {
        this.hopeless = `the server takes no replica: ${findings[0].finding.id}`;
      }
      return done('failed', { why: error.message, findings });
    } finally {
      stage.close();
    }
  }

  /** The connection ended where an answer was due: does the server still listen? */
  private async died({ evidence }: Deviation): Promise<boolean> {
    if (evidence?.fault?.why !== 'closed' && evidence?.snapshot?.fault?.why !== 'closed') return false;
    try {
      (await Attempt.open(this.setup)).close();
      return false;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.gone = true;
      this.hopeless = 'the server is gone';
      return true;
    }
  }

  private notReached(
    { error }: Unreachable,
    index: number,
    begun: boolean,
    done: (
      verdict: VariantEvent['verdict'],
      more: Partial<Pick<VariantEvent, 'why' | 'findings'>>,
    ) => VariantEvent,
  ): VariantEvent {
    const evidence = noEvidence({
      ...{ capa: [], tls: this.setup.tls, password: false, psync: 'full', probe: false },
    });
    evidence.unreachable = error;
    if (index > 0) {
      this.hopeless = 'the server is gone';
      this.gone = true;
      if (begun) return done('failed', { why: DIED });
      return done('skipped', { why: `the server is gone since the variant before: ${error.message}` });
    }
    this.unreachable = true;
    this.hopeless = 'the server could not be reached';
    return done('failed', { why: error.message, findings: diagnose(evidence).map(told) });
  }

  /** What the rules see on a variant that went through: a snapshot without checksum, a bare +CONTINUE. */
  private faultsOf(stage: Stage): readonly ToldFinding[] {
    const all = stage.evidence().flatMap((evidence) => diagnose(evidence));
    const each = all.filter((found, i) => all.findIndex(({ id }) => id === found.id) === i);
    return each.map(told).filter(({ severity }) => severity === 'fault');
  }

  private async explain({ evidence, id, message }: Deviation): Promise<readonly ToldFinding[]> {
    if (evidence === undefined) return id === undefined ? [] : [told({ id, text: `${message}.` })];
    if (looksKeyedByAddress(evidence)) evidence.probes.ownPort = await this.confirmKeyed();
    const found = diagnose(evidence).filter((one) => id === undefined || !VAGUE.includes(one.id));
    const known = id === undefined || found.some((one) => one.id === id);
    return (known ? found : [{ id, text: `${message}.` }, ...found]).map(told);
  }

  /** Asked once: would the same handshake pass if it announced the port that it comes from? */
  private async confirmKeyed(): Promise<Evidence['probes']['ownPort']> {
    for (let attempt = 0; attempt < OWN_PORT_ATTEMPTS && this.ownPort === undefined; attempt++) {
      const port = randomPort(this.setup.random);
      this.ownPort = await this.tryOwnPort(port);
    }
    return this.ownPort;
  }

  private async tryOwnPort(port: number): Promise<Evidence['probes']['ownPort']> {
    let attempt: Attempt | undefined;
    try {
      attempt = await Attempt.open(this.setup, { capa: ['psync2'], port, localPort: port });
      await attempt.introduce();
      const { line } = await attempt.psync('full');
      return { port, accepted: true, line };
    } catch (error) {
      if (!(error instanceof Deviation || error instanceof Unreachable)) throw error;
      const line = attempt?.evidence.answers.get('psync')?.line;
      // Somebody else had the port, or the server fell silent: nothing is known.
      return line === undefined ? undefined : { port, accepted: false, line };
    } finally {
      attempt?.close();
    }
  }

  private tellCost(facts: MasterFacts): void {
    const { variants } = this;
    const fullSyncs = variants.reduce((sum, { fullSyncs: one }) => sum + one, 0);
    this.setup.observer({
      ...{ kind: 'cost', variants: variants.length, fullSyncs },
      text: costText(variants, fullSyncs, facts),
      warnings: warningsOf(facts),
    });
  }
}

function costText(variants: readonly Variant[], fullSyncs: number, facts: MasterFacts): string {
  const memory = facts.info && findField(facts.info, 'used_memory_human');
  const size = memory === undefined ? '' : ` (used_memory ${memory})`;
  const delayed = variants.filter((variant) => variant.delayed).length;
  const delay = facts.disklessDelaySeconds;
  const waits =
    delay === undefined || delay === 0
      ? ''
      : `; ${delayed} of them wait repl-diskless-sync-delay, ${delay} s, before they begin`;
  const acks = variants.filter((variant) => variant.acknowledges).length;
  return (
    `${variants.length} variants ask this master for ${fullSyncs} full syncs: each makes a snapshot of its whole data set${size}${waits}. ` +
    `The others continue at its current position, which costs no snapshot where the master can do that. ` +
    `${acks} variants acknowledge what they have read, and may count for somebody's WAIT meanwhile.`
  );
}

function warningsOf({ sentinels, minReplicasToWrite = 0, info }: MasterFacts): string[] {
  const attached = (info && infoInteger(findField(info, 'connected_slaves'))) ?? 0;
  return [
    ...(sentinels > 0
      ? ['a Sentinel watches this master: it will list us as replicas and remember us until SENTINEL RESET']
      : []),
    ...(minReplicasToWrite > 0
      ? [
          `min-replicas-to-write is ${minReplicasToWrite} here: while we are attached we may count as one of them`,
        ]
      : []),
    ...(attached > 0
      ? [
          `${attached} replica${attached === 1 ? ' is' : 's are'} attached: this is no server to experiment with`,
        ]
      : []),
  ];
}
