/**
 * A sequence diagram as SVG: time runs downwards, two lifelines, a message an arrow between them with its time. Pure.
 *
 *        us                        master
 *   0.2 ms |---- PING ----------------->|
 *   0.3 ms |<--------------- +PONG -----|  ok
 *          :        5.0 s passed        :      a wait that is compressed, and marked so
 *
 * Distances are to scale: the scale is chosen from the usual gap between two rows. What lies closer than a line of text is
 * spread, a longer wait is compressed and marked with its length; the legend says both.
 */
import { html, type Html } from './html.js';
import { type Tone } from './parts.js';

export type Row =
  | {
      readonly kind: 'message';
      readonly atUs: number;
      /** `right`: from the left lifeline to the right one. */
      readonly to: 'left' | 'right';
      readonly label: string;
      readonly tone?: Tone;
      /** What is said of it, in a word or two. */
      readonly mark?: string;
    }
  /** Something that took its time, such as a snapshot: a band from `atUs` to `untilUs`. */
  | {
      readonly kind: 'span';
      readonly atUs: number;
      readonly untilUs: number;
      readonly label: string;
      readonly tone?: Tone;
    }
  /** Words between the lifelines. */
  | { readonly kind: 'note'; readonly atUs: number; readonly label: string; readonly tone?: Tone };

export interface Sequence {
  readonly left: string;
  readonly right: string;
  /** In order of time. */
  readonly rows: readonly Row[];
  /** What the diagram shows, for those who do not see it. */
  readonly title: string;
}

const WIDTH = 900;
const LEFT_X = 120;
const RIGHT_X = 740;
const MIDDLE_X = (LEFT_X + RIGHT_X) / 2;
const TOP = 56;
/** The least distance of two rows, the usual one, and the largest before a wait is compressed; in px. */
const MIN_GAP = 26;
const USUAL_GAP = 34;
const MAX_GAP = 72;
const MIN_SPAN = 28;
const BOTTOM = 36;
/** As many characters fit between the lifelines. */
const LABEL_CHARS = 80;
const MARK_CHARS = 22;

const STYLE = `
.seq text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: var(--ink); }
.seq .time, .seq .legend, .seq .gap { fill: var(--soft); } .seq .legend, .seq .end { font-family: system-ui, sans-serif; }
.seq .end { font-weight: 600; font-size: 13px; }
.seq .life { stroke: var(--soft); stroke-width: 1.5; } .seq .pause { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 4; }
.seq .arrow { stroke: var(--ink); stroke-width: 1.5; } .seq .head { fill: var(--ink); }
.seq .t-good { fill: var(--good); } .seq .t-warn { fill: var(--warn); } .seq .t-bad { fill: var(--bad); } .seq .t-note { fill: var(--note); }
.seq .span { fill: var(--note-bg); stroke: var(--note); }
.seq .arrow.t-bad { stroke: var(--bad); } .seq .head.t-bad { fill: var(--bad); } .seq .arrow.t-warn { stroke: var(--warn); } .seq .head.t-warn { fill: var(--warn); }
svg.seq { min-width: 42rem; width: 100%; }
@media print { svg.seq { min-width: 0; } }
`;

interface Placed {
  readonly row: Row;
  readonly y: number;
  /** The wait before this row, when it is compressed. */
  readonly waitUs?: number;
}

/** The diagram, in a box that scrolls by itself on a narrow page. */
export function sequence({ left, right, rows, title }: Sequence): Html {
  const usPerPx = scaleOf(rows);
  const placed = place(rows, usPerPx);
  const last = placed.at(-1);
  const end = last ? last.y + heightOf(last.row, usPerPx) : TOP;
  const height = end + BOTTOM + 24;
  return html`<div class="scroll">
    <svg
      class="seq"
      viewBox="0 0 ${WIDTH} ${height}"
      width="${WIDTH}"
      height="${height}"
      role="img"
      aria-label="${title}"
      xmlns="http://www.w3.org/2000/svg"
    >
      <title>${title}</title>
      <style>
        ${STYLE}
      </style>
      ${lifelines(placed, end + 14)}
      <text class="end" x="${LEFT_X}" y="22" text-anchor="middle">${shorten(left, 36)}</text>
      <text class="end" x="${RIGHT_X}" y="22" text-anchor="middle">${shorten(right, 36)}</text>
      ${placed.map((one) => draw(one, usPerPx))}
      <text class="legend" x="${LEFT_X}" y="${height - 10}">${legend(usPerPx)}</text>
    </svg>
  </div> `;
}

/** Microseconds per pixel: the median gap between rows becomes the usual one. */
function scaleOf(rows: readonly Row[]): number {
  const gaps = rows.slice(1).map((row, i) => Math.max(0, row.atUs - endOf(rows[i])));
  const sorted = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  return Math.max(1, (sorted[sorted.length >> 1] ?? 1000) / USUAL_GAP);
}

