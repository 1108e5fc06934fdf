/** How a string value is answered, whatever its encoding. */
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type StringValue } from '../../store/types/value.js';

/** A bulk string, or null for undefined. */
export function replyString(reply: ReplyWriter, value: StringValue | undefined): void {
  if (typeof value === 'string') reply.bulk(value);
  else if (typeof value === 'number') reply.bulkInt(value);
  else if (value === undefined) reply.null();
  else reply.bulk(value.toBytes());
}
