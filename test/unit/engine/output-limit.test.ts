/** client-output-buffer-limit while commands run: what is over the limit is not sent, and is not kept either. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientFlag } from '../../../src/core/commands/context.js';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../support/engine.js';

let t: TestEngine;
let reader: TestClient;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  reader = t.connect();
  call('SET', 'big', 'x'.repeat(30_000));
  call('SET', 'small', 'x'.repeat(500));
  call('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 50000 0 0');
});

describe('the output limit', () => {
  it('ends a pipeline in which it is exceeded, and sends nothing of it', () => {
    expect(reader.send('GET big\r\nGET big\r\nSET after 1\r\n')).toBe('');
    expect(reader.connection.ended).toBe(true);
    expect(call('GET', 'after')).toBe(null);
  });

  it.each([
    ['long values', 'big'],
    ['short values', 'small'],
    ['nulls', 'nothing'],
  ])('drops the answer of one command while it is written: %s', (_what, key) => {
    const { reply } = reader.session;
    let most = 0;
    const count = 100_000;
    const wanted = reply.isWanted!;
    reply.isWanted = () => {
      most = Math.max(most, reply.length);
      return wanted();
    };
    expect(reader.send(`MGET ${`${key} `.repeat(count)}\r\n`)).toBe('');
    expect(reader.connection.ended).toBe(true);
    expect(most).toBeLessThan(400_000);
    expect(t.engine.stats.outputBufferLimitDisconnections).toBe(1);
  });

  it('lets a transaction run to its end', () => {
    call('CONFIG', 'SET', 'proto-max-bulk-len', '1mb');
    reader.send('MULTI\r\nMGET big big big big\r\nSET after 1\r\n');
    expect(reader.send('EXEC\r\n')).toBe('');
    expect(reader.connection.ended).toBe(true);
    expect(call('GET', 'after')).toBe('1');
    expect(t.stream().slice(-1)).toEqual(['SET after 1']);
  });

  it('marks the client while its command runs, so that the command may stop', () => {
    const seen: boolean[] = [];
    const { reply } = reader.session;
    const wanted = reply.isWanted!;
    reply.isWanted = () => {
      const more = wanted();
      seen.push(more, (reader.session.flags & ClientFlag.closeAsap) !== 0);
      return more;
    };
    reader.send('MGET big big big big big big\r\n');
    expect(seen.slice(-2)).toEqual([false, true]);
  });

  describe('and a count of elements that is larger than any answer', () => {
    const MOST_BULKS = 100_000;

    /** The request ends with an error when it writes more than any limit allows for. */
    function countBulks(): void {
      let written = 0;
      const { out } = reader.session;
      const bulk = out.bulk.bind(out);
      out.bulk = (bytes) => {
        if (++written > MOST_BULKS) throw new Error('it does not stop');
        bulk(bytes);
      };
    }

    it.each([
      ['SRANDMEMBER', 'small-set', []],
      ['SRANDMEMBER', 'large-set', []],
      ['HRANDFIELD', 'small-hash', ['WITHVALUES']],
      ['HRANDFIELD', 'large-hash', []],
      ['ZRANDMEMBER', 'small-zset', ['WITHSCORES']],
      ['ZRANDMEMBER', 'large-zset', []],
    ])('stops %s of %s', (name, key, options) => {
      for (let i = 0; i < (key.startsWith('large') ? 1000 : 2); i++) {
        if (name.startsWith('S')) call('SADD', key, `member ${i}`);
        else if (name.startsWith('H')) call('HSET', key, `field ${i}`, 'value');
        else call('ZADD', key, i, `member ${i}`);
      }
      countBulks();
      const count = options.length > 0 ? '-4611686018427387000' : '-9223372036854775807';
      expect(reader.send([name, key, count, ...options, '\r\n'].join(' '))).toBe('');
      expect(reader.connection.ended).toBe(true);
    });

    it('stops one that is not to be answered at all', () => {
      call('SADD', 'set', 'a', 'b');
      expect(reader.send('CLIENT REPLY OFF\r\n')).toBe('');
      countBulks();
      expect(reader.send('SRANDMEMBER set -9223372036854775807\r\n')).toBe('');
      expect(reader.connection.ended).toBe(false);
      expect(reader.send('CLIENT REPLY ON\r\n')).toBe('+OK\r\n');
    });
  });

  it('keeps nothing of an answer that is not wanted', () => {
    reader.send('CLIENT REPLY OFF\r\n');
    const { out } = reader.session;
    let most = 0;
    const wanted = out.isWanted!;
    out.isWanted = () => {
      most = Math.max(most, out.length);
      return wanted();
    };
    reader.send(`MGET ${'big '.repeat(1000)}\r\n`);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(400_000);
  });

  it('leaves those alone who stay within it', () => {
    expect(reader.send('GET big\r\n')).toHaveLength(30_000 + 10);
    expect(reader.send('GET big\r\n')).toHaveLength(30_000 + 10);
    expect(reader.connection.ended).toBe(false);
  });
});
