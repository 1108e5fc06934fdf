import { beforeEach, describe, expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { HASH_COMMANDS } from '../../../../src/core/commands/hash/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));

beforeEach(() => {
  t = createTestEngine({ families: [CONNECTION_COMMANDS, STRING_COMMANDS, GENERIC_COMMANDS, HASH_COMMANDS] });
  run('SET s v');
  run('HSET h a 1 b two c 3');
});

describe('setting', () => {
  it('counts new fields', () => {
    expect(run('HSET h a 9 d 4')).toBe(1);
    expect(run('HSET new a 1 a 2')).toBe(1);
    expect(run('HGET new a')).toBe('2');
    expect(run('HMSET h e 5')).toBe('OK');
    expect(run('HGETALL h')).toEqual(['a', '9', 'b', 'two', 'c', '3', 'd', '4', 'e', '5']);
  });

  it('needs pairs, and looks at them before the key', () => {
    expect(run('HSET s a 1 b')).toBe("-ERR wrong number of arguments for 'hset' command");
    expect(run('HMSET s a 1 b')).toBe("-ERR wrong number of arguments for 'hmset' command");
    expect(run('HSET s a 1')).toBe(WRONG_TYPE);
  });

  it('HSETNX sets what is not there', () => {
    expect(run('HSETNX h a 9')).toBe(0);
    expect(run('HSETNX h d 4')).toBe(1);
    expect(run('HSETNX new a 1')).toBe(1);
    expect(run('HMGET h a d')).toEqual(['1', '4']);
    expect(run('HSETNX s a 1')).toBe(WRONG_TYPE);
  });

  it('counts a change for each pair', () => {
    const { gate } = t.engine;
    const before = gate.dirty;
    run('HSET h a 9 d 4');
    run('HSET new a 1 b 2 c 3');
    expect(gate.dirty - before).toBe(5);
  });
});

describe('reading', () => {
  it('one field', () => {
    expect(run('HGET h b')).toBe('two');
    expect(run('HGET h x')).toBe(null);
    expect(run('HGET none b')).toBe(null);
    expect(run('HEXISTS h b')).toBe(1);
    expect(run('HEXISTS h x')).toBe(0);
    expect(run('HEXISTS none x')).toBe(0);
    expect(run('HSTRLEN h b')).toBe(3);
    expect(run('HSTRLEN h x')).toBe(0);
    expect(run('HSTRLEN none x')).toBe(0);
  });

  it('several', () => {
    expect(run('HMGET h c x a')).toEqual(['3', null, '1']);
    expect(run('HMGET none a b')).toEqual([null, null]);
    expect(run('HLEN h')).toBe(3);
    expect(run('HLEN none')).toBe(0);
    expect(run('HKEYS h')).toEqual(['a', 'b', 'c']);
    expect(run('HVALS h')).toEqual(['1', 'two', '3']);
    for (const name of ['HKEYS', 'HVALS', 'HGETALL']) expect(run(`${name} none`)).toEqual([]);
  });

  it('is a map in RESP3', () => {
    t.client.send('HELLO 3\r\n');
    expect(t.client.send('HGETALL h\r\n')).toBe(
      '%3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$3\r\ntwo\r\n$1\r\nc\r\n$1\r\n3\r\n',
    );
    expect(t.client.send('HGETALL none\r\n')).toBe('%0\r\n');
    expect(t.client.send('HKEYS none\r\n')).toBe('*0\r\n');
    expect(t.client.send('HGET none a\r\n')).toBe('_\r\n');
    expect(t.client.send('HRANDFIELD none\r\n')).toBe('_\r\n');
  });

  it.each([
    'HGET s a',
    'HMGET s a',
    'HGETALL s',
    'HKEYS s',
    'HVALS s',
    'HLEN s',
    'HSTRLEN s a',
    'HEXISTS s a',
    'HDEL s a',
    'HRANDFIELD s',
    'HRANDFIELD s 1',
    'HSCAN s 0',
    'HINCRBY s a 1',
    'HINCRBYFLOAT s a 1',
  ])('%s of a string', (line) => {
    expect(run(line)).toBe(WRONG_TYPE);
  });
});

describe('HDEL', () => {
  it('counts what it deletes, and deletes the hash with its last field', () => {
    const { gate } = t.engine;
    const before = gate.dirty;
    expect(run('HDEL h a x a b')).toBe(2);
    expect(run('HDEL h x')).toBe(0);
    expect(run('HDEL h c a')).toBe(1);
    expect(run('EXISTS h')).toBe(0);
    expect(run('HDEL none a')).toBe(0);
    expect(gate.dirty - before).toBe(3);
  });
});

describe('HINCRBY', () => {
  it('is exact over 64 bits', () => {
    expect(run('HINCRBY h a 5')).toBe(6);
    expect(run('HINCRBY h new -3')).toBe(-3);
    expect(run('HINCRBY fresh f 9223372036854775807')).toBe(9223372036854775807n);
    expect(run('HINCRBY fresh f 1')).toBe('-ERR increment or decrement would overflow');
    expect(run('HINCRBY fresh f -9223372036854775807')).toBe(0);
    expect(run('HGET fresh f')).toBe('0');
  });

  it('refuses what is no integer, the increment before the key', () => {
    expect(run('HINCRBY s a x')).toBe('-ERR value is not an integer or out of range');
    expect(run('HINCRBY h b 1')).toBe('-ERR hash value is not an integer');
    call('HSET', 'h', 'blank', ' 1', 'float', '1.0', 'empty', '');
    for (const field of ['blank', 'float', 'empty'])
      expect(run(`HINCRBY h ${field} 1`)).toBe('-ERR hash value is not an integer');
  });
});

describe('HINCRBYFLOAT', () => {
  it('computes in the long double of the x87', () => {
    expect(run('HINCRBYFLOAT h a 0.1')).toBe('1.1');
    expect(run('HINCRBYFLOAT h new 1.23')).toBe('1.23');
    run('HSET h f 123456789.123');
    expect(run('HINCRBYFLOAT h f 0')).toBe('123456789.12299999999959255');
    expect(run('HINCRBYFLOAT fresh f 3.0e3')).toBe('3000');
    expect(run('HGET fresh f')).toBe('3000');
  });

  it('refuses what is no finite number, the increment before the key', () => {
    expect(run('HINCRBYFLOAT s a x')).toBe('-ERR value is not a valid float');
    expect(run('HINCRBYFLOAT s a inf')).toBe('-ERR value is NaN or Infinity');
    expect(run('HINCRBYFLOAT s a nan')).toBe('-ERR value is not a valid float');
    expect(run('HINCRBYFLOAT h b 1')).toBe('-ERR hash value is not a float');
    run('HSET h inf inf huge 1e4932');
    expect(run('HINCRBYFLOAT h inf 1')).toBe('-ERR increment would produce NaN or Infinity');
    expect(run('HINCRBYFLOAT h huge 1e4932')).toBe('-ERR increment would produce NaN or Infinity');
  });
});

describe('encodings', () => {
  const encoding = (key: string) => run(`OBJECT ENCODING ${key}`);
  const fill = (key: string, count: number, extra = '') =>
    call('HSET', key, ...Array.from({ length: count }, (_, i) => [`f${i}${extra}`, i]).flat());

  it('a listpack up to 512 fields and values of 64 bytes', () => {
    fill('h', 509);
    expect(encoding('h')).toBe('listpack');
    run('HINCRBY h one 1');
    expect(encoding('h')).toBe('hashtable');
    run('HDEL h f1');
    expect(encoding('h')).toBe('hashtable');
    call('HSET', 'long', 'a', 'x'.repeat(64), 'y'.repeat(64), 'b');
    expect(encoding('long')).toBe('listpack');
    call('HSET', 'long', 'y'.repeat(65), 'b');
    expect(encoding('long')).toBe('hashtable');
    call('HSETNX', 'longer', 'a', 'x'.repeat(65));
    expect(encoding('longer')).toBe('hashtable');
  });

  it('counts the pairs of a command, not the fields', () => {
    call('HSET', 'same', ...Array.from({ length: 513 }, () => ['f', 'v']).flat());
    expect(run('HLEN same')).toBe(1);
    expect(encoding('same')).toBe('hashtable');
  });

  it('by the limits of the moment of the write', () => {
    fill('k', 5);
    t.config.load('hash-max-listpack-entries' as never, ['4' as never]);
    expect(encoding('k')).toBe('listpack');
    run('HSET k f1 again');
    expect(encoding('k')).toBe('hashtable');
  });
});
