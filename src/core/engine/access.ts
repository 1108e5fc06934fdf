/**
 * AccessControl: who clients are and what they may do. It ties the users (services/acl) to the sessions: logs in, checks calls that the
 * gate word sends here, and closes the connections of users that are gone or have lost channels.
 *
 * A session carries its user. That of a user with all permissions, and one without a user (the link to our master), has no bit in
 * its gate word and comes here never. Rules: redis 7.2.6 acl.c, server.c:processCommand, multi.c:execCommand.
 */
import { DiskError } from '../base/disk.js';
import { type Bytes } from '../base/bytes.js';
import { CheckedCall, aclCommands } from '../commands/acl/call.js';
import { ClientFlag, type AclPort, type Client } from '../commands/context.js';
import { denialText, Errors, ReplyError } from '../commands/errors.js';
import { type Command } from '../commands/spec.js';
import { orderFields } from '../info/model.js';
import { AclLog, type DeniedAccess, type DenialContext } from '../services/acl/acl-log.js';
import { type ConfiguredUsers } from '../services/acl/configured.js';
import { type Denial } from '../services/acl/environment.js';
import { allowsChannel } from '../services/acl/selector.js';
import { type AclUser } from '../services/acl/user.js';
import { AclUsers } from '../services/acl/users.js';
import { type Engine } from './engine.js';
import { type Session } from './session.js';

/** The file of `aclfile`. */
export interface AclFile {
  /** As it is told in errors. */
  readonly name: string;
  /** Throws DiskError. */
  read(): Bytes;
  /** Throws DiskError. */
  write(text: Bytes): void;
}

const MIXED_SOURCES =
  'Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very ' +
  'likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in ' +
  'your redis.conf, but not both.';

/** Why EXEC leaves out a command that was allowed when it was queued. */
const EXEC_REASONS: Readonly<Record<Denial['reason'], string>> = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
};

export class AccessControl implements AclPort {
  readonly users: AclUsers;
  readonly log = new AclLog();
  /** Undefined: no aclfile is configured. The composition root provides it. */
  file: AclFile | undefined;
  private readonly denials = { auth: 0, command: 0, key: 0, channel: 0 };

  constructor(private readonly engine: Engine) {
    const { config, log, commands, infoReport } = engine;
    this.users = new AclUsers({
      commands: aclCommands(commands),
      log,
      allChannelsByDefault: () => config.values.aclPubsubDefault === 'allchannels',
    });
    this.users.setDefaultPassword(config.values.requirepass);
    config.onChange('requirepass', ({ requirepass }) => {
      this.users.setDefaultPassword(requirepass);
      this.changed(this.users.default);
    });
    infoReport.provide('stats', () =>
      orderFields('stats', {
        acl_access_denied_auth: this.denials.auth,
        acl_access_denied_cmd: this.denials.command,
        acl_access_denied_key: this.denials.key,
        acl_access_denied_channel: this.denials.channel,
      }),
    );
  }

  /** Whether a client that has not logged in is refused (redis 7.2.6 networking.c:authRequired). */
  get loginRequired(): boolean {
    const user = this.users.default;
    return !user.needsNoPassword || !user.isEnabled;
  }

  /** A new client, or one after RESET, is the default user, logged in if that needs no password. */
  admit(session: Session): void {
    session.become(this.users.default, !this.loginRequired);
  }

  authenticate(client: Client, argv: readonly Bytes[], name: Bytes, password: Bytes): boolean {
    const user = this.users.get(name);
    if (user?.accepts(password)) {
      (client as Session).become(user, true);
      return true;
    }
    const context = client.flags & ClientFlag.multi ? 'multi' : 'toplevel';
    this.note(client, { reason: 'auth', context, object: argv[0], user: name });
    return false;
  }

  // ---- permissions

  check(user: AclUser, command: Command, argv: readonly Bytes[]): Denial | undefined {
    return user.check(new CheckedCall(command, argv));
  }

  mayReadAll(client: Client, command: Command, argv: readonly Bytes[]): boolean {
    const { user } = client;
    return user === undefined || user.isUnrestricted || user.mayReadAll(new CheckedCall(command, argv));
  }

  /** Looks at a call, and logs that it is not allowed. @returns what is missing */
  denied(
    client: Client,
    command: Command,
    argv: readonly Bytes[],
    context: DenialContext,
  ): Denial | undefined {
    const { user } = client;
    const denial = user === undefined ? undefined : this.check(user, command, argv);
    if (user === undefined || denial === undefined) return undefined;
    const object = denial.reason === 'command' ? (command.fullName as Bytes) : argv[denial.index];
    this.note(client, { reason: denial.reason, context, object, user: user.name });
    return denial;
  }

  /** The gate. @returns the error for a call that is not allowed */
  refusal(session: Session, command: Command, argv: readonly Bytes[]): ReplyError | undefined {
    const context = session.flags & ClientFlag.multi ? 'multi' : 'toplevel';
    const denial = this.denied(session, command, argv, context);
    if (denial === undefined) return undefined;
    return new ReplyError(`NOPERM ${denialText(denial, session.user!.name, command)}`);
  }

