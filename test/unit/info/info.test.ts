import { describe, expect, it } from 'vitest';
import { ascii, fromText } from '../../../src/core/base/bytes.js';
import { formatInfo } from '../../../src/core/info/format.js';
import { orderFields, selectSections } from '../../../src/core/info/model.js';
import { findField, findSection, infoInteger, parseInfo } from '../../../src/core/info/parse.js';

describe('formatInfo', () => {
  it('puts an empty line between sections and none after the last', () => {
    const sections = [
      { name: 'Modules', fields: [] },
      { name: 'CPU', fields: [['used_cpu_sys', '0.019205'] as const] },
      { name: 'Keyspace', fields: [['db0', 'keys=2,expires=0,avg_ttl=0'] as const, ['db10', 1n] as const] },
    ];
    expect(formatInfo(sections)).toBe(
      '# Modules\r\n' +
        '\r\n# CPU\r\nused_cpu_sys:0.019205\r\n' +
        '\r\n# Keyspace\r\ndb0:keys=2,expires=0,avg_ttl=0\r\ndb10:1\r\n',
    );
    expect(formatInfo([])).toBe('');
  });
});

describe('orderFields', () => {
  it("prints in Redis's order whatever the order of the values, and leaves out what has none", () => {
    const fields = orderFields('clients', {
      blocked_clients: 3,
      connected_clients: 12,
      maxclients: undefined,
      cluster_connections: 0,
    });
    expect(fields).toEqual([
      ['connected_clients', 12],
      ['cluster_connections', 0],
      ['blocked_clients', 3],
    ]);
  });
});

describe('selectSections', () => {
  const select = (...args: string[]) => selectSections(args.map(fromText)).join(' ');
  const byDefault =
    'server clients memory persistence stats replication cpu modules errorstats cluster keyspace';
  const all =
    'server clients memory persistence stats replication cpu modules commandstats errorstats latencystats cluster keyspace';

  it.each([
    [[], byDefault],
    [['default'], byDefault],
    [['DEFAULT', 'commandstats'], byDefault.replace('modules', 'modules commandstats')],
    [['all'], all],
    [['Everything'], all],
    [['all', 'debug'], `${all} debug`],
    [['keyspace', 'SERVER', 'server'], 'server keyspace'],
    [['module_list'], 'modules'],
    [['modules'], 'modules'],
    [['nosuchsection'], ''],
    [['nosuchsection', 'cpu'], 'cpu'],
  ])('%j', (args, expected) => {
    expect(select(...args)).toBe(expected);
  });

  it('compares bytes, not letters', () => {
    expect(selectSections([ascii('cp\xfb')])).toEqual([]);
  });
});

describe('parseInfo', () => {
  it('keeps order, repeats and what it does not know', () => {
    const text =
      '# Server\r\nredis_version:7.2.6\r\nos:Linux 6.1 x86_64\r\n\r\n' +
      '# Replication\r\nmaster_host:a\r\nmaster_host:b\r\nnew_field:x:y\r\nempty:\r\n\r\n# Keyspace\r\n';
    expect(parseInfo(text)).toEqual([
      {
        name: 'Server',
        fields: [
          ['redis_version', '7.2.6'],
          ['os', 'Linux 6.1 x86_64'],
        ],
      },
      {
        name: 'Replication',
        fields: [
          ['master_host', 'a'],
          ['master_host', 'b'],
          ['new_field', 'x:y'],
          ['empty', ''],
        ],
      },
      { name: 'Keyspace', fields: [] },
    ]);
  });

  it('takes bare LF, fields before any title, and skips what is neither', () => {
    expect(parseInfo('role:master\n#Stats\nx:1\nnonsense\n:no name\n')).toEqual([
      { name: '', fields: [['role', 'master']] },
      { name: 'Stats', fields: [['x', '1']] },
    ]);
    expect(parseInfo('')).toEqual([]);
  });

  it('finds sections and fields', () => {
    const sections = parseInfo('# CPU\r\na:1\r\n\r\n# Stats\r\na:2\r\nb:3\r\n');
    expect(findSection(sections, 'stats')?.fields[0]).toEqual(['a', '2']);
    expect(findSection(sections, 'memory')).toBeUndefined();
    expect(findField(sections, 'b')).toBe('3');
    expect(findField(sections, 'c')).toBeUndefined();
  });
});

describe('infoInteger', () => {
  it('takes integers and nothing else', () => {
    expect(infoInteger('-1')).toBe(-1);
    expect(infoInteger('98211004')).toBe(98211004);
    for (const bad of [undefined, '', '1.5', '1e3', ' 1', '0x1', '99999999999999999999']) {
      expect(infoInteger(bad)).toBeUndefined();
    }
  });
});
