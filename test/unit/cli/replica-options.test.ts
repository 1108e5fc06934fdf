import { describe, expect, it } from 'vitest';
import { replicaOptions } from '../../../src/cli/replica-options.js';

const read = (...args: string[]) => replicaOptions(args, {});
const lines = (...args: string[]) =>
  read(...args)
    .argv.text.split('\n')
    .map((line) => line.trim());

describe('the command line of replica', () => {
  it('is redis.conf with the master behind it', () => {
    expect(lines('--of', '10.0.0.5:7000', '--appendonly', 'yes')).toEqual([
      'appendonly "yes"',
      'replicaof "10.0.0.5" "7000"',
    ]);
    expect(lines('--of=:7000')).toEqual(['', 'replicaof "127.0.0.1" "7000"']);
  });

  it('takes login and announced address along', () => {
    const args = ['--of', 'redis://bob:p%20w"@h', '--announce-ip', '1.2.3.4', '--announce-port', '7001'];
    expect(lines(...args)).toEqual([
      '',
      'replicaof "h" "6379"',
      'masteruser "bob"',
      'masterauth "p w\\""',
      'replica-announce-ip "1.2.3.4"',
      'replica-announce-port "7001"',
    ]);
  });

  it('prefers port 6380 and no snapshots of its own', () => {
    expect(read('--of', 'h').defaults).toEqual([
      { name: 'port', value: '6380' },
      { name: 'save', value: '' },
    ]);
  });

  it('takes the password of the environment when the address has none', () => {
    const env = { REDISCLI_AUTH: 's\u00e9cret' };
    expect(replicaOptions(['--of', 'h'], env).defaults).toContainEqual({
      name: 'masterauth',
      value: 's\u00c3\u00a9cret',
    });
    expect(replicaOptions(['--of', 'redis://:x@h'], env).defaults).toHaveLength(2);
  });

  it.each([
    [[], '--of host:port is missing: the master to follow'],
    [['--of'], '--of needs a value'],
    [['--of', ''], '--of: empty address: write host:port'],
    [['--of', 'host:99999'], '--of: bad port "99999": a number from 1 to 65535'],
    [
      ['--of', 'unix:///run/redis.sock'],
      '--of: a replica reaches its master over TCP, not over a unix socket: write host:port',
    ],
    [
      ['--of', 'rediss://host'],
      '--of: replication over TLS is not supported: write redis://host:port, through a tunnel if need be',
    ],
    [['--of', 'redis://host/2'], '--of: a replica follows all databases: leave /2 away'],
    [['--of', ':6380'], "--of 127.0.0.1:6380 is this replica's own address: give it another one with --port"],
    [
      ['--of', 'localhost:7000', '--port', '7000'],
      "--of localhost:7000 is this replica's own address: give it another one with --port",
    ],
    [['--of', 'h', '--announce-port', 'x'], 'bad --announce-port "x": a number from 1 to 65535'],
    [['--of', 'h', '--force'], '--force lets --once replace a file: give both'],
    [['--of', 'h', '--json=1'], '--json takes no value'],
  ])('%j: %s', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });

  it('knows whether somebody said where a backup is to lie', () => {
    const backup = (...args: string[]) => read('--of', 'h', '--once', ...args).backup;
    expect(backup()).toEqual({ file: '', force: false, named: false });
    expect(backup('--force')).toEqual({ file: '', force: true, named: false });
    expect(backup('--dir', '/b')).toEqual({ file: '', force: false, named: true });
    expect(backup('--dbfilename', 'x.rdb')).toEqual({ file: '', force: false, named: true });
    expect(backup('--rdb', 'x.rdb')).toEqual({ file: 'x.rdb', force: false, named: true });
    expect(read('--of', 'h').backup).toBeUndefined();
  });

  it('does not take another port of this machine for its own', () => {
    expect(() => read('--of', ':6380', '--port', '6381')).not.toThrow();
    expect(() => read('replica.conf', '--of', ':6380')).not.toThrow();
  });
});
