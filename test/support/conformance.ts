/** Runs the variants of `--conformance` against a port of this host, for tests: everything collected. */
import { SystemClock } from '../../src/core/base/clock-system.js';
import { type Bytes } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import {
  runVariants,
  VARIANTS,
  type ConformanceEvent,
  type VariantEvent,
} from '../../src/core/diagnosis/conformance/run.js';
import { connectTo } from '../../src/core/net/client-connection.js';

export interface Conformance {
  readonly events: readonly ConformanceEvent[];
  readonly verdict: string;
  readonly passed: readonly string[];
  /** Name and reason of what failed and of what was skipped. */
  readonly failures: readonly string[];
  readonly skipped: readonly string[];
  readonly variant: (name: string) => VariantEvent;
  /** The diagnoses of a variant. */
  readonly ids: (name: string) => readonly string[];
}

/** One run of all variants, or of those that are named. */
export async function runConformanceOn(
  port: number,
  options: {
    readonly only?: readonly string[];
    readonly pass?: string;
    readonly timeoutMs?: number;
    readonly idleMs?: number;
  } = {},
): Promise<Conformance> {
  const clock = new SystemClock();
  const events: ConformanceEvent[] = [];
  const { pass, timeoutMs = 5000, idleMs = 15_000 } = options;
  const chosen = VARIANTS.filter(({ name }) => options.only?.includes(name) ?? true);
  const { done } = runVariants(
    {
      dial: connectTo(
        { kind: 'tcp', host: '127.0.0.1', port, tls: false },
        { clock, tls: { insecure: true } },
      ),
      ...{ clock, timeoutMs, idleMs, tls: false, listeningPort: 6380 },
      random: new SeededRandom(process.pid * 7919 + port),
      ...(pass !== undefined && { pass: pass as Bytes }),
      observer: (event) => events.push(event),
    },
    chosen,
  );
  const verdict = await done;
  const variants = events.filter((event) => event.kind === 'variant');
  const reasons = (of: VariantEvent['verdict']): string[] =>
    variants.filter((event) => event.verdict === of).map(({ name, why }) => `${name}: ${why}`);
  const variant = (name: string): VariantEvent => {
    const found = variants.find((event) => event.name === name);
    if (!found) throw new Error(`no variant ${name}`);
    return found;
  };
  return {
    ...{ events, verdict, variant },
    passed: variants.filter((event) => event.verdict === 'passed').map(({ name }) => name),
    failures: reasons('failed'),
    skipped: reasons('skipped'),
    ids: (name) => variant(name).findings.map(({ finding }) => finding.id),
  };
}
