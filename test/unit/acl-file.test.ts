/** ACL LOAD and SAVE, and how a server starts with users: a whole server, its disk in memory. */
import { describe, expect, it } from 'vitest';
import { ascii } from '../../src/core/base/bytes.js';
import { DiskError } from '../../src/core/base/disk.js';
import { aclCommands } from '../../src/core/commands/acl/call.js';
import { ConfiguredUsers } from '../../src/core/services/acl/configured.js';
import { createServer } from '../../src/index.js';
import { NO_LOG } from '../../src/core/services/log.js';
import { memoryServer, type MemoryServer } from '../support/memory-server.js';

const ALICE = 'user alice on nopass sanitize-payload ~* resetchannels -@all +get\n';
const DEFAULT_LINE = 'user default on nopass sanitize-payload ~* &* +@all\n';

function serverWith(text: string | undefined): MemoryServer {
  const server = memoryServer({ aclfile: 'users.acl', dir: '/data' });
  if (text !== undefined) server.disk.writeText('/data/users.acl', text);
  return server;
}

describe('ACL SAVE and LOAD', () => {
  it('write and read the file in the data folder', () => {
    const server = serverWith(undefined);
    const client = server.connect();
    expect(client.run('ACL SETUSER alice on nopass ~* +get')).toBe('+OK\r\n');
    expect(client.run('ACL SAVE')).toBe('+OK\r\n');
    expect(server.disk.readText('/data/users.acl')).toBe(ALICE + DEFAULT_LINE);
    client.run('ACL SETUSER alice -get');
    client.run('ACL SETUSER bob on');
    expect(client.run('ACL LOAD')).toBe('+OK\r\n');
    expect(client.run('ACL USERS')).toBe('*2\r\n$5\r\nalice\r\n$7\r\ndefault\r\n');
    expect(client.run('ACL GETUSER alice')).toContain('-@all +get');
  });

  it('close the clients of all users but the default one; whoever asked for it is answered first', () => {
    const server = serverWith('user alice on nopass ~* &* +@all\n');
    expect(server.engine.acl.loadAtStart(undefined)).toBeUndefined();
    const [alice, other, plain] = [server.connect(), server.connect(), server.connect()];
    for (const client of [alice, other]) expect(client.run('AUTH alice x')).toBe('+OK\r\n');
    expect(alice.run('ACL LOAD')).toBe('+OK\r\n');
    expect([alice, other, plain].map(({ wire }) => wire.closed)).toEqual([true, true, false]);
    expect(plain.run('PING')).toBe('+PONG\r\n');
  });

  it('change nothing when the file is wrong or cannot be read', () => {
    const server = serverWith(undefined);
    const client = server.connect();
    expect(client.run('ACL LOAD')).toBe(
      "-ERR Error loading ACLs, opening file 'users.acl': No such file or directory\r\n",
    );
    server.disk.writeText('/data/users.acl', 'user default off\nuser bob +nosuch\n');
    expect(client.run('ACL LOAD')).toBe(
      "-ERR users.acl:2: Error in applying operation '+nosuch': Unknown command or category name in ACL. " +
        'WARNING: ACL errors detected, no change to the previously active ACL rules was performed\r\n',
    );
    expect(client.run('ACL USERS')).toBe('*1\r\n$7\r\ndefault\r\n');
  });

  it('say in the log why the file could not be written', () => {
    const server = serverWith(undefined);
    server.disk.fault = (operation, path) =>
      operation === 'write' ? new DiskError('ENOSPC', 'No space left on device', path) : undefined;
    expect(server.connect().run('ACL SAVE')).toBe(
      '-ERR There was an error trying to save the ACLs. Please check the server logs for more information\r\n',
    );
    expect(server.log).toContain('warning: Writing ACL file for ACL SAVE: No space left on device');
  });
});

describe('the start', () => {
  const configured = (server: MemoryServer, ...lines: string[][]) => {
    const users = new ConfiguredUsers({
      commands: aclCommands(server.engine.commands),
      log: NO_LOG,
      allChannelsByDefault: () => false,
    });
    for (const line of lines) expect(users.append(line.map(ascii))).toBeUndefined();
    return users;
  };

  it('takes the users of the file', () => {
    const server = serverWith(ALICE);
    expect(server.engine.acl.loadAtStart(configured(server))).toBeUndefined();
    expect(server.connect().run('AUTH alice x')).toBe('+OK\r\n');
  });

  it('takes the users of the configuration in place of requirepass', () => {
    const server = memoryServer({ requirepass: 'secret' });
    const users = configured(
      server,
      ['default', 'on', '>other', '+@all'],
      ['alice', 'on', 'nopass', '+ping'],
    );
    expect(server.engine.acl.loadAtStart(users)).toBeUndefined();
    const client = server.connect();
    expect(client.run('AUTH secret')).toMatch(/^-WRONGPASS/);
    expect(client.run('AUTH other')).toBe('+OK\r\n');
    expect(client.run('AUTH alice x')).toBe('+OK\r\n');
    expect(client.run('ACL WHOAMI')).toMatch(/^-NOPERM/);
  });

  it('is refused with a file that is missing or wrong', () => {
    expect(serverWith(undefined).engine.acl.loadAtStart(undefined)).toBe(
      "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file 'users.acl': No such file or directory",
    );
    expect(serverWith('bogus').engine.acl.loadAtStart(undefined)).toMatch(
      /^Aborting Redis startup because of ACL errors: users\.acl:1 should start with user keyword/,
    );
  });

  it('has its users before it listens: nobody can connect without them', async () => {
    const other = await createServer();
    const start = createServer({ port: other.port, aclfile: 'none.acl' });
    await expect(start).rejects.toThrow(
      "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file 'none.acl': No such file or directory",
    );
    await other.close();
  });

  it('is refused with users in two places, or with a user that is wrong', () => {
    const both = serverWith(ALICE);
    expect(both.engine.acl.loadAtStart(configured(both, ['bob']))).toMatch(
      /^Configuring Redis with users defined in redis\.conf and at the same setting an ACL file path is invalid\./,
    );
    const wrong = memoryServer();
    expect(wrong.engine.acl.loadAtStart(configured(wrong, ['bob', '+nosuch']))).toBe(
      'Critical error while loading ACLs. Exiting.',
    );
  });
});
