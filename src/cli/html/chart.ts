/**
 * Line charts as inline SVG, without script: one line per series over the time watched, with a scale and a legend in words.
 * Colours repeat, names do not: the legend says which line is which, and dashes tell apart what shares a colour. Pure.
 */
import { type Point } from '../../core/inspect/history.js';
import { html, type Html } from './html.js';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** What stands under the left and the right end. */
  readonly from: string;
  readonly to: string;
}

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 78;
const BOTTOM = 24;
const TOP = 8;
const COLORS = ['#2563eb', '#d97706', '#059669', '#dc2626', '#7c3aed', '#0891b2'];
const DASHES = ['none', '6 3', '2 3'];

/** The chart with its legend. */
export function chart({ label, lines, format, from, to }: Chart): Html {
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map((point) => point ?? 0)));
  const top = most > 0 ? most : 1;
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share * top).toFixed(1);
    return html`<line
        x1="${LEFT}"
        x2="${WIDTH}"
        y1="${at}"
        y2="${at}"
        stroke="currentColor"
        stroke-opacity="0.2"
      />
      <text
        x="${LEFT - 6}"
        y="${at}"
        text-anchor="end"
        dominant-baseline="middle"
        font-size="11"
        fill="currentColor"
      >
        ${most > 0 || share === 0 ? format(share * most) : ''}
      </text> `;
  });
  const foot = HEIGHT - 6;
  return html`<figure style="margin: 0 0 1rem">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" role="img" aria-label="${label}">
      <title>${label}</title>
      ${grid} ${lines.map((line, n) => path(line, n, y))}
      <text x="${LEFT}" y="${foot}" font-size="11" fill="currentColor">${from}</text>
      <text x="${WIDTH}" y="${foot}" font-size="11" text-anchor="end" fill="currentColor">${to}</text>
    </svg>
    <figcaption>${lines.map(legend)}</figcaption>
  </figure> `;
}

const colorOf = (n: number) => COLORS[n % COLORS.length];
const dashOf = (n: number) => DASHES[Math.floor(n / COLORS.length) % DASHES.length];

/** A gap where nothing was measured; a single point is a dot. */
function path({ points }: Line, n: number, y: (value: number) => number): Html {
  const step = points.length > 1 ? (WIDTH - LEFT) / (points.length - 1) : 0;
  let data = '';
  let pen = 'M';
  points.forEach((point, i) => {
    if (point === undefined) pen = 'M';
    else {
      data += `${pen}${(LEFT + i * step).toFixed(1)} ${y(Math.max(0, point)).toFixed(1)}`;
      // A line of no length with round ends shows a lonely point.
      if (pen === 'M') data += 'h0';
      pen = 'L';
    }
  });
  return html`<path
    d="${data}"
    fill="none"
    stroke="${colorOf(n)}"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-dasharray="${dashOf(n)}"
  /> `;
}

function legend({ name }: Line, n: number): Html {
  return html`<span style="white-space: nowrap; margin-right: 1em"
    ><svg width="22" height="8" style="display: inline" aria-hidden="true">
      <path d="M0 4h22" stroke="${colorOf(n)}" stroke-width="2" stroke-dasharray="${dashOf(n)}" />
    </svg>
    ${name}</span
  > `;
}
