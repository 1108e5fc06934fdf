/** A reply as lines of text, as redis-cli shows it: for the free commands of the manual drive. Pure. */
import { quote, toText } from '../base/bytes.js';
import { type Reply } from '../protocol/reply-decoder.js';

/** Lines of one reply that are shown; the rest is counted. */
const MAX_LINES = 400;
/** Aggregates within aggregates that are shown. */
const MAX_DEPTH = 8;

/** The lines. Text with line ends (INFO) is shown line by line, other bytes in quotes. */
export function replyLines(reply: Reply): string[] {
  const lines = linesOf(reply, 0);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `... ${lines.length - MAX_LINES} lines more`];
}

function linesOf(reply: Reply, depth: number): string[] {
  switch (reply.type) {
    case 'simple':
      return [`+${reply.value}`];
    case 'error':
      return [`-${reply.value}`];
    case 'integer':
      return [`(integer) ${reply.value}`];
    case 'bulk':
    case 'verbatim': {
      const text = reply.value.includes('\r\n');
      return text ? toText(reply.value).trimEnd().split('\r\n') : [quote(reply.value)];
    }
    case 'null':
      return ['(nil)'];
    case 'array':
    case 'set':
    case 'push':
      return nested(reply.items, depth);
    case 'map':
      return nested(reply.entries.flat(), depth);
    case 'attribute':
      return depth >= MAX_DEPTH ? ['...'] : linesOf(reply.reply, depth + 1);
    case 'double':
    case 'boolean':
    case 'bignumber':
      return [`(${reply.type}) ${String(reply.value)}`];
  }
}

function nested(items: readonly Reply[], depth: number): string[] {
  if (items.length === 0) return ['(empty array)'];
  if (depth >= MAX_DEPTH) return ['...'];
  return items.slice(0, MAX_LINES + 1).flatMap((item, i) => {
    const [first, ...rest] = linesOf(item, depth + 1);
    return [`${i + 1}) ${first}`, ...rest.map((line) => `   ${line}`)];
  });
}
