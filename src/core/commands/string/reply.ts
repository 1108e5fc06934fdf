/** How a string value is answered, whatever its encoding. */
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { LongString } from '../../store/long-strings.js';
import { type StringValue } from '../../store/types/value.js';

/** Up to here it is cheaper to make a string of a LongString than to copy its bytes. */
const SHORT_BYTES = 512;

/** A bulk string, or null for undefined. */
export function replyString(reply: ReplyWriter, value: StringValue | undefined): void {
  if (typeof value === 'string') reply.bulk(value);
  else if (typeof value === 'number') reply.bulkInt(value);
  else if (value === undefined) reply.null();
  else if (value instanceof LongString && value.length > SHORT_BYTES) reply.bulkBuffer(value.view());
  else reply.bulk(value.toBytes());
}
