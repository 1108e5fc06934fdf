/**
 * Writes the text of INFO: a `# Title` line and `name:value` lines per section, every line ended by CR LF, an empty line
 * between sections and none after the last (redis 7.2.6 server.c:genRedisInfoString). Called by the INFO command.
 */
import { concat, type Bytes } from '../base/bytes.js';
import { type InfoSection } from './model.js';

export { type InfoField, type InfoSection, type InfoValue } from './model.js';

/** The text of `sections` in the order given; nothing at all when there is none. */
export function formatInfo(sections: readonly InfoSection[]): Bytes {
  const lines: string[] = [];
  for (const section of sections) {
    if (lines.length > 0) lines.push('\r\n');
    lines.push(`# ${section.name}\r\n`);
    for (const [name, value] of section.fields) lines.push(`${name}:${value}\r\n`);
  }
  return concat(lines as Bytes[]);
}
