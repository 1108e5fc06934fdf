/** What ROLE tells, for servers that refuse INFO and for the state of a link. redis 7.2.6 replication.c:roleCommand. */
import { type ParsedField, type ParsedSection } from '../info/parse.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { itemsOf, scalar } from './replies.js';

/** As the fields of INFO replication; undefined when `role` is no such reply. */
export function sectionFromRole(role: Reply): ParsedSection | undefined {
  if (role.type !== 'array') return undefined;
  const items = role.items.map(scalar);
  const fields: ParsedField[] = [['role', items[0]]];
  if (items[0] === 'master') {
    const replicas = itemsOf(role.items[2]);
    fields.push(['connected_slaves', String(replicas.length)]);
    for (const [n, replica] of replicas.entries()) {
      const [ip, port, offset] = itemsOf(replica).map(scalar);
      fields.push([`slave${n}`, `ip=${ip},port=${port},state=online,offset=${offset}`]);
    }
    fields.push(['master_repl_offset', items[1]]);
  } else if (items[0] === 'slave') {
    fields.push(['master_host', items[1]], ['master_port', items[2]]);
    fields.push(
      ['master_link_status', items[3] === 'connected' ? 'up' : 'down'],
      ['slave_repl_offset', items[4] ?? ''],
    );
  } else return undefined;
  return { name: 'Replication', fields };
}

/** ROLE's word for a replica's link: connect, connecting, handshake, sync, connected. */
export function linkState(role: Reply): string | undefined {
  const items = itemsOf(role);
  return items.length >= 4 && scalar(items[0]) === 'slave' ? scalar(items[3]) : undefined;
}
