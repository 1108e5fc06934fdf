/** ACL files and the users of redis.conf. Texts are those of a redis-server 7.2.6. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../../../src/core/base/bytes.js';
import { aclCommands } from '../../../../src/core/commands/acl/call.js';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { CommandTable } from '../../../../src/core/commands/table.js';
import { ConfiguredUsers } from '../../../../src/core/services/acl/configured.js';
import { type AclEnvironment } from '../../../../src/core/services/acl/environment.js';
import { AclUsers } from '../../../../src/core/services/acl/users.js';
import { logTo } from '../../../../src/core/services/log.js';

const log: string[] = [];
const environment: AclEnvironment = {
  commands: aclCommands(new CommandTable(FAMILIES)),
  log: logTo((level, message) => void log.push(`${level}: ${message}`)),
  allChannelsByDefault: () => false,
};
const NO_CHANGE = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';
const DEFAULT_LINE = 'user default on nopass sanitize-payload ~* &* +@all';

let users: AclUsers;
const load = (...lines: string[]) => users.load(ascii(lines.join('\n')), 'users.acl');
const lines = () => users.list().map((user) => user.line());

beforeEach(() => {
  log.length = 0;
  users = new AclUsers(environment);
});

describe('the text of an ACL file', () => {
  it('has a line for each user, in the order of their names, and is read back', () => {
    expect(
      load('user zoe on >z', '', '  \t', ' user bob off +@read (~a +get) ( ~b  &c )\r', 'user default off'),
    ).toBe(undefined);
    const text = users.text();
    expect(text).toBe(
      'user bob off sanitize-payload resetchannels -@all +@read (~a resetchannels -@all +get) (~b resetchannels &c -@all)\n' +
        'user default off sanitize-payload resetchannels -@all\n' +
        'user zoe on sanitize-payload #594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06 resetchannels -@all\n',
    );
    expect(users.load(text, 'x')).toBeUndefined();
    expect(users.text()).toBe(text);
  });

  it('takes the place of all users; the default user stays who it is', () => {
    const { default: before } = users;
    users.getOrCreate(ascii('old'));
    before.apply(ascii('-get'));
    expect(load('user new on')).toBeUndefined();
    expect(lines()).toEqual([DEFAULT_LINE, 'user new on sanitize-payload resetchannels -@all']);
    expect(users.get(ascii('default'))).toBe(before);
  });

  it('is taken whole or not at all', () => {
    users.getOrCreate(ascii('old'));
    const before = lines();
    expect(load('user new on', 'usr x')).toBe(
      `users.acl:2 should start with user keyword followed by the username. ${NO_CHANGE}`,
    );
    expect(lines()).toEqual(before);
  });

  it.each([
    [['user'], 'users.acl:1 should start with user keyword followed by the username. '],
    [['user a\tb on'], "'users.acl:1: username 'a\tb' contains invalid characters. "],
    [['user a', 'user a'], "WARNING: Duplicate user 'a' found on line 2. "],
    [['user default', 'user default'], "WARNING: Duplicate user 'default' found on line 2. "],
    [
      ['user a +nosuch bogus #x +@nosuch'],
      "users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. " +
        "users.acl:1: Syntax error. users.acl:1: Error in applying operation '+@nosuch': Unknown command or category name in ACL. ",
    ],
    [['', 'user a (+get'], 'users.acl:2: Unmatched parenthesis in selector definition.'],
    [['# comment'], 'users.acl:1 should start with user keyword followed by the username. '],
  ])('says what is wrong: %j', (file, fault) => {
    expect(load(...file)).toBe(fault + NO_CHANGE);
  });
});

describe('users of redis.conf', () => {
  const append = (configured: ConfiguredUsers, line: string) => configured.append(line.split(' ') as Bytes[]);

  it('are made at the start; the default user begins without rights', () => {
    const configured = new ConfiguredUsers(environment);
    expect(configured.isEmpty).toBe(true);
    expect(append(configured, 'alice on +get ( ~a +set )')).toBeUndefined();
    expect(append(configured, 'default on nopass +ping')).toBeUndefined();
    expect(append(configured, 'zoe')).toBeUndefined();
    expect(configured.load(users, environment.log)).toBe(true);
    expect(lines()).toEqual([
      'user alice on sanitize-payload resetchannels -@all +get (~a resetchannels -@all +set)',
      'user default on nopass sanitize-payload resetchannels -@all +ping',
      'user zoe off sanitize-payload resetchannels -@all',
    ]);
    expect(log).toEqual([
      "notice: The user 'zoe' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.",
    ]);
  });

  it.each([
    ['foo on +get %X~a', "Error in user declaration 'on': Syntax error"],
    ['foo (+get', "Error in user declaration 'user': Wrong format"],
    [
      'foo >p #abc',
      "Error in user declaration 'foo': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
    ],
    [
      'known on',
      "Error in user declaration 'known': Duplicate user found. A user can only be defined once in config files",
    ],
  ])('are refused when they are read: %s', (line, fault) => {
    const configured = new ConfiguredUsers(environment);
    append(configured, 'known');
    expect(append(configured, line)).toBe(fault);
  });

  it('with unknown commands or wrong names are refused at the start', () => {
    const unknown = new ConfiguredUsers(environment);
    expect(append(unknown, 'foo on +nosuch')).toBeUndefined();
    expect(unknown.load(users, environment.log)).toBe(false);
    expect(log.splice(0)).toEqual([
      "warning: Error loading ACL rule '+nosuch' for the user named 'foo': Unknown command or category name in ACL",
    ]);
    const blank = new ConfiguredUsers(environment);
    expect(blank.append([ascii('a b')])).toBeUndefined();
    expect(blank.load(users, environment.log)).toBe(false);
    expect(log).toEqual(['warning: Spaces not allowed in ACL usernames']);
  });
});

describe('rules', () => {
  it('warn of first arguments', () => {
    users.default.apply(ascii('+select|0'));
    expect(log).toEqual([
      'warning: Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled in the future (offender: +select|0)',
    ]);
  });

  it('are refused with a letterless %, which Redis takes and cannot show', () => {
    users.default.apply(ascii('resetkeys'));
    expect(users.default.apply(ascii('%'))).toBe('syntax');
    expect(users.default.apply(ascii('%~a'))).toBe('syntax');
  });

  it('keep a first argument with a blank as one', () => {
    const user = users.getOrCreate(ascii('u'));
    expect(user.apply(ascii('+select|0 1'))).toBeUndefined();
    expect(user.root.commandText()).toBe('-@all +select|0 1');
  });
});
