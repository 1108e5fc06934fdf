/**
 * The command table against a real redis-server 7.2: COMMAND INFO of every command and subcommand that we have, field by
 * field, and the shape of the arguments that COMMAND DOCS shows. What differs on purpose is listed here, with the reason.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsOf } from '../../src/core/commands/derive.js';
import { FAMILIES } from '../../src/core/commands/families.js';
import { type CommandDefinition } from '../../src/core/commands/spec.js';
import { type Argument } from '../../src/core/commands/syntax.js';
import { createTestEngine, plain, type TestEngine } from '../support/engine.js';
import { atLeast, type RealRedis, realRedisServers, startRealRedis } from '../support/real-redis.js';

/** `command` or `container|subcommand`: the fields of COMMAND INFO that differ, and why. */
const INFO_EXCEPTIONS: Readonly<Record<string, { readonly fields: readonly Field[]; readonly why: string }>> =
  {
    function: { fields: ['subcommands'], why: 'those that need Lua come with scripting' },
  };

/** Commands whose arguments are written another way in our grammar, and why. */
const SHAPE_EXCEPTIONS: Readonly<Record<string, string>> = {};

/** Commands that 7.2 does not have, and the version that brought them. */
const LATER_COMMANDS: Readonly<Record<string, string>> = {
  hexpire: '7.4.0',
  hpexpire: '7.4.0',
  hexpireat: '7.4.0',
  hpexpireat: '7.4.0',
  httl: '7.4.0',
  hpttl: '7.4.0',
  hexpiretime: '7.4.0',
  hpexpiretime: '7.4.0',
  hpersist: '7.4.0',
};

const FIELDS = [
  'name',
  'arity',
  'flags',
  'first',
  'last',
  'step',
  'acl',
  'tips',
  'keys',
  'subcommands',
] as const;
type Field = (typeof FIELDS)[number];

const names = FAMILIES.flat()
  .filter((command) => !(command.name in LATER_COMMANDS))
  .flatMap((command) => [
    command.name,
    ...(command.subcommands ?? []).map((sub) => `${command.name}|${sub.name}`),
  ]);
const real = realRedisServers().find(
  (server) => atLeast(server.version, '7.2') && !atLeast(server.version, '7.3'),
);

/** One reply of COMMAND INFO by field; what Redis sends in no order is sorted. */
function fieldsOf(info: unknown): Record<Field, unknown> {
  const row = info as unknown[];
  const sorted = (value: unknown) => [...(value as string[])].sort();
  const subcommands = (row[9] as unknown[][]).map((sub) => sub[0] as string).sort();
  const [name, arity, , first, last, step] = row;
  return {
    name,
    arity,
    flags: sorted(row[2]),
    first,
    last,
    step,
    acl: sorted(row[6]),
    tips: sorted(row[7]),
    keys: (row[8] as unknown[][]).map(keySpecOf),
    subcommands,
  };
}

/** A key specification without its notes, which are prose. */
function keySpecOf(pairs: readonly unknown[]): unknown {
  const out: Record<string, unknown> = {};
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] === 'flags') out.flags = [...(pairs[i + 1] as string[])].sort();
    else if (pairs[i] !== 'notes') out[pairs[i] as string] = pairs[i + 1];
  }
  return out;
}

/** `key v#TOKEN? block*(v,v)`: types (names are ours), tokens, optional, multiple. */
function shapeOf(arg: Argument): string {
  const leaf = arg.type === 'oneof' || arg.type === 'block' || arg.type === 'pure-token' ? arg.type : 'v';
  const flags = `${arg.optional ? '?' : ''}${arg.multiple ? '*' : ''}${arg.multipleToken ? 'T' : ''}`;
  const children = arg.children.length > 0 ? `(${arg.children.map(shapeOf).join(',')})` : '';
  return `${leaf}${arg.token === undefined ? '' : `#${arg.token}`}${flags}${children}`;
}

/** An argument of COMMAND DOCS in RESP2 as ours. */
function argumentOf(pairs: readonly unknown[]): Argument {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  const flags = (map.get('flags') ?? []) as string[];
  return {
    name: map.get('name') as string,
    type: map.get('type') as Argument['type'],
    token: map.get('token') as string | undefined,
    optional: flags.includes('optional'),
    multiple: flags.includes('multiple'),
    multipleToken: flags.includes('multiple_token'),
    children: ((map.get('arguments') ?? []) as unknown[][]).map(argumentOf),
  };
}

function definitionOf(name: string): CommandDefinition {
  const [container, sub] = name.split('|');
  const command = FAMILIES.flat().find((candidate) => candidate.name === container)!;
  return sub === undefined ? command : command.subcommands!.find((candidate) => candidate.name === sub)!;
}

describe.skipIf(real === undefined)('the command table of a real redis-server 7.2', () => {
  let redis: RealRedis;
  let ours: TestEngine;
  beforeAll(async () => {
    redis = await startRealRedis({ bin: real?.bin });
    ours = createTestEngine({ families: FAMILIES });
  });
  afterAll(() => redis.stop());

  it.each(Object.entries(LATER_COMMANDS))('%s is none of its commands', async (name, since) => {
    expect(plain(await redis.call('COMMAND', 'INFO', name))).toEqual([null]);
    expect(definitionOf(name).since).toBe(since);
  });

  it.each(names)('COMMAND INFO %s', async (name) => {
    const [theirs] = plain(await redis.call('COMMAND', 'INFO', name)) as unknown[];
    const [mine] = plain(ours.client.call('COMMAND', 'INFO', name)) as unknown[];
    expect(theirs, 'Redis has such a command').not.toBeNull();
    const exceptions = INFO_EXCEPTIONS[name]?.fields ?? [];
    const [a, b] = [fieldsOf(mine), fieldsOf(theirs)];
    const differing = FIELDS.filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]));
    for (const field of differing)
      if (!exceptions.includes(field)) expect({ [field]: a[field] }).toEqual({ [field]: b[field] });
    expect(differing, 'exceptions that are none').toEqual(exceptions);
  });

  it.each(names)('the arguments of %s', async (name) => {
    const docs = (plain(await redis.call('COMMAND', 'DOCS', name)) as [string, unknown[]])[1];
    const at = docs.indexOf('arguments');
    const theirs = at < 0 ? [] : (docs[at + 1] as unknown[][]).map(argumentOf);
    const [expected, actual] = [theirs, argumentsOf(definitionOf(name))].map((args) =>
      args.map(shapeOf).join(' '),
    );
    if (name in SHAPE_EXCEPTIONS) expect(actual, 'an exception that is none').not.toBe(expected);
    else expect(actual).toBe(expected);
  });
});
