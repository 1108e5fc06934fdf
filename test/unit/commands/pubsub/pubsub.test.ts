/** Pub/sub among several clients; what one client sees by itself is in test/wire/transcripts/pubsub.txt. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let listener: TestClient;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const raw = (client: TestClient) => client.connection.take().toString('latin1');
const heard = (client: TestClient) => client.replies().map(plain);

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  listener = t.connect();
});

/** Asks for RESP3; the answer is thrown away. */
function resp3(client: TestClient): void {
  client.call('HELLO', 3);
}

describe('PUBLISH', () => {
  it('goes to the subscribers of the channel, then to those of patterns, once per subscription', () => {
    const other = t.connect();
    listener.send('SUBSCRIBE news\r\nPSUBSCRIBE n*\r\n');
    other.send('PSUBSCRIBE *s\r\n');
    expect(call('PUBLISH', 'news', 'x')).toBe(3);
    expect(heard(listener)).toEqual([
      ['message', 'news', 'x'],
      ['pmessage', 'n*', 'news', 'x'],
    ]);
    expect(heard(other)).toEqual([['pmessage', '*s', 'news', 'x']]);
    expect(call('PUBLISH', 'quiet', 'x')).toBe(0);
  });

  it('is an array in RESP2 and a push in RESP3, of the same body', () => {
    const third = t.connect();
    resp3(listener);
    for (const client of [listener, third]) client.send('SUBSCRIBE c\r\n');
    expect(call('PUBLISH', 'c', 'hi')).toBe(2);
    expect(raw(listener)).toBe('>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n');
    expect(raw(third)).toBe('*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n');
  });

  it('carries long messages whole', () => {
    const message = 'ab'.repeat(50_000);
    listener.send('SUBSCRIBE c\r\nPSUBSCRIBE c*\r\n');
    expect(call('PUBLISH', 'c', message)).toBe(2);
    expect(heard(listener)).toEqual([
      ['message', 'c', message],
      ['pmessage', 'c*', 'c', message],
    ]);
  });

  it('of a shard channel knows no patterns', () => {
    listener.send('SSUBSCRIBE c\r\nPSUBSCRIBE *\r\n');
    expect(call('SPUBLISH', 'c', 'x')).toBe(1);
    expect(heard(listener)).toEqual([['smessage', 'c', 'x']]);
  });

  it('inside MULTI is heard at once by others', () => {
    listener.send('SUBSCRIBE c\r\n');
    t.client.send('MULTI\r\nPUBLISH c 1\r\nPUBLISH c 2\r\n');
    expect(heard(listener)).toEqual([]);
    expect(call('EXEC')).toEqual([1, 1]);
    expect(heard(listener)).toEqual([
      ['message', 'c', '1'],
      ['message', 'c', '2'],
    ]);
  });

  it('reaches a client that CLIENT REPLY has silenced', () => {
    const silent = t.connect();
    resp3(silent);
    silent.send('SUBSCRIBE c\r\nCLIENT REPLY OFF\r\n');
    raw(silent);
    call('PUBLISH', 'c', 'x');
    expect(raw(silent)).toBe('>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n');
    expect(silent.send('PING\r\n')).toBe('');
  });

  it('does not reach a client that is gone or about to be closed', () => {
    listener.send('SUBSCRIBE c\r\n');
    const leaving = t.connect();
    leaving.send('SUBSCRIBE c\r\n');
    leaving.session.disconnected();
    expect(call('PUBLISH', 'c', 'x')).toBe(1);
    expect(call('PUBSUB', 'NUMSUB', 'c')).toEqual(['c', 1]);
    listener.send('QUIT\r\n');
    expect(call('PUBLISH', 'c', 'x')).toBe(0);
    expect(call('PUBSUB', 'CHANNELS')).toEqual([]);
  });
});

