/**
 * The Worker that holds the engine: its heap may be as large as the machine allows, and the main thread stays free for signals,
 * terminal and log while it is busy.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Bytes, EMPTY, fromText, toText } from '../../core/base/bytes.js';
import { SystemClock } from '../../core/base/clock-system.js';
import { globMatch } from '../../core/base/glob.js';
import { SystemRandom } from '../../core/base/random-system.js';
import { aclCommands } from '../../core/commands/acl/call.js';
import { FAMILIES } from '../../core/commands/families.js';
import { CommandTable } from '../../core/commands/table.js';
import { SystemProcess } from '../../core/engine/process-system.js';
import { SystemDisk } from '../../core/persistence/disk-system.js';
import { Server, StartError } from '../../core/server.js';
import { ConfiguredUsers } from '../../core/services/acl/configured.js';
import { Config } from '../../core/services/config/config.js';
import { ConfFileError, loadConf, type ConfHandlers } from '../../core/services/config/conf-file.js';
import { expandTitle, titleVariables } from '../../core/services/config/proc-title.js';
import { formatLogLine, isLogged, logTo, NO_LOG, type Log, type LogLevel } from '../../core/services/log.js';
import { EXIT } from '../exit-codes.js';
import { type Backup, type BackupRules } from './backup.js';
import { collectOnce } from './collect-once.js';
import { type LinkWatch } from './link-watch.js';
import { type RepeatedAttempts } from './repeated-attempts.js';
import { type ReplicaTrace } from './replica-trace.js';
import { type BackupRequest, type EngineData, type FromEngine, type ToEngine } from './messages.js';

const port = parentPort!;
const data = workerData as EngineData;

function say(message: FromEngine): void {
  port.postMessage(message);
}

/** Loading progress is reported at most this often. */
const PROGRESS_MS = 100;

/** What `replica` shows; absent under `serve`. */
let watch: LinkWatch | undefined;
/** What `replica` leaves out of its log. */
let attempts: RepeatedAttempts<Extract<FromEngine, { type: 'log' }>> | undefined;
/** What `serve --trace` shows. */
let trace: ReplicaTrace | undefined;
/** What `replica --once` writes. */
let backup: Backup | undefined;
/** What the process ends with: a backup that is stopped is none. */
let exitCode: number = data.backup === undefined ? EXIT.ok : EXIT.interrupted;

/** The modules of what was asked for. A server keeps what it loads, so `serve` alone loads none of them. */
async function loadExtras() {
  const link =
    data.watch === 'none'
      ? undefined
      : { ...(await import('./link-watch.js')), ...(await import('./repeated-attempts.js')) };
  const tracing = data.trace ? await import('./replica-trace.js') : undefined;
  const saving =
    data.backup === undefined
      ? undefined
      : {
          ...(await import('./backup.js')),
          ...(await import('./backup-log.js')),
          ...(await import('../render/replica-facts.js')),
        };
  return { link, tracing, saving };
}

type Extras = Awaited<ReturnType<typeof loadExtras>>;

function main({ link, tracing, saving }: Extras): void {
  const clock = new SystemClock();
  const host = new SystemProcess();
  const config = new Config();
  let isReplica = () => false;
  const made = (level: LogLevel, message: string) => {
    const timeMs = clock.nowMs();
    const offsetMinutes = new Date(timeMs).getTimezoneOffset();
    const role = isReplica() ? 'S' : 'M';
    const line = formatLogLine({ pid: host.pid, role, timeMs, offsetMinutes, level, message });
    return { type: 'log', level, message, line, atMs: clock.monotonicUs() / 1000 } as const;
  };
  if (link) attempts = new link.RepeatedAttempts(say, made);
  const log: Log = logTo((level, message) => {
    if (!isLogged(level, config.values.loglevel) || saving?.isNoise(message, config.values.loglevel)) return;
    const line = made(level, message);
    if (attempts) attempts.take(line);
    else say(line);
  });
  const renames: [Bytes, Bytes][] = [];
  const users = new ConfiguredUsers({
    commands: aclCommands(new CommandTable(FAMILIES)),
    log: NO_LOG,
    allChannelsByDefault: () => config.values.aclPubsubDefault === 'allchannels',
  });
  readConfig(config, renames, users);
  const { logfile, pidfile } = config.values;
  const backupPlace = data.backup && prepareBackup(config, data.backup);
  say({ type: 'settings', logfile: inFolder(config, logfile), pidfile: inFolder(config, pidfile) });
  let reportedMs = 0;
  if (tracing) trace = new tracing.ReplicaTrace({ clock, config, log, say });
  const server = new Server({
    clock,
    random: new SystemRandom(),
    disk: new SystemDisk(),
    config,
    log,
    host,
    configFile: fromText(data.configFile),
    users,
    anyPort: data.anyPort,
    ...(trace && { tap: trace.accept, pingBehindSnapshot: true }),
    onShutdown: () => finish(server),
    onShutdownGivenUp: () => say({ type: 'staying' }),
    onLoadProgress: (loadedBytes, totalBytes, keys) => {
      const now = clock.nowMs();
      if (now - reportedMs < PROGRESS_MS) return;
      reportedMs = now;
      say({ type: 'loading', loadedBytes, totalBytes, keys });
    },
  });
  for (const [from, to] of renames) server.engine.commands.rename(from, to);
  isReplica = () => server.replication.isReplica;
  if (saving && backupPlace) {
    backup = newBackup(saving, server, log, backupPlace);
    if (backup === undefined) return;
  }
  if (link) {
    const samples = data.watch === 'samples';
    watch = new link.LinkWatch({ server, config, clock, log, samples, backup, say });
  }
  port.on('message', (message: ToEngine) => onSignal(server, config, log, message.signal));
  collectOnce();
  server.start().then(
    () => {
      tellTitle(server, config);
      say({ type: 'ready', port: server.port });
    },
    (error: unknown) => {
      // Whoever reads only the log file learns of it, too.
      if (logfile !== '' && error instanceof StartError) log.warning(error.message);
      fail(error);
    },
  );
}