function place(rows: readonly Row[], usPerPx: number): Placed[] {
  const placed: Placed[] = [];
  let y = TOP;
  rows.forEach((row, i) => {
    if (i === 0) return void placed.push({ row, y });
    const before = rows[i - 1];
    const us = Math.max(0, row.atUs - endOf(before));
    const px = us / usPerPx;
    y += heightOf(before, usPerPx) + Math.min(MAX_GAP, Math.max(MIN_GAP, px));
    placed.push({ row, y, ...(px > MAX_GAP && { waitUs: us }) });
  });
  return placed;
}

function endOf(row: Row): number {
  return row.kind === 'span' ? row.untilUs : row.atUs;
}

/** A note stands alone: the label of the next message must not touch it. */
function heightOf(row: Row, usPerPx: number): number {
  if (row.kind === 'note') return 6;
  if (row.kind === 'message') return 0;
  return Math.min(MAX_GAP, Math.max(MIN_SPAN, (row.untilUs - row.atUs) / usPerPx));
}

/** Both lifelines, dotted where a wait is compressed. */
function lifelines(placed: readonly Placed[], end: number): Html[] {
  const pauses = placed
    .filter(({ waitUs }) => waitUs !== undefined)
    .map(({ y }) => [y - MAX_GAP + 12, y - 18]);
  const pieces: (readonly [from: number, to: number, style: 'life' | 'pause'])[] = [];
  let from = 32;
  for (const [a, b] of pauses) {
    pieces.push([from, a, 'life'], [a, b, 'pause']);
    from = b;
  }
  pieces.push([from, end, 'life']);
  return [LEFT_X, RIGHT_X].flatMap((x) =>
    pieces.map(([a, b, style]) => html`<line class="${style}" x1="${x}" y1="${a}" x2="${x}" y2="${b}" />`),
  );
}

function draw({ row, y, waitUs }: Placed, usPerPx: number): Html {
  const wait =
    waitUs !== undefined &&
    html`<text class="gap" x="${MIDDLE_X}" y="${y - MAX_GAP / 2 + 2}" text-anchor="middle">
      &#8942; ${durationText(waitUs)} passed &#8942;
    </text>`;
  const time = html`<text class="time" x="${LEFT_X - 12}" y="${y + 4}" text-anchor="end">
    ${timeText(row.atUs)}
  </text>`;
  return html`<g>${wait}${time}${shape(row, y, heightOf(row, usPerPx))}</g>`;
}

function shape(row: Row, y: number, height: number): Html {
  const tone = row.tone === undefined ? '' : `t-${row.tone}`;
  switch (row.kind) {
    case 'message': {
      const [from, to] = row.to === 'right' ? [LEFT_X, RIGHT_X] : [RIGHT_X, LEFT_X];
      const back = row.to === 'right' ? to - 9 : to + 9;
      return html`<line class="arrow ${tone}" x1="${from}" y1="${y}" x2="${back}" y2="${y}" />
        <path class="head ${tone}" d="M ${to} ${y} L ${back} ${y - 4} L ${back} ${y + 4} Z" />
        ${middle(row.label, y - 6, '')} ${row.mark !== undefined && markText(row.mark, y, tone)}`;
    }
    case 'span': {
      const width = RIGHT_X - LEFT_X;
      return html`<rect
          class="span"
          x="${LEFT_X}"
          y="${y}"
          width="${width}"
          height="${height}"
          rx="3"
        />${middle(row.label, y + height / 2 + 4, tone)}`;
    }
    case 'note':
      return middle(row.label, y + 4, tone === '' ? 'gap' : tone);
  }
}

function middle(label: string, y: number, style: string): Html {
  return html`<text class="${style}" x="${MIDDLE_X}" y="${y}" text-anchor="middle">
    ${shorten(label, LABEL_CHARS)}
    <title>${label}</title>
  </text>`;
}

function markText(mark: string, y: number, tone: string): Html {
  return html`<text class="${tone}" x="${RIGHT_X + 12}" y="${y + 4}">${shorten(mark, MARK_CHARS)}</text>`;
}

function shorten(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

function legend(usPerPx: number): string {
  return `100 px are ${durationText(usPerPx * 100)}; rows closer than ${durationText(usPerPx * MIN_GAP)} are spread, waits longer than ${durationText(usPerPx * MAX_GAP)} compressed`;
}

/** `0.21 ms`, `356 ms`, `5.39 s`. */
export function durationText(us: number): string {
  if (us < 100_000) return `${(us / 1000).toFixed(2)} ms`;
  return us < 1_000_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}

function timeText(us: number): string {
  return us < 100_000_000 ? `${(us / 1000).toFixed(2)} ms` : `${(us / 1_000_000).toFixed(1)} s`;
}