describe('a subscriber', () => {
  it('is shown as one, and is one no more when the last subscription ends', () => {
    listener.send('SUBSCRIBE a b\r\nPSUBSCRIBE p*\r\nSSUBSCRIBE s\r\n');
    const line = () => call('CLIENT', 'LIST', 'TYPE', 'pubsub') as string;
    expect(line()).toContain(' flags=P db=0 sub=2 psub=1 ssub=1 ');
    expect(line()).toContain(' cmd=ssubscribe ');
    listener.send('UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\n');
    expect(line()).toBe('');
    expect(listener.send('GET k\r\n')).toBe('$-1\r\n');
  });

  it('is closed by CLIENT KILL TYPE pubsub', () => {
    listener.send('SUBSCRIBE a\r\n');
    expect(call('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1);
    expect(listener.connection.ended).toBe(true);
    expect(call('PUBSUB', 'NUMSUB', 'a')).toEqual(['a', 0]);
  });

  it('may do everything once it speaks RESP3', () => {
    resp3(listener);
    listener.send('SUBSCRIBE a\r\n');
    expect(listener.send('GET k\r\n')).toBe('_\r\n');
    expect(listener.send('PING\r\n')).toBe('+PONG\r\n');
  });

  it('is closed when it does not read: the limit of its class counts', () => {
    call('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 100000 0 0');
    listener.send('SUBSCRIBE c\r\n');
    listener.connection.queuedBytes = 60_000;
    expect(call('PUBLISH', 'c', 'x'.repeat(30_000))).toBe(1);
    expect(listener.connection.ended).toBe(false);
    expect(call('PUBLISH', 'c', 'x'.repeat(60_000))).toBe(1);
    expect(listener.connection.ended).toBe(true);
    expect(call('PUBLISH', 'c', 'x')).toBe(0);
  });
});

describe('PUBSUB CHANNELS', () => {
  it('lists them in the order in which they were first subscribed to', () => {
    listener.send('SUBSCRIBE z a m\r\n');
    t.connect().send('SUBSCRIBE a b\r\n');
    expect(call('PUBSUB', 'CHANNELS')).toEqual(['z', 'a', 'm', 'b']);
    expect(call('PUBSUB', 'CHANNELS', '[a-m]')).toEqual(['a', 'm', 'b']);
  });
});

describe('INFO stats', () => {
  it('counts channels, patterns and shard channels', () => {
    listener.send('SUBSCRIBE a b\r\nPSUBSCRIBE p*\r\nSSUBSCRIBE s\r\n');
    t.connect().send('SUBSCRIBE a\r\nPSUBSCRIBE p*\r\n');
    const info = call('INFO', 'stats') as string;
    expect(info).toContain('\npubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:1\r\n');
  });
});

describe('keyspace events', () => {
  it('come on the channel of the key, then on that of the event, with the number of the database', () => {
    call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
    listener.send('PSUBSCRIBE *\r\n');
    heard(listener);
    call('SELECT', 3);
    call('SET', 'k', 1);
    expect(heard(listener)).toEqual([
      ['pmessage', '*', '__keyspace@3__:k', 'set'],
      ['pmessage', '*', '__keyevent@3__:set', 'k'],
    ]);
  });

  it('tell of expiry, by a look-up and by the server', () => {
    call('CONFIG', 'SET', 'notify-keyspace-events', 'Ex');
    listener.send('PSUBSCRIBE *\r\n');
    heard(listener);
    call('SET', 'k', 1, 'PX', 5);
    t.clock.advance(10);
    call('GET', 'k');
    expect(heard(listener)).toEqual([['pmessage', '*', '__keyevent@0__:expired', 'k']]);
  });

  it('tell of misses by commands that read, and of new keys before the command', () => {
    call('CONFIG', 'SET', 'notify-keyspace-events', 'E$mn');
    listener.send('PSUBSCRIBE *\r\n');
    heard(listener);
    call('GET', 'k');
    call('APPEND', 'k', 'x');
    call('SET', 'k', 'y');
    expect(heard(listener).map((message) => (message as string[])[2])).toEqual([
      '__keyevent@0__:keymiss',
      '__keyevent@0__:new',
      '__keyevent@0__:append',
      '__keyevent@0__:set',
    ]);
  });

  it('are not sent without K or E, nor when switched off', () => {
    listener.send('PSUBSCRIBE *\r\n');
    heard(listener);
    call('CONFIG', 'SET', 'notify-keyspace-events', 'A');
    call('SET', 'k', 1);
    call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
    call('CONFIG', 'SET', 'notify-keyspace-events', '');
    call('SET', 'k', 1);
    expect(heard(listener)).toEqual([]);
  });

  it('are in the configuration file', () => {
    const other = createTestEngine({ families: FAMILIES, config: { 'notify-keyspace-events': 'K$' } });
    other.client.call('SUBSCRIBE', '__keyspace@0__:k');
    other.connect().call('SET', 'k', 1);
    expect(other.client.replies().map(plain)).toEqual([['message', '__keyspace@0__:k', 'set']]);
  });
});

describe('the memory of a client', () => {
  it('includes its subscriptions and prefixes while they last', () => {
    listener.send('SUBSCRIBE a b a\r\nPSUBSCRIBE p\r\nSSUBSCRIBE s\r\n');
    const { session } = listener;
    const full = session.subscriptionBytes;
    listener.send('UNSUBSCRIBE b nothing\r\n');
    expect(session.subscriptionBytes).toBe((full * 3) / 4);
    listener.send('RESET\r\n');
    expect(session.subscriptionBytes).toBe(0);
    listener.send('CLIENT TRACKING on BCAST\r\nCLIENT TRACKING on BCAST\r\n');
    expect(session.subscriptionBytes).toBeGreaterThan(0);
    listener.send('SUBSCRIBE a\r\nCLIENT TRACKING on\r\nRESET\r\n');
    expect(session.subscriptionBytes).toBe(0);
  });
});
