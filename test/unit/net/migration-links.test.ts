import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { SeededRandom } from '../../../src/core/base/random.js';
import { type MigrationOutcome, type MigrationRequest } from '../../../src/core/commands/context.js';
import { MigrationLinks } from '../../../src/core/net/migration-links.js';
import { FakeWire } from '../../support/fake-channel.js';

const AUTH = '*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n';
const SELECT_9 = '*2\r\n$6\r\nSELECT\r\n$1\r\n9\r\n';

let clock: ManualClock;
let wires: FakeWire[];
let links: MigrationLinks;
let outcomes: MigrationOutcome[];

function send(change: Partial<MigrationRequest> = {}): void {
  const request = {
    host: 'target',
    port: 7000,
    db: ascii('9'),
    timeoutMs: 800,
    auth: undefined,
    commands: [Buffer.from('one'), Buffer.from('two')],
    ...change,
  };
  links.send(request, (outcome) => outcomes.push(outcome));
}

beforeEach(() => {
  clock = new ManualClock();
  wires = [];
  outcomes = [];
  links = new MigrationLinks({
    clock,
    random: new SeededRandom(1),
    dial: () => {
      const wire = new FakeWire(clock);
      wires.push(wire);
      return wire.dial;
    },
  });
});

describe('a transfer', () => {
  it('logs in, selects, sends, and tells what was taken', () => {
    send({ auth: [ascii('AUTH'), ascii('pw')] });
    expect(wires[0].dialled?.timeoutMs).toBe(800);
    wires[0].open();
    expect(wires[0].sent).toEqual([AUTH, SELECT_9, 'one', 'two']);
    wires[0].data('+OK\r\n+OK\r\n+OK\r\n-BUSY');
    expect(outcomes).toEqual([]);
    wires[0].data('KEY there is one\r\n');
    expect(outcomes).toEqual([{ taken: [true, false], targetError: 'BUSYKEY there is one' }]);
  });

  it('takes nothing for granted after a refused AUTH or SELECT', () => {
    send();
    wires[0].open();
    wires[0].data('-ERR DB index is out of range\r\n+OK\r\n-BUSYKEY\r\n');
    expect(outcomes).toEqual([{ taken: [false, false], targetError: 'ERR DB index is out of range' }]);
  });

  it('keeps the connection and the database for the next one', () => {
    send();
    wires[0].open();
    wires[0].data('+OK\r\n+OK\r\n+OK\r\n');
    expect(links.cachedLinks).toBe(1);
    send();
    expect(wires[0].sent).toEqual([SELECT_9, 'one', 'two', 'one', 'two']);
    wires[0].data('+OK\r\n-ERR\r\n');
    send({ db: ascii('9') });
    expect(wires[0].sent.slice(5)).toEqual([SELECT_9, 'one', 'two']);
    expect(wires.length).toBe(1);
  });

  it.each([
    ['TIMEOUT', 'connecting'],
    ['ENOTFOUND', 'connecting'],
    ['ECONNREFUSED', 'writing'],
  ])('tells that it could not connect: %s is "%s"', (code, failure) => {
    send();
    wires[0].fail({ code, message: 'no', layer: 'connect' });
    expect(outcomes).toEqual([{ taken: [], failure }]);
    expect(links.cachedLinks).toBe(0);
  });

  it('tries once more when the connection was gone', () => {
    send();
    wires[0].open();
    wires[0].data('+OK\r\n+OK\r\n+OK\r\n');
    send();
    wires[0].end();
    wires[1].open();
    expect(wires[1].sent).toEqual([SELECT_9, 'one', 'two']);
    wires[1].data('+OK\r\n+OK\r\n+OK\r\n');
    expect(outcomes.map(({ taken }) => taken)).toEqual([
      [true, true],
      [true, true],
    ]);
    send();
    wires[1].end();
    wires[2].open();
    wires[2].end();
    expect(outcomes[2]).toEqual({ taken: [], failure: 'reading' });
    expect(wires.length).toBe(3);
  });

  it('does not try again once something was answered', () => {
    send();
    wires[0].open();
    wires[0].data('+OK\r\n+OK\r\n');
    wires[0].end();
    expect(outcomes).toEqual([{ taken: [true], failure: 'reading' }]);
  });

  it('gives up when nothing happens for the timeout, and does not try again', () => {
    send();
    wires[0].open();
    clock.advance(700);
    wires[0].data('+OK\r\n');
    clock.advance(700);
    expect(outcomes).toEqual([]);
    clock.advance(200);
    expect(outcomes).toEqual([{ taken: [], failure: 'reading' }]);
    expect(wires.length).toBe(1);
    expect(wires[0].closed).toBe(true);
    expect(links.cachedLinks).toBe(0);
  });

  it('waits while bytes go out', () => {
    send();
    wires[0].unsent = 1000;
    wires[0].open();
    for (let i = 0; i < 5; i++) {
      clock.advance(700);
      wires[0].unsent -= 100;
    }
    expect(outcomes).toEqual([]);
    clock.advance(1000);
    expect(outcomes).toEqual([{ taken: [], failure: 'writing' }]);
  });

  it('ends with a connection whose other end speaks something else', () => {
    send();
    wires[0].open();
    wires[0].data('HTTP/1.1 400 Bad Request\r\n');
    wires[1].open();
    wires[1].data('HTTP/1.1 400 Bad Request\r\n');
    expect(outcomes).toEqual([{ taken: [], failure: 'reading' }]);
  });
});

describe('kept connections', () => {
  it('end ten seconds after their last use', () => {
    send();
    wires[0].open();
    wires[0].data('+OK\r\n+OK\r\n+OK\r\n');
    clock.advance(10_000);
    links.dropIdle();
    expect(links.cachedLinks).toBe(1);
    clock.advance(1);
    links.dropIdle();
    expect(links.cachedLinks).toBe(0);
    expect(wires[0].closed).toBe(true);
  });

  it('are forgotten when the other end closes them', () => {
    send();
    wires[0].open();
    wires[0].data('+OK\r\n+OK\r\n+OK\r\n');
    wires[0].end();
    expect(links.cachedLinks).toBe(0);
  });

  it('are 64 at most', () => {
    for (let port = 1; port <= 70; port++) {
      send({ port });
      wires[port - 1].open();
      wires[port - 1].data('+OK\r\n+OK\r\n+OK\r\n');
    }
    expect(links.cachedLinks).toBe(64);
    expect(wires.filter((wire) => wire.closed).length).toBe(6);
    links.close();
    expect(links.cachedLinks).toBe(0);
  });
});
