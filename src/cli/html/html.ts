/**
 * HTML as a value: `html` is a template tag that escapes everything put into it, except pieces that were made by itself. So
 * what a server sent can never become markup. Pure; used by the reports of `handshake` and `inspect`.
 */
import { printableLines } from '../text.js';

/** A piece of markup that is safe to insert. Only `html` and `raw` make one. */
export class Html {
  constructor(readonly text: string) {}
}

/** What a template takes: text (escaped), numbers, pieces, lists of them; undefined and false leave nothing. */
export type Insert = Html | string | number | undefined | false | readonly Insert[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute; control characters and those that reorder text become visible. */
export function escapeHtml(text: string): string {
  return printableLines(text).replace(/[&<>"']/g, (char) => ENTITIES[char]);
}

/** Markup with everything inserted escaped. Attributes must be quoted in the template. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Html(parts.map((part, i) => (i === 0 ? '' : insert(inserts[i - 1])) + part).join(''));
}

/** Markup of our own that is no template: a style sheet. Never for text from outside. */
export function raw(text: string): Html {
  return new Html(text);
}

function insert(value: Insert): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? escapeHtml(value) : value.map(insert).join('');
}
