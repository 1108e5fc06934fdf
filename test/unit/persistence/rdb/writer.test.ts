/** The RDB writer and DUMP payloads, byte by byte: every form in every version, the pace of large values, and what RESTORE refuses. */
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { Crc64 } from '../../../../src/core/base/crc64.js';
import { DumpError, dumpValue, restoreValue } from '../../../../src/core/persistence/rdb/dump.js';
import { type WritableVersion } from '../../../../src/core/persistence/rdb/format.js';
import { RdbWriter } from '../../../../src/core/persistence/rdb/writer.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { ListValue } from '../../../../src/core/store/types/list-value.js';
import { RawString } from '../../../../src/core/store/types/raw-string.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { StreamConsumer, StreamGroup } from '../../../../src/core/store/types/stream-groups.js';
import { streamId } from '../../../../src/core/store/types/stream-id.js';
import { StreamValue } from '../../../../src/core/store/types/stream-value.js';
import { type Value } from '../../../../src/core/store/types/value.js';
import { ZSetValue } from '../../../../src/core/store/types/zset-value.js';
import { plain } from '../../../support/rdb-events.js';

const b = (text: string) => text as Bytes;

function listOf(...items: string[]): ListValue {
  const list = new ListValue();
  for (const item of items) list.pushBack(b(item));
  return list;
}

function setOf(...members: string[]): SetValue {
  const set = new SetValue();
  for (const member of members) set.add(b(member));
  return set;
}

function hashOf(...pairs: [string, string][]): HashValue {
  const hash = new HashValue();
  for (const [field, value] of pairs) hash.set(b(field), b(value));
  return hash;
}

function zsetOf(...pairs: [string, number][]): ZSetValue {
  const zset = new ZSetValue();
  for (const [member, score] of pairs) zset.set(b(member), score);
  return zset;
}

/** A payload with the footer of this version. */
function footed(content: Buffer, version: number): Buffer {
  const summed = Buffer.concat([content, Buffer.from([version, 0])]);
  return Buffer.concat([summed, new Crc64().update(summed).digestLE()]);
}

/** Type byte and value, in hex. */
function form(value: Value, version: WritableVersion = 11, options = {}): string {
  return dumpValue(value, version, options).subarray(0, -10).toString('hex');
}

const hex = (text: string) => text.replaceAll(' ', '');

describe('strings', () => {
  it('are small integers, compressed, or plain', () => {
    expect(form(5)).toBe('00c005');
    expect(form(-129)).toBe('00c17fff');
    expect(form(2147483647)).toBe('00c2ffffff7f');
    expect(form(2147483648)).toBe('000a' + Buffer.from('2147483648').toString('hex'));
    expect(form(b('12'))).toBe('00c00c');
    expect(form(b('012'))).toBe('0003303132');
    expect(form(b(''))).toBe('0000');
    expect(form(b('a'.repeat(30)))).toBe(hex('00 c3 09 1e 016161 e01100 016161'));
    expect(form(b('a'.repeat(20))).slice(0, 4)).toBe('0014');
    expect(form(b('a'.repeat(21))).slice(0, 4)).toBe('00c3');
    expect(form(b('a'.repeat(70)), 11, { compression: false }).slice(0, 6)).toBe('004046');
    expect(form(RawString.of(b('7')))).toBe('00c007');
  });

  it('that are changed in place come as they were when the writing began', () => {
    const value = RawString.of(b('x'.repeat(100_000)));
    const blocks: Buffer[] = [];
    const writer = new RdbWriter((block) => blocks.push(block), { compression: false });
    const steps = writer.keyValue(b('k'), value);
    expect(steps.next().done).toBe(false);
    value.setRange(0, b('changed'));
    expect(steps.next().done).toBe(true);
    writer.end();
    expect(Buffer.concat(blocks).includes('changed')).toBe(false);
  });
});

