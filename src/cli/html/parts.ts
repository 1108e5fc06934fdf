/** The pieces that a report's sections are made of: badge, card, table, list of facts, code, fold. Pure. */
import { html, type Html, type Insert } from './html.js';

/** What a piece says about its content, as colour. Never the only sign of it: the words say so, too. */
export type Tone = 'good' | 'warn' | 'bad' | 'note';

/** A short word on a coloured ground. */
export function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** A framed block with a coloured edge: a finding. */
export function card(tone: Tone, title: Insert, body: Insert): Html {
  return html`<div class="card tone-${tone}">
    <h3>${title}</h3>
    ${body}
  </div> `;
}

/** Names and values, side by side where there is room. */
export function definitions(facts: readonly (readonly [name: string, value: string | Html])[]): Html {
  return html`<dl>
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd> `,
    )}
  </dl> `;
}

export interface Column {
  readonly title: string;
  /** `number`: to the right, on one line. `wide`: may break anywhere (keys, bytes). */
  readonly kind?: 'number' | 'wide';
}

/** A table that scrolls by itself where the page is too narrow. */
export function table(
  columns: readonly (Column | string)[],
  rows: readonly (readonly Insert[])[],
  caption?: string,
): Html {
  const heads = columns.map((column) => (typeof column === 'string' ? { title: column } : column));
  const kind = (i: number): string => ('kind' in heads[i] ? (heads[i].kind ?? '') : '');
  return html`<div class="scroll">
    <table>
      ${
        caption !== undefined &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${heads.map(({ title }, i) => html`<th class="${kind(i)}" scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `;
}

/** A share of a whole as a bar, `share` between 0 and 1; decoration beside the figure. */
export function bar(share: number): Html {
  const percent = Math.round(Math.max(0, Math.min(1, share)) * 1000) / 10;
  return html`<div class="track" aria-hidden="true"><div class="bar" style="width: ${percent}%"></div></div>`;
}

/** Text as it stands, lines kept. */
export function pre(text: string): Html {
  return html`<pre>${text}</pre> `;
}

/** A word of code within a sentence. */
export function code(text: string): Html {
  return html`<code>${text}</code>`;
}

/** Paragraphs, where `backquoted` words become code. */
export function paragraph(text: string): Html {
  const pieces = text.split('`');
  // An odd number of backquotes: the last one is text.
  const closed = pieces.length % 2 === 1;
  const words = pieces.map((piece, i) =>
    i % 2 === 0 ? piece : closed || i < pieces.length - 1 ? code(piece) : `\`${piece}`,
  );
  return html`<p>${words}</p> `;
}

/** Something to unfold: only what a reader on paper can do without, or `open`. */
export function fold(summary: string, body: Html, open = false): Html {
  return open
    ? html`<details open>
        <summary>${summary}</summary>
        ${body}
      </details> `
    : html`<details>
        <summary>${summary}</summary>
        ${body}
      </details> `;
}