/** Names the process by proc-title-template, now and whenever what stands in it changes. */
function tellTitle(server: Server, config: Config): void {
  const { values } = config;
  if (!values.setProcTitle) return;
  const tell = () => {
    const facts = {
      command: data.command,
      configFile: data.configFile,
      bind: values.bind.map(toText),
      // The server's own is known later than the directive, which is 0 for any free one.
      port: values.port === 0 ? server.port : values.port,
      tlsPort: values.tlsPort,
      unixsocket: toText(values.unixsocket),
    };
    const title = expandTitle(values.procTitleTemplate, titleVariables(facts));
    if (title !== undefined) say({ type: 'title', title });
  };
  tell();
  config.onChange(['proc-title-template', 'bind', 'port', 'tls-port'], tell);
}

/** The path of a file of ours: Redis has changed to `dir` by the time it opens one. */
function inFolder(config: Config, path: Bytes | undefined): string {
  return path === undefined || path === '' ? '' : resolve(toText(config.values.dir), toText(path));
}

function readConfig(config: Config, renames: [Bytes, Bytes][], users: ConfiguredUsers): void {
  config.assign('dir', fromText(data.cwd));
  for (const { name, value } of data.defaults) config.assign(name, value as Bytes);
  const handlers: ConfHandlers = {
    include: (path) => readIncluded(path),
    user: (args) => users.append(args),
    renameCommand: (from, to) => {
      renames.push([from, to]);
      return undefined;
    },
  };
  loadConf(config, data.confText as Bytes, handlers, data.typedFrom);
  config.assign('dir', fromText(resolve(data.cwd, toText(config.values.dir))));
}

function readIncluded(pattern: Bytes): { text: Bytes } | { error: string } {
  const path = resolve(data.cwd, Buffer.from(pattern, 'latin1').toString('utf8'));
  try {
    const files = /[*?[]/.test(basename(path)) ? matching(path) : [path];
    return { text: files.map((file) => readFileSync(file, 'latin1')).join('\n') as Bytes };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The files of a folder that the last part of a path matches, in order. */
function matching(path: string): string[] {
  const folder = dirname(path);
  const pattern = fromText(basename(path));
  const names = readdirSync(folder).filter((name) => globMatch(pattern, fromText(name)));
  return names.sort().map((name) => join(folder, name));
}

function onSignal(server: Server, config: Config, log: Log, signal: 'SIGINT' | 'SIGTERM'): void {
  const flags = signal === 'SIGINT' ? config.values.shutdownOnSigint : config.values.shutdownOnSigterm;
  log.warning(`Received ${signal} scheduling shutdown...`);
  server.shutdown.signal({
    save: flags.includes('nosave') ? 'nosave' : flags.includes('save') ? 'save' : undefined,
    now: flags.includes('now'),
    force: flags.includes('force'),
    abort: false,
  });
}

interface BackupPlace {
  readonly path: string;
  readonly rules: BackupRules;
  /** Whether the log goes to a file of its own. */
  readonly logfile: boolean;
}

/** Nothing but the snapshot is read or written. */
function prepareBackup(config: Config, { file, force, named }: BackupRequest): BackupPlace {
  const { dir, dbfilename, logfile } = config.values;
  const place = {
    path: file === '' ? inFolder(config, dbfilename) : file,
    rules: { force, named: named || !config.isDefault('dbfilename') || toText(dir) !== data.cwd },
    logfile: logfile !== '',
  };
  config.assign('save', EMPTY);
  config.assign('appendonly', fromText('no'));
  // What lies in the folder is not loaded: it would be continued from, and a backup is a full sync.
  config.assign('dbfilename', fromText(`no-dump-of-${process.pid}.rdb`));
  return place;
}

/** @returns undefined when there can be none, which has been said */
function newBackup(
  saving: NonNullable<Extras['saving']>,
  server: Server,
  log: Log,
  { path, rules, logfile }: BackupPlace,
): Backup | undefined {
  const none = (reason: string, code: number) => {
    // stderr has it in any case.
    if (logfile) log.warning(`No backup: ${reason}`);
    sayFailed(`redis-ts replica: no backup: ${reason}`, code);
  };
  const made = new saving.Backup(path, rules, {
    done: (facts) => {
      log.notice(saving.backupLogLine(facts));
      say({ type: 'backup', facts });
      exitCode = EXIT.ok;
      // The link is in the middle of its turn.
      setImmediate(() => finish(server));
    },
    failed: (reason) => none(reason, EXIT.failed),
    kept: (reason) => none(reason, EXIT.kept),
  });
  // A master that makes a snapshot which nobody can keep has forked for nothing.
  const obstacle = made.obstacle();
  if (obstacle !== undefined) {
    if ('kept' in obstacle) none(obstacle.kept, EXIT.kept);
    else none(obstacle.failed, EXIT.failed);
    return undefined;
  }
  server.replication.follower.copy = made;
  return made;
}

let finishing = false;

function finish(server: Server): void {
  if (finishing) return;
  finishing = true;
  attempts?.finish();
  watch?.close();
  trace?.close();
  backup?.stop();
  void server.close().then(() => say({ type: 'exit', code: exitCode }));
}

function fail(error: unknown): void {
  const known = error instanceof StartError || error instanceof ConfFileError;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  sayFailed(text, EXIT.failed);
}

function sayFailed(message: string, code: number): void {
  say({ type: 'failed', message, code });
}

loadExtras().then(main).catch(fail);
