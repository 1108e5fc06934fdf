/** Entries as replies: the id, and the fields as one array (redis 7.2.6 t_stream.c:streamReplyWithRange). */
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type StreamCursor } from '../../store/types/stream-cursor.js';
import { formatStreamId, type StreamId } from '../../store/types/stream-id.js';
import { type StreamValue } from '../../store/types/stream-value.js';

export function replyId(reply: ReplyWriter, id: StreamId): void {
  reply.bulk(formatStreamId(id));
}

/** The entry that the cursor stands on. */
export function replyEntry(reply: ReplyWriter, { node, index }: StreamCursor): void {
  reply.array(2);
  replyId(reply, node.idAt(index));
  const own = node.ownFieldsAt(index);
  if (own !== undefined) {
    reply.bulks(own);
    return;
  }
  const { names } = node;
  reply.array(names.length * 2);
  for (let i = 0; i < names.length; i++) {
    reply.bulk(names[i]);
    reply.bulk(node.valueAt(index, i));
  }
}

/** An array of the next `count` entries, which must be there. */
export function replyEntries(reply: ReplyWriter, cursor: StreamCursor, count: number): void {
  reply.array(count);
  for (let left = count; left > 0 && cursor.next(); left--) replyEntry(reply, cursor);
}

/** An array of entries that are known to be there, each looked up by its id. */
export function replyEntriesById(reply: ReplyWriter, stream: StreamValue, ids: readonly StreamId[]): void {
  reply.array(ids.length);
  for (const id of ids) replyEntry(reply, stream.find(id)!);
}

export function replyIds(reply: ReplyWriter, ids: readonly StreamId[]): void {
  reply.array(ids.length);
  for (const id of ids) replyId(reply, id);
}
