/**
 * The RDB reader on files written out by hand: every value form of RDB 1 to 11, the opcodes, the trailer, and what is refused with
 * which words. Each file is read whole, byte by byte and in pieces of 7.
 */
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { Crc64 } from '../../../../src/core/base/crc64.js';
import { RdbError } from '../../../../src/core/persistence/rdb/format.js';
import { RdbReader, type RdbReaderOptions } from '../../../../src/core/persistence/rdb/reader.js';
import { cut, type RdbEvent, rdbEvents } from '../../../support/rdb-events.js';

/** Bytes from hex digits and quoted text: `hex('02 "ab" ff')`. */
function hex(source: string): Buffer {
  const parts = source.match(/"[^"]*"|[0-9a-f]{2}/g) ?? [];
  return Buffer.concat(
    parts.map((part) =>
      part.startsWith('"') ? Buffer.from(part.slice(1, -1), 'latin1') : Buffer.from(part, 'hex'),
    ),
  );
}

/** A string of less than 64 bytes, or of less than 16384, with its length before it. */
function str(content: Buffer): Buffer {
  const { length } = content;
  const head = length < 64 ? [length] : [0x40 | (length >> 8), length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

/** A file of this version with this body, its end mark and (from 5 on) no checksum. */
function file(version: number, ...body: Buffer[]): Buffer {
  const magic = Buffer.from('REDIS' + String(version).padStart(4, '0'));
  return Buffer.concat([magic, ...body, hex('ff'), Buffer.alloc(version >= 5 ? 8 : 0)]);
}

/** The events between header and end, which must be the same however the file is cut. */
function read(rdb: Buffer, options?: RdbReaderOptions): RdbEvent[] {
  const whole = rdbEvents([rdb], options);
  expect(whole.rest.length).toBe(0);
  for (const size of [1, 7]) expect(rdbEvents(cut(rdb, size), options).events).toEqual(whole.events);
  expect(whole.events[0][0]).toBe('header');
  expect(whole.events.at(-1)?.[0]).toBe('end');
  return whole.events.slice(1, -1);
}

/** The value of the only key of a file. */
function valueOf(version: number, type: string, payload: Buffer): unknown {
  const events = read(file(version, hex(type), hex('01 "k"'), payload));
  expect(events[0].slice(0, 4)).toEqual(['key', 0, 'k', parseInt(type, 16)]);
  expect(events.length).toBe(2);
  return events[1][1];
}

/** The error that a file ends in, whole and byte by byte. */
function failure(rdb: Buffer, options?: RdbReaderOptions): RdbError {
  const errors = [[rdb], cut(rdb, 1)].map((pieces) => {
    try {
      rdbEvents(pieces, options);
    } catch (error) {
      if (error instanceof RdbError) return error;
      throw error;
    }
    throw new Error('it was read');
  });
  expect(errors[1].message).toBe(errors[0].message);
  return errors[0];
}

/** An intset, ziplist or listpack as a value, with a byte changed. */
function changed(blob: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(blob);
  copy[at] = byte;
  return str(copy);
}

const ZIPLIST = hex(
  // 31 bytes, last entry at 25, 6 entries: "ab", 0, 12, -5 (int8), 300 (int16), -70000 (int24)
  '1f 00 00 00  19 00 00 00  06 00' + '00 02 "ab"  04 f1  02 fd  02 fe fb  03 c0 2c 01  04 f0 90 ee fe  ff',
);

const LISTPACK = hex(
  // "ab", 5, -1 (13 bits), 300 (13 bits), 40000 (24 bits), 2^31-1, 2^63-1
  '28 00 00 00  07 00' +
    '82 "ab" 03  05 01  df ff 02  c1 2c 02  f2 40 9c 00 04  f3 ff ff ff 7f 05' +
    'f4 ff ff ff ff ff ff ff 7f 09  ff',
);

describe('value forms', () => {
  it('strings: plain, integers, compressed', () => {
    expect(valueOf(6, '00', hex('05 "hello"'))).toBe('hello');
    expect(valueOf(6, '00', hex('00'))).toBe('');
    expect(valueOf(6, '00', hex('c0 85'))).toBe('-123');
    expect(valueOf(6, '00', hex('c1 39 30'))).toBe('12345');
    expect(valueOf(6, '00', hex('c2 15 cd 5b 07'))).toBe('123456789');
    expect(valueOf(6, '00', hex('80 00 00 00 03 "abc"'))).toBe('abc');
    expect(valueOf(6, '00', hex('81 00 00 00 00 00 00 00 03 "abc"'))).toBe('abc');
    expect(valueOf(6, '00', str(Buffer.alloc(300, 'q')))).toBe('q'.repeat(300));
    // one literal "a", then 2 + 9 + 20 bytes from 1 byte back
    expect(valueOf(6, '00', hex('c3 05 1e 00 "a" e0 14 00'))).toBe('a'.repeat(30));
  });

  it('linked lists, hash tables and both forms of skip lists', () => {
    expect(valueOf(1, '01', hex('03 01 "a" c0 07 00'))).toEqual({ list: ['a', '7', ''] });
    expect(valueOf(1, '02', hex('02 01 "b" 01 "a"'))).toEqual({ set: ['a', 'b'] });
    expect(valueOf(1, '04', hex('02 01 "f" 01 "v" 01 "g" 00'))).toEqual({
      hash: [
        ['f', 'v'],
        ['g', ''],
      ],
    });
    expect(valueOf(1, '03', hex('04 01 "a" 03 "1.5" 01 "b" fe 01 "c" ff 01 "d" 02 "17"'))).toEqual({
      zset: [
        ['c', -Infinity],
        ['a', 1.5],
        ['d', 17],
        ['b', Infinity],
      ],
    });
    expect(valueOf(8, '05', hex('02 01 "a" 00 00 00 00 00 00 f8 3f 01 "b" 00 00 00 00 00 00 f0 bf'))).toEqual(
      {
        zset: [
          ['b', -1],
          ['a', 1.5],
        ],
      },
    );
  });

  it('zipmaps, with free bytes and long lengths', () => {
    expect(valueOf(2, '09', str(hex('02 03 "foo" 03 00 "bar" 05 "hello" 05 02 "world" 00 00 ff')))).toEqual({
      hash: [
        ['foo', 'bar'],
        ['hello', 'world'],
      ],
    });
    const long = Buffer.concat([hex('01 01 "f" fe 2c 01 00 00 00'), Buffer.alloc(300, 'v'), hex('ff')]);
    expect(valueOf(2, '09', str(long))).toEqual({ hash: [['f', 'v'.repeat(300)]] });
  });

  it('ziplists: every integer width, short and long strings', () => {
    expect(valueOf(3, '0a', str(ZIPLIST))).toEqual({ list: ['ab', '0', '12', '-5', '300', '-70000'] });
    const wide = hex('1b 00 00 00  10 00 00 00  02 00  00 d0 40 42 0f 00  06 e0 ff ff ff ff ff ff ff 7f  ff');
    expect(valueOf(3, '0a', str(wide))).toEqual({ list: ['1000000', '9223372036854775807'] });
    const text = 'x'.repeat(300);
    const long = Buffer.concat([
      hex('45 01 00 00  39 01 00 00  02 00  00 41 2c'),
      Buffer.from(text),
      hex('fe 2f 01 00 00 05 "after" ff'),
    ]);
    expect(long.length).toBe(0x145);
    expect(valueOf(3, '0a', str(long))).toEqual({ list: [text, 'after'] });
    expect(valueOf(3, '0d', str(hex('11 00 00 00 0d 00 00 00 02 00 00 01 "f" 03 01 "v" ff')))).toEqual({
      hash: [['f', 'v']],
    });
    expect(valueOf(3, '0c', str(hex('13 00 00 00 0d 00 00 00 02 00 00 01 "m" 03 03 "2.5" ff')))).toEqual({
      zset: [['m', 2.5]],
    });
  });

  it('intsets of each width', () => {
    expect(valueOf(6, '0b', str(hex('02 00 00 00 03 00 00 00 fe ff 01 00 2c 01')))).toEqual({
      set: ['-2', '1', '300'],
    });
    expect(valueOf(6, '0b', str(hex('04 00 00 00 01 00 00 00 70 11 01 00')))).toEqual({ set: ['70000'] });
    expect(valueOf(6, '0b', str(hex('08 00 00 00 01 00 00 00 00 00 00 00 00 00 00 80')))).toEqual({
      set: ['-9223372036854775808'],
    });
  });

  it('quicklists of ziplists and of listpacks, with plain nodes', () => {
    const one = str(hex('0e 00 00 00 0a 00 00 00 01 00 00 01 "a" ff'));
    const none = str(hex('0b 00 00 00 0a 00 00 00 00 00 ff'));
    expect(valueOf(7, '0e', Buffer.concat([hex('03'), one, none, str(ZIPLIST)]))).toEqual({
      list: ['a', 'ab', '0', '12', '-5', '300', '-70000'],
    });
    expect(valueOf(10, '12', Buffer.concat([hex('02 01 05 "plain" 02'), str(LISTPACK)]))).toEqual({
      list: ['plain', 'ab', '5', '-1', '300', '40000', '2147483647', '9223372036854775807'],
    });
  });

  it('listpacks as hash, sorted set and set', () => {
    const pair = (value: string) =>
      str(Buffer.concat([hex('00 00 00 00 02 00 81 "f" 02'), hex(value), hex('ff')]));
    const sized = (blob: Buffer) => {
      blob.writeUInt32LE(blob.length - 1, 1);
      return blob;
    };
    expect(valueOf(10, '10', sized(pair('81 "v" 02')))).toEqual({ hash: [['f', 'v']] });
    expect(valueOf(10, '11', sized(pair('83 "1.5" 04')))).toEqual({ zset: [['f', 1.5]] });
    expect(valueOf(10, '11', sized(pair('df fe 02')))).toEqual({ zset: [['f', -2]] });
    expect(valueOf(11, '14', sized(pair('7f 01')))).toEqual({ set: ['127', 'f'] });
    // a string of 64 bytes has a head of two bytes
    const text = 'y'.repeat(64);
    const long = Buffer.concat([hex('4f 00 00 00 02 00 81 "f" 02 e0 40'), Buffer.from(text), hex('42 ff')]);
    long.writeUInt32LE(long.length, 0);
    expect(valueOf(10, '10', str(long))).toEqual({ hash: [['f', text]] });
  });
});

/** Node 1000-1: two entries live, 1000-1 with the fields of the node and 1010-8 with its own, and 1005-0 deleted between them. */
function streamNode(): Buffer {
  return Buffer.concat([
    hex('10 00 00 00 00 00 00 03 e8 00 00 00 00 00 00 00 01'),
    str(
      hex(
        '39 00 00 00 ff ff  02 01 01 01 01 01 81 "f" 02 00 01' +
          '02 01 00 01 00 01 81 "a" 02 04 01' +
          '03 01 05 01 df ff 02 81 "b" 02 04 01' +
          '00 01 0a 01 07 01 01 01 81 "g" 02 81 "c" 02 06 01  ff',
      ),
    ),
  ]);
}

describe('hashes with fields that expire', () => {
  const both = {
    hash: [
      ['f', 'v'],
      ['g', 'w'],
    ],
    expires: { g: 1_700_000_000_000 },
  };
  // 1,700,000,000,000 as 8 bytes; a time as a length counts from 1 at the earliest
  const earliest = '00 68 e5 cf 8b 01 00 00';
  const triples = str(
    hex('1a 00 00 00 06 00 81 "g" 02 81 "w" 02 f4 00 68 e5 cf 8b 01 00 00 09 81 "f" 02 81 "v" 02 00 01 ff'),
  );
  triples[1] = triples.length - 1;

  it('hashtables', () => {
    const fields = '02 00 01 "f" 01 "v" 01 01 "g" 01 "w"';
    expect(valueOf(12, '18', hex(`${earliest} ${fields}`))).toEqual(both);
    const later = hex(`${earliest} 01 0b 01 "f" 01 "v"`);
    expect(valueOf(12, '18', later)).toEqual({ hash: [['f', 'v']], expires: { f: 1_700_000_000_010 } });
    // the pre-release form has absolute times and no earliest one
    const absolute = '81 00 00 01 8b cf e5 68 00';
    expect(valueOf(12, '16', hex(`02 00 01 "f" 01 "v" ${absolute} 01 "g" 01 "w"`))).toEqual(both);
  });

  it('listpacks', () => {
    expect(valueOf(12, '19', Buffer.concat([hex(earliest), triples]))).toEqual(both);
    expect(valueOf(12, '17', triples)).toEqual(both);
  });

  it('are counted', () => {
    const count = (type: string, payload: Buffer) =>
      read(file(12, hex(type), hex('01 "k"'), payload), { mode: 'measure' })[1][1];
    expect(count('18', hex(`${earliest} 02 00 01 "f" 01 "v" 01 01 "g" 01 "w"`))).toBe(2);
    expect(count('16', hex('01 00 01 "f" 01 "v"'))).toBe(1);
    expect(count('19', Buffer.concat([hex(earliest), triples]))).toBe(2);
    expect(count('17', triples)).toBe(2);
  });

  it('are refused when they are broken', () => {
    const body = (payload: Buffer) => file(12, hex('19 01 "k"'), hex(earliest), payload);
    const pairs = str(hex('0d 00 00 00 02 00 81 "f" 02 81 "v" 02 ff'));
    expect(failure(body(pairs)).reason).toBe('Hash with a field that has no value or time');
    const words = str(hex('10 00 00 00 03 00 81 "f" 02 81 "v" 02 81 "x" 02 ff'));
    expect(failure(body(words)).reason).toBe('Hash with an invalid field expiry');
    expect(failure(file(12, hex('18 01 "k"'), hex(`${earliest} 02 00 01 "f" 00 00 01 "f" 00`))).reason).toBe(
      'Duplicate hash fields detected',
    );
  });
});

describe('streams', () => {
  const GROUP_V1 =
    '01 01 "g" 43 e8 01' + // group "g", last id 1000-1
    '01 00 00 00 00 00 00 03 e8 00 00 00 00 00 00 00 01 10 27 00 00 00 00 00 00 03' + // pending 1000-1
    '01 01 "c" 20 4e 00 00 00 00 00 00'; // consumer "c", seen at 20000
  const CONSUMER_PENDING = '01 00 00 00 00 00 00 03 e8 00 00 00 00 00 00 00 01';
  const entries = [
    ['1000-1', 'f', 'a'],
    ['1010-8', 'g', 'c'],
  ];
  const group = { name: 'g', lastId: '1000-1', pending: [['1000-1', 'c', 10000, 3]] };

  it('version 1: what it does not say is derived', () => {
    const tail = hex('02 43 f2 08' + GROUP_V1 + CONSUMER_PENDING);
    expect(valueOf(9, '0f', Buffer.concat([hex('01'), streamNode(), tail]))).toEqual({
      entries,
      lastId: '1010-8',
      firstId: '1000-1',
      maxDeletedId: '0-0',
      entriesAdded: 2,
      groups: [{ ...group, entriesRead: 1, consumers: [['c', 20000, 20000, 1]] }],
    });
  });

  it('version 2: counters', () => {
    const groupV2 = GROUP_V1.replace('43 e8 01', '43 e8 01 81 ff ff ff ff ff ff ff ff');
    const tail = hex('02 43 f2 08 43 e8 01 43 ed 00 03' + groupV2 + CONSUMER_PENDING);
    expect(valueOf(10, '13', Buffer.concat([hex('01'), streamNode(), tail]))).toEqual({
      entries,
      lastId: '1010-8',
      firstId: '1000-1',
      maxDeletedId: '1005-0',
      entriesAdded: 3,
      groups: [{ ...group, entriesRead: -1, consumers: [['c', 20000, 20000, 1]] }],
    });
  });

  it('version 3: active time', () => {
    const groupV3 = GROUP_V1.replace('43 e8 01', '43 e8 01 01') + 'ff ff ff ff ff ff ff ff';
    const tail = hex('02 43 f2 08 43 e8 01 43 ed 00 03' + groupV3 + CONSUMER_PENDING);
    expect(valueOf(11, '15', Buffer.concat([hex('01'), streamNode(), tail]))).toMatchObject({
      groups: [{ ...group, entriesRead: 1, consumers: [['c', 20000, -1, 1]] }],
    });
  });

  it('without any entry', () => {
    expect(valueOf(11, '15', hex('00 00 07 07 00 00 07 07 01 00'))).toEqual({
      entries: [],
      lastId: '7-7',
      firstId: '0-0',
      maxDeletedId: '7-7',
      entriesAdded: 1,
      groups: [],
    });
  });

  it('refuses a pending entry of a consumer that the group does not have', () => {
    const wrong = CONSUMER_PENDING.replace(/01$/, '02');
    const tail = hex('02 43 f2 08' + GROUP_V1 + wrong);
    const error = failure(file(9, hex('0f 01 "k" 01'), streamNode(), tail));
    expect(error.reason).toBe('Consumer entry not found in group global PEL');
    expect(error.key).toBe('k');
  });

  it('refuses a node whose entries do not add up', () => {
    const node = streamNode();
    node[24] = 0x01; // one entry live
    const error = failure(file(9, hex('0f 01 "k" 01'), node, hex('02 43 f2 08 00')));
    expect(error.reason).toBe('Stream listpack integrity check failed.');
  });
});

describe('opcodes', () => {
  it('come as events, and what precedes a key belongs to it alone', () => {
    const body = hex(
      'fa 09 "redis-ver" 05 "7.2.6"' +
        'f5 05 "#!lua"' +
        'fe 03 fb 02 01' +
        'fc 00 68 e5 cf 8b 01 00 00 f8 40 64 00 01 "a" 01 "1"' +
        'fd 00 f1 53 65 f9 07 00 01 "b" 01 "2"' +
        '00 01 "c" 01 "3"',
    );
    expect(read(file(9, body))).toEqual([
      ['aux', 'redis-ver', '7.2.6'],
      ['function', '#!lua'],
      ['selectDb', 3],
      ['resizeDb', 2, 1],
      ['key', 3, 'a', 0, 1700000000000, 100, undefined],
      ['value', '1'],
      ['key', 3, 'b', 0, 1700000000000, undefined, 7],
      ['value', '2'],
      ['key', 3, 'c', 0, undefined, undefined, undefined],
      ['value', '3'],
    ]);
  });

  it('skip a module’s aux data by name, and slot sizes', () => {
    // module id of "graphdata" (6 bits a char), version 8; when: uint 2; a string, a double, an end
    const id = [...'graphdata'].reduce((sum, char) => sum * 64n + BigInt(char.charCodeAt(0) - 97 + 26), 0n);
    const head = Buffer.alloc(9, 0x81);
    head.writeBigUInt64BE((id << 10n) | 8n, 1);
    const body = Buffer.concat([
      hex('f7'),
      head,
      hex('02 02 05 03 "abc" 04 00 00 00 00 00 00 f8 3f 03 00 00 80 3f 01 07 00'),
      hex('f4 05 07 00'),
      hex('00 01 "k" 01 "v"'),
    ]);
    expect(read(file(11, body))).toEqual([
      ['moduleAux', 'graphdata'],
      ['key', 0, 'k', 0, undefined, undefined, undefined],
      ['value', 'v'],
    ]);
  });

  it('skip collections without elements', () => {
    const events = read(file(6, hex('01 01 "k" 00 00 01 "l" 01 "v"')));
    expect(events.map((event) => event.slice(0, 3))).toEqual([
      ['key', 0, 'k'],
      ['emptyKey', 'k'],
      ['key', 0, 'l'],
      ['value', 'v'],
    ]);
  });
});

describe('the trailer', () => {
  const body = hex('00 01 "k" 01 "v"');

  function ended(rdb: Buffer, options?: RdbReaderOptions): RdbEvent | undefined {
    return rdbEvents([rdb], options).events.at(-1);
  }

  it('tells a checksum that is right from one that was not computed and from none', () => {
    // crc64 of the empty database of the well-known 88-byte file is in the replication tests; this one is of REDIS0009 FF
    const empty = hex('"REDIS0009" ff');
    const crc = new Crc64().update(empty).digestLE();
    expect(ended(Buffer.concat([empty, crc]))).toEqual(['end', 'ok']);
    expect(ended(file(9, body))).toEqual(['end', 'absent']);
    expect(ended(file(4, body))).toEqual(['end', 'none']);
    const wrong = Buffer.concat([empty, hex('01 02 03 04 05 06 07 08')]);
    expect(ended(wrong, { verifyChecksum: false })).toEqual(['end', 'unverified']);
    const error = failure(wrong);
    expect(error.reason).toBe('RDB CRC error');
    expect(error.offset).toBe(10);
    expect(error.got).toBe('0102030405060708');
  });

  it('is the last thing read: what follows is left alone', () => {
    const rdb = file(9, body);
    const all = Buffer.concat([rdb, Buffer.from('*1\r\n$4\r\nPING\r\n')]);
    for (const size of [1, 5, all.length]) {
      expect(rdbEvents(cut(all, size)).rest.toString()).toBe('*1\r\n$4\r\nPING\r\n');
    }
    const reader = new RdbReader({});
    reader.push(all);
    expect(reader.done).toBe(true);
    expect(reader.bytesRead).toBe(rdb.length);
  });

  it('is missed by name when the file ends at its end mark', () => {
    const error = failure(hex('"REDIS0009" ff'));
    expect(error.reason).toBe('Unexpected EOF reading RDB file');
    expect(error.what).toBe('checksum, the 8 bytes after the end opcode');
    expect(error.expected).toBe('8 bytes');
    expect(error.got).toBe('0 and the end');
    expect(error.offset).toBe(10);
  });
});

describe('what is refused', () => {
  it('magics and versions', () => {
    expect(failure(hex('"RODIS0009"')).reason).toBe('Wrong signature trying to load DB from file');
    expect(failure(hex('"524544495"')).got).toBe('"524544495"');
    expect(failure(hex('"REDIS0013"')).reason).toBe("Can't handle RDB format version 13");
    expect(failure(hex('"REDIS0000"')).reason).toBe("Can't handle RDB format version 0");
    expect(failure(hex('"VALKEY081"')).expected).toBe('80 to 80 after VALKEY');
    expect(read(file(12, hex('00 01 "k" 01 "v"'))).length).toBe(2);
    const valkey = Buffer.concat([hex('"VALKEY080" 00 01 "k" 01 "v" ff'), Buffer.alloc(8)]);
    expect(rdbEvents([valkey]).events[0]).toEqual(['header', 'VALKEY', 80]);
  });

  it('types of later servers, with number, name, key and offset', () => {
    const error = failure(file(12, hex('1a 05 "mykey" 00')));
    expect(error.message).toBe(
      'Unknown RDB encoding type 26 (at offset 9, reading opcode or value type of key "mykey", type 26; ' +
        'expected a type or opcode of REDIS version 12; got 26: stream 4 (Redis 8))',
    );
    const valkey = Buffer.concat([hex('"VALKEY080" 16 01 "k" 00')]);
    expect(failure(valkey).got).toBe('22: hash with field expiry (Valkey 9)');
    expect(failure(file(9, hex('08 01 "k"'))).reason).toBe('Unknown RDB encoding type 8');
    expect(failure(file(9, hex('f3 01'))).reason).toBe('Unknown RDB encoding type 243');
    expect(failure(file(9, hex('f6 01'))).reason).toBe('Pre-release function format not supported.');
    expect(failure(file(9, hex('06 01 "k"'))).reason).toBe('Pre-release module format not supported');
  });

  it('module values when building, not when measuring', () => {
    const rdb = file(9, hex('07 01 "k" 81 00 00 00 00 00 00 00 08 02 07 00'));
    expect(failure(rdb).reason).toBe(
      "The RDB file contains module data I can't load: no matching module type 'AAAAAAAAA'",
    );
    expect(read(rdb, { mode: 'measure' })[1]).toEqual(['measured', undefined, 12]);
  });

  it('lengths and strings of no known form', () => {
    expect(failure(file(9, hex('00 82'))).reason).toBe('Unknown length encoding 2 in rdbLoadLen()');
    expect(failure(file(9, hex('00 c4'))).reason).toBe('Unknown RDB string encoding type 4');
    expect(failure(file(9, hex('01 01 "k" c0 01'))).reason).toBe('Unknown length encoding 3 in rdbLoadLen()');
    expect(failure(file(9, hex('00 81 ff ff ff ff ff ff ff ff'))).reason).toBe('Length out of range');
    expect(failure(file(9, hex('00 80 ff ff ff ff'))).reason).toBe('String too long');
    expect(failure(file(9, hex('00 c3 01 80 10 00 00 00 00'))).reason).toBe('Invalid LZF compressed string');
    expect(failure(file(9, hex('00 c3 02 0a e0 00'))).reason).toBe('Invalid LZF compressed string');
  });

  it('elements that appear twice, scores that are none', () => {
    expect(failure(file(9, hex('02 01 "k" 02 01 "a" 01 "a"'))).reason).toBe('Duplicate set members detected');
    expect(failure(file(9, hex('04 01 "k" 02 01 "a" 00 01 "a" 00'))).reason).toBe(
      'Duplicate hash fields detected',
    );
    expect(failure(file(9, hex('05 01 "k" 01 01 "a" 00 00 00 00 00 00 f8 7f'))).reason).toBe(
      'Zset with NAN score detected',
    );
    expect(failure(file(9, hex('03 01 "k" 01 01 "a" fd'))).reason).toBe('Zset with NAN score detected');
    expect(failure(file(9, hex('03 01 "k" 01 01 "a" 01 "x"'))).reason).toBe('Invalid score');
    const descending = str(hex('02 00 00 00 02 00 00 00 01 00 01 00'));
    expect(failure(file(9, hex('0b 01 "k"'), descending)).reason).toBe('Intset integrity check failed');
  });

  it('packed blobs with any one of their structural bytes changed', () => {
    for (const [type, blob, spots] of [
      ['0a', ZIPLIST, [0, 4, 8, 10, 11, 14, 15, 18, 30]],
      ['12', LISTPACK, [0, 4, 6, 9, 11, 14, 39]],
    ] as const) {
      for (const at of spots) {
        const payload = changed(blob, at, blob[at] ^ 0x11);
        const body = type === '12' ? Buffer.concat([hex('01 02'), payload]) : payload;
        const error = failure(file(10, hex(type), hex('01 "k"'), body));
        expect(error.reason, `byte ${at}`).toMatch(/integrity check failed/);
        expect(error.key).toBe('k' as Bytes);
      }
    }
  });

  it('goes on throwing the same error', () => {
    const reader = new RdbReader({});
    expect(() => reader.push(hex('"RODIS0009"'))).toThrow(RdbError);
    expect(() => reader.push(hex('00'))).toThrow('Wrong signature');
    expect(() => reader.finish()).toThrow('Wrong signature');
  });
});

describe('measuring', () => {
  it('counts without building, whatever the form', () => {
    const sizes = (type: string, payload: Buffer) =>
      read(file(10, hex(type), hex('01 "k"'), payload), { mode: 'measure' })[1];
    expect(sizes('00', hex('05 "hello"'))).toEqual(['measured', 1, 6]);
    expect(sizes('01', hex('03 01 "a" c0 07 00'))).toEqual(['measured', 3, 6]);
    expect(sizes('03', hex('02 01 "a" 03 "1.5" 01 "b" fe'))).toEqual(['measured', 2, 10]);
    expect(sizes('05', hex('01 01 "a" 00 00 00 00 00 00 f8 3f'))).toEqual(['measured', 1, 11]);
    expect(sizes('0a', str(ZIPLIST))).toEqual(['measured', 6, ZIPLIST.length + 1]);
    expect(sizes('12', Buffer.concat([hex('02 01 05 "plain" 02'), str(LISTPACK)]))).toEqual([
      'measured',
      8,
      LISTPACK.length + 10,
    ]);
    expect(sizes('01', hex('00'))).toEqual(['emptyKey', 'k']);
  });

  it('skips a string that is longer than any it could hold', () => {
    const reader = new RdbReader({}, { mode: 'measure' });
    reader.push(hex('"REDIS0009" 00 01 "k" 80 ff ff ff f0'));
    const chunk = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 20; i++) reader.push(chunk);
    expect(reader.bytesRead).toBe(17 + 20 * chunk.length);
  });
});
