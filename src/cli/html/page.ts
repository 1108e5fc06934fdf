/**
 * The shell of a report: one self-contained page. Nothing is fetched and nothing runs: the page has no script, and its
 * content security policy forbids every request, whatever came into it. Light, dark and print are in style.ts, the pieces that
 * sections are made of in parts.ts. Pure: the same page gives the same text.
 */
import { html, raw, type Html } from './html.js';
import { badge, definitions, type Tone } from './parts.js';
import { STYLE } from './style.js';

export interface Section {
  /** For links within the page: letters, digits, hyphens. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export interface Page {
  readonly title: string;
  /** The verdict beside the title. */
  readonly badge?: { readonly tone: Tone; readonly text: string };
  /** One line under the title. */
  readonly lead?: string;
  /** What every reader looks for first, as name and value. */
  readonly facts?: readonly (readonly [name: string, value: string | Html])[];
  readonly sections: readonly Section[];
  /** The last line: who made it and when. */
  readonly footer?: string;
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The whole document, ending with a newline. */
export function renderPage(page: Page): string {
  const { title, lead, facts = [], sections, footer } = page;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title} ${page.badge && badge(page.badge.text, page.badge.tone)}</h1>
          ${lead !== undefined && html`<p class="lead">${lead}</p>`} ${facts.length > 0 && definitions(facts)}
          ${sections.length > 1 && html`<nav>${sections.map(link)}</nav>`}
        </header>
        <main>${sections.map(sectionOf)}</main>
        ${footer !== undefined && html`<footer>${footer}</footer>`}
      </body>
    </html> `;
  return `${document.text.trimEnd()}\n`;
}

function link({ id, title }: Section): Html {
  return html`<a href="#${id}">${title}</a> `;
}

function sectionOf({ id, title, body }: Section): Html {
  return html`<section id="${id}">
    <h2>${title}</h2>
    ${body}
  </section> `;
}
