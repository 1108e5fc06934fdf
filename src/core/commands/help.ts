/**
 * The answer of the HELP subcommands: one line of usage, the lines of the container, and HELP itself
 * (redis 7.2.6 networking.c:addReplyHelp).
 */
import { upper, type Bytes } from '../base/bytes.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';

/** @param container the container as the client spelt it; @param lines a usage line, then its explanation indented by four */
export function replyHelp(reply: ReplyWriter, container: Bytes, lines: readonly string[]): void {
  reply.array(lines.length + 3);
  reply.simple(`${upper(container)} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
  for (const line of lines) reply.simple(line);
  reply.simple('HELP');
  reply.simple('    Print this help.');
}
