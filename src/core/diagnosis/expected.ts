/**
 * What a real Redis sends at each step, as templates, and where a master's bytes leave them: for answers that no known
 * fault explains. In a template `h` stands for a hex digit and `d` for one or more decimal digits, all else for itself.
 */
import { ascii, type Bytes } from '../base/bytes.js';
import { type Stage } from '../replication/handshake/observer.js';
import { type PsyncRequest } from '../replication/handshake/steps.js';
import { type Finding } from './rule.js';

type Part = string | { readonly hex: number } | { readonly digits: true };

const CRLF = '\r\n';
const FULLRESYNC: readonly Part[] = ['+FULLRESYNC ', { hex: 40 }, ' ', { digits: true }, CRLF];
const CONTINUE: readonly Part[] = ['+CONTINUE ', { hex: 40 }, CRLF];
const OK: readonly Part[] = ['+OK' + CRLF];

function templates(stage: Stage, psync: PsyncRequest): readonly (readonly Part[])[] {
  switch (stage) {
    case 'connect':
    case 'side':
    case 'ping':
      return [['+PONG' + CRLF]];
    case 'auth':
    case 'listening-port':
    case 'ip-address':
    case 'capa':
    case 'rdb-only':
    case 'rdb-filter-only':
    case 'other':
      return [OK];
    case 'psync':
    case 'sync':
      return typeof psync === 'string' ? [FULLRESYNC] : [CONTINUE, FULLRESYNC];
    case 'snapshot':
      return [
        ['$', { digits: true }, CRLF],
        ['$EOF:', { hex: 40 }, CRLF],
      ];
    case 'stream':
      return [['*', { digits: true }, CRLF, '$', { digits: true }, CRLF]];
  }
}

/** The bytes, the index of the first that no template allows, and the templates in words. */
export function compareWithRedis(
  stage: Stage,
  got: Bytes,
  psync: PsyncRequest,
): NonNullable<Finding['bytes']> {
  const candidates = templates(stage, psync);
  const unexpectedAt = Math.max(...candidates.map((template) => matchLength(template, got)));
  return { got, unexpectedAt, wouldBe: candidates.map(inWords) };
}

/** How many bytes of `got` follow the template. */
function matchLength(template: readonly Part[], got: Bytes): number {
  let at = 0;
  for (const part of template) {
    const end = typeof part === 'string' ? matchText(part, got, at) : matchClass(part, got, at);
    if (!end.whole) return end.at;
    at = end.at;
  }
  return at;
}

function matchText(text: string, got: Bytes, from: number): { at: number; whole: boolean } {
  for (let i = 0; i < text.length; i++) if (got[from + i] !== text[i]) return { at: from + i, whole: false };
  return { at: from + text.length, whole: true };
}

function matchClass(part: Exclude<Part, string>, got: Bytes, from: number): { at: number; whole: boolean } {
  const pattern = 'hex' in part ? /^[0-9a-f]{0,40}/ : /^[0-9]*/;
  const length = pattern.exec(got.slice(from))?.[0].length ?? 0;
  return { at: from + length, whole: 'hex' in part ? length === part.hex : length > 0 };
}

function inWords(template: readonly Part[]): string {
  return template
    .map((part) => {
      if (typeof part === 'string') return ascii(part).replaceAll('\r', '\\r').replaceAll('\n', '\\n');
      return 'hex' in part ? `<${part.hex} hex digits>` : '<digits>';
    })
    .join('');
}
