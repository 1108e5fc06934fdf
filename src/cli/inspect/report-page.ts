/** `inspect --report FILE`: writes the page. Without `--watch` it looks for a few seconds by itself, for the charts. */
import { writeFileSync } from 'node:fs';
import { InspectError } from '../../core/inspect/client.js';
import { crawl, type Topology } from '../../core/inspect/tree.js';
import { Watch } from '../../core/inspect/watch.js';
import { renderInspectPage } from '../html/inspect.js';
import { UsageError } from '../usage-error.js';
import { type Setup } from './setup.js';

/** What is watched when the user said nothing. */
const DEFAULT_MS = 5000;
const DEFAULT_INTERVAL_MS = 1000;

/** A short watch without a view. Rejects with InspectError. */
export async function watchQuietly({ dial, options, thresholds }: Setup): Promise<Watch> {
  const times = { intervalMs: DEFAULT_INTERVAL_MS, forMs: DEFAULT_MS };
  const watch = new Watch(dial, { ...options, ...times, thresholds });
  await watch.run(() => undefined);
  return watch;
}

/** Writes the page about what `watch` saw. Throws UsageError when the file cannot be written. */
export async function writeReportPage(setup: Setup, watch: Watch, file: string): Promise<void> {
  const report = watch.lastReport;
  if (!report) return;
  const topology = await topologyOf(setup);
  const page = renderInspectPage({
    report,
    history: watch.history,
    events: watch.events,
    away: watch.away,
    topology,
  });
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new UsageError(
      `--report: cannot write ${file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
  process.stderr.write(`wrote ${file}\n`);
}

/** The page is worth having without it. */
async function topologyOf({ dial, options, reach }: Setup): Promise<Topology | undefined> {
  const { clock, name, timeoutMs, login, shareLogin } = options;
  try {
    return await crawl({ dial, name }, { clock, timeoutMs, login, shareLogin, reach });
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return undefined;
  }
}
