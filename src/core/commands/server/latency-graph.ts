/**
 * The drawing of LATENCY GRAPH: a column for each sample, the oldest at the left, with how long ago it was below it, read
 * downwards (redis 7.2.6 latency.c:latencyCommandGenSparkeline, sparkline.c).
 *
 *   ROWS rows of the graph, each of STEPS shades | an empty row | labels, one letter per row
 */
import { type LatencySample, type LatestLatency } from '../../services/latency.js';

const COLUMNS = 80;
const ROWS = 4;
/** From the bottom of a row to its top. */
const SHADES = '_o#';

/** The graph with its title line. */
export function latencyGraphText(
  { event, maxMs }: LatestLatency,
  samples: readonly LatencySample[],
  nowSeconds: number,
): string {
  const latencies = samples.map(({ latencyMs }) => latencyMs);
  const low = Math.min(...latencies);
  const high = Math.max(...latencies);
  const title = `${event} - high ${high} ms, low ${low} ms (all time high ${maxMs} ms)\n`;
  const blocks: string[] = [];
  for (let from = 0; from < samples.length; from += COLUMNS) {
    const columns = samples.slice(from, from + COLUMNS).map(({ timeSeconds, latencyMs }) => ({
      step: stepOf(latencyMs, low, high),
      label: ageOf(nowSeconds - timeSeconds),
    }));
    blocks.push(drawBlock(columns));
  }
  return `${title}${'-'.repeat(COLUMNS)}\n${blocks.join('\n')}`;
}

interface Column {
  /** Height in shades, 0 at the bottom. */
  readonly step: number;
  readonly label: string;
}

function stepOf(value: number, low: number, high: number): number {
  const steps = SHADES.length * ROWS;
  return Math.min(Math.trunc(((value - low) * steps) / (high - low || 1)), steps - 1);
}

function drawBlock(columns: readonly Column[]): string {
  let text = '';
  for (let row = ROWS - 1; row >= 0; row--)
    text += `${columns.map(({ step }) => shade(step, row)).join('')}\n`;
  text += `${' '.repeat(columns.length)}\n`;
  const labelRows = Math.max(...columns.map(({ label }) => label.length));
  for (let row = 0; row < labelRows; row++)
    text += `${columns.map(({ label }) => label[row] ?? ' ').join('')}\n`;
  return text;
}

function shade(step: number, row: number): string {
  const above = step - row * SHADES.length;
  if (above < 0) return ' ';
  return SHADES[above] ?? '|';
}

/** `12s`, `3m`, `5h` or `2d`. */
function ageOf(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
