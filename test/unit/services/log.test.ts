import { describe, expect, it } from 'vitest';
import {
  type LogLevel,
  formatLogLine,
  formatLogTime,
  isLogged,
  logTo,
} from '../../../src/core/services/log.js';

const TIME_MS = Date.UTC(2026, 10, 22, 11, 27, 5, 96);

describe('formatLogLine', () => {
  it.each<[LogLevel, string]>([
    ['debug', '10505:M 22 Nov 2026 11:27:05.096 . Server initialized'],
    ['verbose', '10505:M 22 Nov 2026 11:27:05.096 - Server initialized'],
    ['notice', '10505:M 22 Nov 2026 11:27:05.096 * Server initialized'],
    ['warning', '10505:M 22 Nov 2026 11:27:05.096 # Server initialized'],
  ])('%s', (level, line) => {
    expect(
      formatLogLine({ pid: 10505, role: 'M', timeMs: TIME_MS, level, message: 'Server initialized' }),
    ).toBe(line);
  });

  it('shows the role and local time', () => {
    const line = formatLogLine({
      pid: 1,
      role: 'S',
      timeMs: Date.UTC(2025, 11, 31, 23, 30, 0, 0),
      offsetMinutes: -60,
      level: 'notice',
      message: 'x',
    });
    expect(line).toBe('1:S 01 Jan 2026 00:30:00.000 * x');
    expect(formatLogTime(Date.UTC(2026, 0, 1, 2, 0, 0, 7), 300)).toBe('31 Dec 2025 21:00:00.007');
  });
});

it('isLogged compares with the threshold', () => {
  const levels: LogLevel[] = ['debug', 'verbose', 'notice', 'warning'];
  const passing = (threshold: LogLevel | 'nothing') => levels.filter((level) => isLogged(level, threshold));
  expect(passing('debug')).toEqual(levels);
  expect(passing('notice')).toEqual(['notice', 'warning']);
  expect(passing('warning')).toEqual(['warning']);
  expect(passing('nothing')).toEqual([]);
});

it('logTo hands the level on', () => {
  const seen: string[] = [];
  const log = logTo((level, message) => seen.push(`${level} ${message}`));
  log.debug('a');
  log.verbose('b');
  log.notice('c');
  log.warning('d');
  expect(seen).toEqual(['debug a', 'verbose b', 'notice c', 'warning d']);
});
