/** `inspect` without a mode: one report for people, for programs, or as metrics. */
import { collect, collectRaw } from '../../core/inspect/collect.js';
import { prometheusText } from '../../core/inspect/prometheus.js';
import { report } from '../../core/inspect/report.js';
import { PLUGIN_EXIT } from '../exit-codes.js';
import { renderReport } from '../render/inspect.js';
import { type Terminal } from '../terminal.js';
import { writeJson, type Setup } from './setup.js';

const SAMPLE_INTERVAL_MS = 1000;

export interface OnceOptions {
  readonly raw: boolean;
  readonly json: boolean;
  readonly prometheus: boolean;
  /** Between the two samples; the mode's own when absent. */
  readonly sampleForMs?: number;
  readonly terminal: Terminal;
}

/** Prints what was asked for; resolves with the exit code. Rejects with InspectError. */
export async function runOnce({ dial, options, thresholds }: Setup, how: OnceOptions): Promise<number> {
  if (how.raw) {
    process.stdout.write(await collectRaw(dial, options), 'latin1');
    return PLUGIN_EXIT.ok;
  }
  // Programs ask often and keep their own history: they are not made to wait for a rate.
  const intervalMs = how.sampleForMs ?? (how.json || how.prometheus ? 0 : SAMPLE_INTERVAL_MS);
  const result = report(await collect(dial, { ...options, intervalMs }), thresholds);
  if (how.prometheus) {
    process.stdout.write(prometheusText(result));
    return PLUGIN_EXIT.ok;
  }
  if (how.json) writeJson(result);
  else process.stdout.write(renderReport(result, how.terminal));
  return PLUGIN_EXIT[result.status];
}