describe('expiry', () => {
  it('is 64 bits, also where its double is rounded up to more', () => {
    const written = (expireAtMs: number): string => {
      const blocks: Buffer[] = [];
      const writer = new RdbWriter((block) => blocks.push(block));
      expect([...writer.keyValue(b('k'), b('v'), expireAtMs)]).toEqual([]);
      writer.end();
      return Buffer.concat(blocks).subarray(0, 9).toString('hex');
    };
    expect(written(1_700_000_000_000)).toBe(hex('fc 0068e5cf8b010000'));
    expect(written(-1)).toBe(hex('fc ffffffffffffffff'));
    expect(written(9223372036854774784)).toBe(hex('fc 00fcffffffffff7f'));
    // 9223372036854775807 as a double
    expect(written(2 ** 63)).toBe(hex('fc ffffffffffffff7f'));
  });
});

describe('collections by version', () => {
  const list = listOf('a', '300');
  const listpack = hex('0d000000 0200 816102 c12c02 ff');

  it('lists', () => {
    expect(form(list, 11)).toBe(hex('12 01 02 0d') + listpack);
    expect(form(list, 10)).toBe(hex('12 01 02 0d') + listpack);
    expect(form(list, 9)).toBe(hex('0e 01 12 12000000 0d000000 0200 000161 03c02c01 ff'));
  });

  it('sets', () => {
    const ints = hex('0b 0c 02000000 02000000 feff 0700');
    for (const version of [9, 10, 11] as const) expect(form(setOf('7', '-2'), version)).toBe(ints);
    expect(form(setOf('a', '1'), 11)).toBe(hex('14 0c 0c000000 0200 816102 0101 ff'));
    expect(form(setOf('a', '1'), 10)).toBe(hex('02 02 0161 c001'));
    const limits = { ...DEFAULT_LIMITS, setMaxListpackEntries: 1 };
    expect(form(setOf('a', '1'), 11, { limits })).toBe(hex('02 02 0161 c001'));
  });

  it('hashes', () => {
    const hash = hashOf(['f', 'v']);
    expect(form(hash, 11)).toBe(hex('10 0d 0d000000 0200 816602 817602 ff'));
    expect(form(hash, 10)).toBe(hex('10 0d 0d000000 0200 816602 817602 ff'));
    expect(form(hash, 9)).toBe(hex('0d 11 11000000 0d000000 0200 000166 030176 ff'));
    const limits = { ...DEFAULT_LIMITS, hashMaxListpackEntries: 0 };
    expect(form(hashOf(['f', 'v']), 11, { limits })).toBe(hex('04 01 0166 0176'));
  });

  it('hashes with fields that expire, since 12', () => {
    const expiring = () => {
      const hash = hashOf(['f', 'v'], ['g', 'w'], ['h', 'x']);
      hash.setExpiry(b('h'), 0x18c3f2a1b00);
      hash.setExpiry(b('g'), 0x18c3f2a1b05);
      return hash;
    };
    const hash = expiring();
    // field, value, absolute time: by time, then those that stay
    const times = { h: 'f4 001b2a3f8c010000 09', g: 'f4 051b2a3f8c010000 09' };
    const packed = `27000000 0900 8168 02 8178 02 ${times.h} 8167 02 8177 02 ${times.g} 8166 02 8176 02 00 01 ff`;
    const length = (hex(packed).length / 2).toString(16);
    expect(form(hash, 12)).toBe(
      hex(`19 001b2a3f8c010000 ${length} ${packed.replace('27000000', `${length}000000`)}`),
    );
    for (const version of [9, 10, 11] as const)
      expect(form(hash, version)).toBe(form(hashOf(['f', 'v'], ['g', 'w'], ['h', 'x']), version));
    // the earliest; then each time after it and one more, 0 for none, before field and value
    const limits = { ...DEFAULT_LIMITS, hashMaxListpackEntries: 0 };
    const large = expiring();
    expect(form(large, 12, { limits })).toBe(
      hex('18 001b2a3f8c010000 03 00 0166 0176 06 0167 0177 01 0168 0178'),
    );
    expect(form(large, 11, { limits })).toBe(hex('04 03 0166 0176 0167 0177 0168 0178'));
    for (const field of ['g', 'h']) hash.setExpiry(b(field), Infinity);
    expect(form(hash, 12)).toBe(form(hash, 11));
  });

  it('sorted sets', () => {
    const zset = zsetOf(['b', 1.5], ['a', -0]);
    expect(form(zset, 11)).toBe(hex('11 14 14000000 0400 816102 0001 816202 83312e3504 ff'));
    expect(form(zset, 9)).toBe(hex('0c 18 18000000 12000000 0400 000161 03f1 020162 0303312e35 ff'));
    const limits = { ...DEFAULT_LIMITS, zsetMaxListpackEntries: 1 };
    expect(form(zsetOf(['b', 1.5], ['a', -0]), 10, { limits })).toBe(
      hex('05 02 0162 000000000000f83f 0161 0000000000000080'),
    );
  });

  it('streams', () => {
    const stream = new StreamValue();
    stream.append(streamId(1000, 1), [b('f'), b('a')], DEFAULT_LIMITS);
    stream.append(streamId(1001, 0), [b('g'), b('b')], DEFAULT_LIMITS);
    stream.maxDeletedId = streamId(900, 0);
    stream.entriesAdded = 5;
    const group = new StreamGroup(b('g'), streamId(1000, 1), -1);
    stream.groups.set(group.name, group);
    const consumer = new StreamConsumer(b('c'), 256, -1);
    group.consumers.set(consumer.name, consumer);
    group.addPending(streamId(1000, 1), consumer, 512, 3);
    const id = '00000000000003e80000000000000001';
    const node =
      '0110' +
      id +
      hex('2e 2e000000 1100 0201 0001 0101 816602 0001 0201 0001 0001 816102 0401') +
      hex('0001 0101 dfff02 0101 816702 816202 0601 ff');
    const pending = hex('01' + id + '0002000000000000 03');
    const seen = '0001000000000000';
    expect(form(stream, 9)).toBe(
      hex('0f' + node + '02 43e900 01 0167 43e801' + pending + '01 0163' + seen + '01' + id),
    );
    const counters = hex('02 43e900 43e801 438400 05');
    const head = hex('01 0167 43e801 81ffffffffffffffff');
    expect(form(stream, 10)).toBe(
      '13' + node + counters + head + pending + hex('01 0163' + seen + '01' + id),
    );
    expect(form(stream, 11)).toBe(
      '15' + node + counters + head + pending + hex('01 0163' + seen + 'ffffffffffffffff 01' + id),
    );
  });
});

