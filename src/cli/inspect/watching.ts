/** The modes that look for a while: `--watch`, and `--report` with or without it. */
import { PLUGIN_EXIT } from '../exit-codes.js';
import { renderReport } from '../render/inspect.js';
import { writeReportPage, watchQuietly } from './report-page.js';
import { writeJson, type Setup } from './setup.js';
import { runWatch, type WatchModeOptions } from './watch.js';

export interface WatchingOptions extends Omit<WatchModeOptions, 'intervalMs'> {
  /** Seconds between samples; absent without `--watch`. */
  readonly watch?: number;
  /** The page to write. */
  readonly report?: string;
}

/** Resolves with the exit code. Rejects with InspectError, throws UsageError. */
export async function runWatching(setup: Setup, options: WatchingOptions): Promise<number> {
  if (options.watch !== undefined) {
    const { code, watch } = await runWatch(setup, { ...options, intervalMs: options.watch * 1000 });
    if (options.report !== undefined) await writeReportPage(setup, watch, options.report);
    return code;
  }
  const watch = await watchQuietly(setup);
  await writeReportPage(setup, watch, options.report!);
  const last = watch.lastReport!;
  if (options.json) writeJson(last);
  else process.stdout.write(renderReport(last, options.terminal));
  return watch.away ? PLUGIN_EXIT.unknown : PLUGIN_EXIT[last.status];
}
