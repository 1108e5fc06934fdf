/** The log of `replica` while its master refuses it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { RepeatedAttempts, type LogLine } from '../../../src/cli/server/repeated-attempts.js';

let atMs: number;
let logged: string[];
let attempts: RepeatedAttempts<LogLine>;
beforeEach(() => {
  atMs = 0;
  logged = [];
  attempts = new RepeatedAttempts(
    ({ message }) => logged.push(message),
    (level, message) => ({ level, message, atMs }),
  );
});

const notice = (message: string): void => attempts.take({ level: 'notice', message, atMs });
const warning = (message: string): void => attempts.take({ level: 'warning', message, atMs });

/** An attempt, a second after the last one. */
function attempt(why: string, to = '127.0.0.1:1'): void {
  atMs += 1000;
  notice(`Connecting to MASTER ${to}`);
  notice(`Partial resynchronization not possible: ${logged.length}`);
  warning(`MASTER <-> REPLICA sync: ${why}`);
}

const REFUSED = 'Error condition on socket for SYNC: Connection refused';

function news(): string[] {
  return logged.splice(0);
}

describe('attempts to connect', () => {
  it('are logged once, and again at rising intervals', () => {
    const told: [number, string][] = [];
    attempt(REFUSED);
    expect(news()).toHaveLength(3);
    for (let n = 2; n <= 100; n++) {
      attempt(REFUSED);
      for (const line of news()) told.push([n, line]);
    }
    expect(told).toEqual([
      [11, `MASTER <-> REPLICA sync: ${REFUSED} (11 attempts in 10 s, all alike)`],
      [31, `MASTER <-> REPLICA sync: ${REFUSED} (31 attempts in 30 s, all alike)`],
      [71, `MASTER <-> REPLICA sync: ${REFUSED} (71 attempts in 70 s, all alike)`],
    ]);
  });

  it('are logged whole when they change, after how often it was', () => {
    attempt(REFUSED);
    attempt(REFUSED);
    attempt(REFUSED);
    news();
    attempt('-NOAUTH Authentication required.');
    expect(news()).toEqual([
      `MASTER <-> REPLICA sync: ${REFUSED} (3 attempts in 2 s, all alike)`,
      'Connecting to MASTER 127.0.0.1:1',
      'Partial resynchronization not possible: 0',
      'MASTER <-> REPLICA sync: -NOAUTH Authentication required.',
    ]);
    attempt('-NOAUTH Authentication required.', '127.0.0.1:2');
    expect(news()).toHaveLength(3);
  });

  it('are the same although times and ports of ours are others', () => {
    attempt('-ERR Slave not registered: 127.0.0.1:38364');
    news();
    attempt('-ERR Slave not registered: 127.0.0.1:38366');
    expect(news()).toEqual([]);
  });

  it('are logged as they go once one goes on', () => {
    attempt(REFUSED);
    attempt(REFUSED);
    news();
    notice('Connecting to MASTER 127.0.0.1:1');
    expect(news()).toEqual([]);
    notice('Connected to the master 127.0.0.1:1 in 0.4 ms');
    expect(news()).toEqual([
      `MASTER <-> REPLICA sync: ${REFUSED} (2 attempts in 1 s, all alike)`,
      'Connecting to MASTER 127.0.0.1:1',
      'Connected to the master 127.0.0.1:1 in 0.4 ms',
    ]);
    notice('Streaming');
    attempt(REFUSED);
    expect(news()).toHaveLength(4);
  });

  it('do not hold back what else is logged', () => {
    attempt(REFUSED);
    attempt(REFUSED);
    news();
    notice('DB saved on disk');
    expect(news()).toEqual(['DB saved on disk']);
    notice('Connecting to MASTER 127.0.0.1:1');
    notice('DB saved on disk');
    expect(news().slice(-2)).toEqual(['Connecting to MASTER 127.0.0.1:1', 'DB saved on disk']);
  });

  it('are counted where only warnings are logged', () => {
    for (let n = 0; n < 3; n++) {
      atMs += 1000;
      warning(`MASTER <-> REPLICA sync: ${REFUSED}`);
    }
    expect(news()).toHaveLength(1);
  });

  it('are alike though the first one fell into the start of the server', () => {
    notice('Connecting to MASTER 127.0.0.1:1');
    notice('Listening on port 7000');
    notice('Ready to accept connections tcp');
    warning(`MASTER <-> REPLICA sync: ${REFUSED}`);
    expect(news()).toHaveLength(4);
    attempt(REFUSED);
    attempt(REFUSED);
    expect(news()).toEqual([]);
  });

  it('are alike though the server is told to stop during one', () => {
    attempt(REFUSED);
    attempt(REFUSED);
    news();
    notice('Connecting to MASTER 127.0.0.1:1');
    notice('Received SIGTERM scheduling shutdown...');
    notice('User requested shutdown...');
    warning(`MASTER <-> REPLICA sync: ${REFUSED}`);
    attempts.finish();
    expect(news()).toEqual([
      'Received SIGTERM scheduling shutdown...',
      'User requested shutdown...',
      `MASTER <-> REPLICA sync: ${REFUSED} (3 attempts in 1 s, all alike)`,
    ]);
  });

  it('are summed up at the end', () => {
    attempt(REFUSED);
    attempt(REFUSED);
    news();
    attempts.finish();
    attempts.finish();
    expect(news()).toEqual([`MASTER <-> REPLICA sync: ${REFUSED} (2 attempts in 1 s, all alike)`]);
  });
});