describe('a file', () => {
  it('has its fields and opcodes in Redis’s order', () => {
    const blocks: Buffer[] = [];
    const writer = new RdbWriter((block) => blocks.push(block), { version: 10, checksum: false });
    const replication = { streamDb: 0, id: '0'.repeat(40), offset: 77 };
    writer.header({ redisVersion: '7.2.6', ctime: 1700000000, usedMemory: 1000, replication, aofBase: true });
    writer.functionLibrary(b('#!lua'));
    writer.selectDb(2);
    writer.resizeDb(2, 1);
    expect([...writer.keyValue(b('k'), b('v'), 1700000000000, { idleSeconds: 100 })]).toEqual([]);
    expect([...writer.keyValue(b('l'), 1, undefined, { freq: 9 })]).toEqual([]);
    writer.end();
    expect(Buffer.concat(blocks).toString('latin1')).toBe(
      'REDIS0010' +
        '\xfa\x09redis-ver\x057.2.6' +
        '\xfa\x0aredis-bits\xc0\x40' +
        '\xfa\x05ctime\xc2\x00\xf1\x53\x65' +
        '\xfa\x08used-mem\xc1\xe8\x03' +
        '\xfa\x0erepl-stream-db\xc0\x00' +
        '\xfa\x07repl-id\xc3\x09\x28\x0100\xe0\x1b\x00\x0100' +
        '\xfa\x0brepl-offset\xc0\x4d' +
        '\xfa\x08aof-base\xc0\x01' +
        '\xf5\x05#!lua' +
        '\xfe\x02\xfb\x02\x01' +
        '\xfc\x00\x68\xe5\xcf\x8b\x01\x00\x00\xf8\x40\x64\x00\x01k\x01v' +
        '\xf9\x09\x00\x01l\xc0\x01' +
        '\xff\x00\x00\x00\x00\x00\x00\x00\x00',
    );
  });

  it('refuses functions in version 9, which has no place for them', () => {
    expect(() => new RdbWriter(() => {}, { version: 9 }).functionLibrary(b('x'))).toThrow(RangeError);
  });

  it('comes in blocks of 64 KB, and a large value pauses', () => {
    const hash = new HashValue();
    for (let i = 0; i < 10_000; i++) hash.set(b(`field ${i}`), b('value'));
    const sizes: number[] = [];
    const writer = new RdbWriter((block) => sizes.push(block.length));
    const pauses = [...writer.keyValue(b('k'), hash)].length;
    expect(pauses).toBe(9);
    writer.end();
    expect(sizes.slice(0, -2).every((size) => size <= 65_536 && size > 65_000)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(writer.bytesWritten + 8);
  });

  it('cuts the nodes of a list by list-max-listpack-size', () => {
    const list = listOf(...Array.from({ length: 10 }, () => 'x'.repeat(1000)));
    const nodes = (listMaxListpackSize: number) =>
      parseInt(form(list, 11, { limits: { ...DEFAULT_LIMITS, listMaxListpackSize } }).slice(2, 4), 16);
    expect(nodes(-1)).toBe(3);
    expect(nodes(-2)).toBe(2);
    expect(nodes(4)).toBe(3);
    expect(nodes(1)).toBe(10);
  });
});

describe('a DUMP payload', () => {
  it('ends with version and checksum', () => {
    // payloads of a redis-server 7.2.6
    expect(dumpValue(b('hello')).toString('hex')).toBe('000568656c6c6f0b000aad620598abc983');
    expect(dumpValue(setOf('a', '1')).toString('hex')).toBe(
      '140c0c00000002008161020101ff0b00e040e033571bb848',
    );
    expect(dumpValue(zsetOf(['b', 1.5], ['a', -0])).toString('hex')).toBe(
      '1114140000000400816102000181620283312e3504ff0b0066c344582a870a6f',
    );
    expect(restoreValue(dumpValue(b('hello'), 9))).toBe('hello');
  });

  it('is refused as a whole, or for its content', () => {
    const refused = (payload: Buffer) => {
      try {
        restoreValue(payload);
      } catch (error) {
        if (error instanceof DumpError) return error.message;
        throw error;
      }
      return 'restored';
    };
    const versionOrChecksum = 'DUMP payload version or checksum are wrong';
    expect(refused(Buffer.alloc(0))).toBe(versionOrChecksum);
    expect(refused(Buffer.alloc(9))).toBe(versionOrChecksum);
    const good = dumpValue(listOf('a'));
    good[good.length - 1] ^= 1;
    expect(refused(good)).toBe(versionOrChecksum);
    expect(refused(footed(Buffer.from([0, 0]), 13))).toBe(versionOrChecksum);
    expect(refused(footed(Buffer.from([0, 0]), 11))).toBe('restored');
    expect(refused(footed(Buffer.from([0, 0]), 12))).toBe('restored');
    expect(refused(footed(Buffer.from([]), 11))).toBe('Bad data format');
    expect(refused(footed(Buffer.from([1, 0]), 11))).toBe('Bad data format');
    expect(refused(footed(Buffer.from([0, 5, 97]), 11))).toBe('Bad data format');
    expect(refused(footed(Buffer.from([7, 0, 0]), 11))).toBe('Bad data format');
    expect(refused(footed(Buffer.from([99, 0]), 11))).toBe('Bad data format');
    expect(refused(footed(Buffer.from([2, 2, 1, 97, 1, 97]), 11))).toBe('Bad data format');
  });

  it('keeps what a collection was', () => {
    const set = setOf('1', 'a');
    set.delete(b('a'));
    expect((restoreValue(dumpValue(set)) as SetValue).encoding).toBe('listpack');
    expect(plain(restoreValue(dumpValue(zsetOf(['a', Infinity], ['b', -Infinity]))))).toEqual({
      zset: [
        ['b', -Infinity],
        ['a', Infinity],
      ],
    });
  });
});