  /** The gate of a queued command: permissions may have changed since. */
  refusalInExec(session: Session, command: Command, argv: readonly Bytes[]): ReplyError | undefined {
    const denial = this.denied(session, command, argv, 'multi');
    if (denial === undefined) return undefined;
    return new ReplyError(
      'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. ' +
        `This command is no longer allowed for the following reason: ${EXEC_REASONS[denial.reason]}`,
    );
  }

  private note(client: Client, access: Omit<DeniedAccess, 'clientInfo'>): void {
    const { config, dispatcher, store } = this.engine;
    this.denials[access.reason]++;
    // A script's client is nobody's: the one that is served is told of.
    const clientInfo = (dispatcher.current ?? client).infoLine();
    this.log.add({ ...access, clientInfo }, store.nowMs, config.values.acllogMaxLen);
  }

  // ---- changes

  setUser(client: Client, name: Bytes, rules: readonly Bytes[]): void {
    const staged = this.users.stage(name, rules);
    if (typeof staged === 'string') throw new ReplyError(`ERR ${staged}`);
    const current = this.users.get(name);
    if (current !== undefined) this.closeListeners(current, staged, client);
    const user = this.users.getOrCreate(name);
    user.copyFrom(staged);
    this.changed(user);
  }

  deleteUsers(client: Client, names: readonly Bytes[]): number {
    let deleted = 0;
    for (const name of names) {
      const user = this.users.delete(name);
      if (user === undefined) continue;
      deleted++;
      for (const session of this.sessionsOf(user)) this.expel(session, client);
    }
    return deleted;
  }

  load(client: Client): void {
    const fault = this.loadFile(this.fileOrThrow());
    if (fault !== undefined) throw new ReplyError(`ERR ${fault}`);
    for (const session of [...this.engine.clients.list()]) {
      const { user } = session;
      if (user !== undefined && this.users.get(user.name) !== user) this.expel(session, client);
    }
    this.changed(this.users.default);
  }

  save(): void {
    const file = this.fileOrThrow();
    try {
      file.write(this.users.text());
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.engine.log.warning(`Writing ACL file for ACL SAVE: ${error.reason}`);
      throw Errors.aclSave;
    }
  }

  /**
   * The users that a server starts with: those of the configuration file, or those of the ACL file.
   * @returns why it cannot start (redis 7.2.6 acl.c:ACLLoadUsersAtStartup)
   */
  loadAtStart(configured: ConfiguredUsers | undefined): string | undefined {
    const { file } = this;
    if (configured !== undefined && !configured.isEmpty) {
      if (file !== undefined) return MIXED_SOURCES;
      if (!configured.load(this.users, this.engine.log)) {
        return 'Critical error while loading ACLs. Exiting.';
      }
    }
    const fault = file === undefined ? undefined : this.loadFile(file);
    if (fault !== undefined) return `Aborting Redis startup because of ACL errors: ${fault}`;
    this.changed(this.users.default);
    return undefined;
  }

  private fileOrThrow(): AclFile {
    if (this.file === undefined) throw Errors.noAclFile;
    return this.file;
  }

  /** @returns what is wrong; nothing has changed then */
  private loadFile(file: AclFile): string | undefined {
    try {
      return this.users.load(file.read(), file.name);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return `Error loading ACLs, opening file '${file.name}': ${error.reason}`;
    }
  }

  /** The gate words of its sessions follow; those of all when it is the default user, which decides who has to log in. */
  private changed(user: AclUser): void {
    const everybody = user === this.users.default;
    for (const session of this.engine.clients.list()) {
      if (everybody || session.user === user) session.rearm();
    }
  }

  private sessionsOf(user: AclUser): Session[] {
    return [...this.engine.clients.list()].filter((session) => session.user === user);
  }

  /** Closes a session whose user is gone; whoever asked for that gets the answer first. */
  private expel(session: Session, by: Client): void {
    session.become(this.users.default, false);
    session.close('its ACL user is gone', session === by);
  }

  /** Closes subscribers that listen to what they may no longer listen to (redis 7.2.6 acl.c:ACLKillPubsubClientsIfNeeded). */
  private closeListeners(user: AclUser, next: AclUser, by: Client): void {
    const { pubsub } = this.engine;
    const rules = next.channelRules();
    if (rules === undefined || pubsub.isEmpty) return;
    const mayNot = (isPattern: boolean) => (name: Bytes) => !allowsChannel(rules, name, isPattern);
    for (const session of this.sessionsOf(user)) {
      if (session.type !== 'pubsub') continue;
      const lost =
        [...pubsub.names('pattern', session)].some(mayNot(true)) ||
        [...pubsub.names('channel', session)].some(mayNot(false)) ||
        [...pubsub.names('shard', session)].some(mayNot(false));
      if (lost) session.close('its ACL user has lost a channel', session === by);
    }
  }
}
