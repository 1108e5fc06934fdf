/** Replies of a server as text, and the sentences for those that are none. Used by everything here that asks. */
import { ascii, quote, toText, type Bytes } from '../base/bytes.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { InspectError } from './client.js';

/** A command from plain words. */
export function command(...words: string[]): Bytes[] {
  return words.map(ascii);
}

/** The bytes of a bulk, verbatim or simple string; undefined for any other reply. */
export function bytesOf(reply: Reply | undefined): Bytes | undefined {
  return reply?.type === 'bulk' || reply?.type === 'verbatim' || reply?.type === 'simple'
    ? reply.value
    : undefined;
}

/** The text of a bulk, verbatim or simple string. */
export function textOf(reply: Reply | undefined): string | undefined {
  const bytes = bytesOf(reply);
  return bytes === undefined ? undefined : toText(bytes);
}

/** Strings and integers as text; anything else is empty. */
export function scalar(reply: Reply | undefined): string {
  if (reply?.type === 'integer') return String(reply.value);
  return textOf(reply) ?? '';
}

/** A safe integer, from an integer reply; undefined otherwise. */
export function integerOf(reply: Reply | undefined): number | undefined {
  return reply?.type === 'integer' ? Number(reply.value) : undefined;
}

/** The items of an array, set or push; none of any other reply. */
export function itemsOf(reply: Reply | undefined): readonly Reply[] {
  return reply?.type === 'array' || reply?.type === 'set' ? reply.items : [];
}

/** Names and values of a flat array or a map, as text. */
export function pairsOf(reply: Reply | undefined): Map<string, Reply> {
  const pairs = new Map<string, Reply>();
  if (reply?.type === 'map') for (const [name, value] of reply.entries) pairs.set(scalar(name), value);
  const items = itemsOf(reply);
  for (let i = 0; i + 1 < items.length; i += 2) pairs.set(scalar(items[i]), items[i + 1]);
  return pairs;
}

/** What the server answered, for a sentence. */
export function described(reply: Reply): string {
  return reply.type === 'error'
    ? quote(reply.value, false)
    : `it answered with a reply of type ${reply.type}`;
}

/** The failure that `name` refuses `what`, with the way out where it is a login. */
export function refused(name: string, what: string, reply: Reply): InspectError {
  const login =
    reply.type === 'error' && reply.value.startsWith('NOAUTH')
      ? ' (give the password in the environment as REDISCLI_AUTH, or with --pass; --user for an ACL user)'
      : '';
  return new InspectError('refused', `${name} refuses ${what}: ${described(reply)}${login}`);
}
