/**
 * The gallery: real software in the states that keep a replica out, or let it in, each with the diagnosis that its trace must
 * give. `record.ts` makes the traces beside this file, test/unit/diagnosis/recorded.test.ts replays them, and
 * test/interop/recorded.test.ts asks some of them anew of the servers that are there.
 *
 * A scenario brings its server into the state, then calls `record`, once; what it starts is stopped for it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiagnosisId } from '../../src/core/diagnosis/table.js';
import { eventually } from '../support/eventually.js';
import { TLS_CERT, TLS_KEY } from '../support/tls-cert.js';
import { freePort } from '../support/server-process.js';
import { AS_NOBODY, askOnce, run, type Stage } from './stage.js';

export interface Scenario {
  /** Also the name of its files. */
  readonly name: string;
  /** When it is not redis-server. */
  readonly software?: string;
  /** How it was brought about, for the header of the trace. */
  readonly configuration: string;
  readonly expected: readonly DiagnosisId[];
  /** Whether `bin` can do it; it can when absent. */
  readonly needs?: 'tls' | 'interface';
  /** The states themselves are quick to reach, and the same each time: re-recorded by the interop test. */
  readonly quick?: boolean;
  readonly run: (stage: Stage) => Promise<unknown>;
}

const DISK = ['--repl-diskless-sync', 'no'];
/** `dir` can be changed. */
const MOVABLE = ['--enable-protected-configs', 'yes'];

async function listen(stage: Stage, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A plain TCP server that does this with each connection. */
async function tcp(stage: Stage, accept: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accept(socket);
  });
  return listen(stage, server);
}

/** An address of this machine that is not loopback. */
export function outsideAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

async function tlsServer(stage: Stage, ...more: string[]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-ts-tls-'));
  stage.after(() => rmSync(dir, { recursive: true, force: true }));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  writeFileSync(cert, TLS_CERT);
  writeFileSync(key, TLS_KEY);
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  await stage.server('--tls-port', String(port), ...files, '--tls-auth-clients', 'no', ...more);
  return port;
}

const passing: readonly Scenario[] = [
  {
    name: 'full-sync-from-disk',
    configuration: 'repl-diskless-sync no; three keys of three types, one with an expiry',
    expected: [],
    quick: true,
    run: async (stage) => {
      const server = await stage.server(...DISK);
      await server.must('SET', 'user:1000', 'Ada', 'EX', '1000');
      await server.must('RPUSH', 'queue', 'a', 'b');
      await server.must('HSET', 'cart', 'apples', '3');
      await stage.record(server.port);
    },
  },
  {
    name: 'full-sync-diskless',
    configuration: 'repl-diskless-sync yes, repl-diskless-sync-delay 1: keepalives, then the EOF form',
    expected: [],
    run: async (stage) => {
      const server = await stage.server('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '1');
      await server.must('SET', 'user:1000', 'Ada');
      await stage.record(server.port);
    },
  },
  {
    name: 'stream',
    configuration: 'repl-diskless-sync yes without delay; writes in a transaction and in another database',
    expected: [],
    run: async (stage) => {
      const server = await stage.server('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0');
      const writing = eventually(async () => {
        const info = await server.must('INFO', 'replication');
        return info.type === 'bulk' && info.value.includes('state=online');
      }).then(async () => {
        await server.must('SET', 'user:1000', 'Ada', 'EX', '100');
        await server.must('SELECT', '3');
        await server.must('EVAL', "redis.call('incr','n') redis.call('sadd','s','\xff\\0','b')", '0');
      });
      await stage.record(server.port, { follow: { count: 7 } });
      await writing;
    },
  },
  {
    name: 'current-position',
    configuration: 'a backlog is there; asked for the current position (--probe)',
    expected: [],
    quick: true,
    run: async (stage) => {
      const server = await stage.server(...DISK);
      await stage.warmUp(server.port);
      await stage.record(server.port, { aim: 'probe' });
    },
  },
  {
    name: 'counted-by-min-replicas',
    configuration: 'min-replicas-to-write 1',
    expected: ['counts-for-min-replicas'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server(...DISK, '--min-replicas-to-write', '1');
      await stage.record(server.port);
    },
  },
  {
    name: 'user-with-rights',
    configuration: 'an ACL user with +ping +replconf +psync alone',
    expected: [],
    quick: true,
    run: async (stage) => {
      const server = await stage.server(...DISK);
      await server.must('ACL', 'SETUSER', 'replicator', 'on', '>pw1234', '+ping', '+replconf', '+psync');
      await stage.record(server.port, { user: 'replicator', pass: 'pw1234' });
    },
  },
  {
    name: 'tls',
    configuration: 'tls-port, asked with TLS, its certificate not verified (--insecure)',
    expected: [],
    needs: 'tls',
    run: async (stage) => stage.record(await tlsServer(stage, ...DISK), { tls: true }),
  },
];

const login: readonly Scenario[] = [
  {
    name: 'no-password-given',
    configuration: 'requirepass set, no password given',
    expected: ['noauth'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server();
      await server.must('CONFIG', 'SET', 'requirepass', 'hunter22');
      await stage.record(server.port);
    },
  },
  {
    name: 'wrong-password',
    configuration: 'requirepass set, another password given',
    expected: ['wrongpass'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server();
      await server.must('CONFIG', 'SET', 'requirepass', 'hunter22');
      await stage.record(server.port, { pass: 'hunter23' });
    },
  },
  {
    name: 'password-not-wanted',
    configuration: 'no requirepass, a password given',
    expected: ['auth-without-password'],
    quick: true,
    run: async (stage) => stage.record((await stage.server()).port, { pass: 'hunter22' }),
  },
  {
    name: 'user-without-psync',
    configuration: 'an ACL user with +ping +replconf',
    expected: ['noperm-psync'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server();
      await server.must('ACL', 'SETUSER', 'replicator', 'on', '>pw1234', '+ping', '+replconf');
      await stage.record(server.port, { user: 'replicator', pass: 'pw1234' });
    },
  },
];

const reach: readonly Scenario[] = [
  {
    name: 'plain-on-tls-port',
    configuration: 'tls-port, asked in plain',
    expected: ['plain-on-tls-port'],
    needs: 'tls',
    run: async (stage) => stage.record(await tlsServer(stage)),
  },
  {
    name: 'tls-on-plain-port',
    configuration: 'port, asked with TLS',
    expected: ['tls-on-plain-port'],
    quick: true,
    run: async (stage) => stage.record((await stage.server()).port, { tls: true }),
  },
  {
    name: 'protected-mode',
    configuration: 'protected-mode yes, no password, asked from an address that is not loopback',
    expected: ['protected-mode'],
    needs: 'interface',
    run: async (stage) => {
      const server = await stage.server('--bind', '0.0.0.0', '--protected-mode', 'yes');
      await stage.record(server.port, { host: outsideAddress() });
    },
  },
  {
    name: 'max-clients',
    configuration: 'maxclients 1, and one is there',
    expected: ['max-clients'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server('--maxclients', '1');
      await server.must('PING');
      await stage.record(server.port);
    },
  },
  {
    name: 'paused',
    configuration: 'stopped by SIGSTOP',
    expected: ['not-answering'],
    run: async (stage) => {
      const server = await stage.server();
      process.kill(server.pid, 'SIGSTOP');
      await stage.record(server.port, { timeoutMs: 1000 });
    },
  },
  {
    name: 'nobody-listens',
    configuration: 'the server was stopped before',
    expected: ['connection-refused'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server();
      await server.stop();
      await stage.record(server.port);
    },
  },
];

const states: readonly Scenario[] = [
  {
    name: 'loading',
    configuration: 'DEBUG RELOAD of 4,000 keys with key-load-delay 500',
    expected: ['loading'],
    run: async (stage) => {
      const server = await stage.server();
      await server.must('DEBUG', 'POPULATE', '4000');
      const slow = ['key-load-delay', '500', 'loading-process-events-interval-bytes', '1024'];
      await server.must('CONFIG', 'SET', ...slow);
      const reload = server.call('DEBUG', 'RELOAD');
      stage.after(() => reload);
      stage.after(() => server.must('CONFIG', 'SET', 'key-load-delay', '0'));
      // Saving comes first, and takes a moment.
      await eventually(() => server.log().includes('Loading RDB produced by'));
      await stage.record(server.port);
    },
  },
  {
    name: 'busy-script',
    configuration: 'an endless EVAL, busy-reply-threshold 50',
    expected: ['busy'],
    run: async (stage) => {
      const server = await stage.server('--busy-reply-threshold', '50');
      const script = server.call('EVAL', 'while true do end', '0').catch(() => undefined);
      stage.after(() => script);
      stage.after(() => askOnce(server.port, 'SCRIPT KILL'));
      await eventually(async () => (await askOnce(server.port, 'PING')).startsWith('-BUSY'));
      await stage.record(server.port);
    },
  },
  {
    name: 'stale-replica',
    configuration: 'replicaof an address where nobody listens, replica-serve-stale-data no',
    expected: ['masterdown'],
    quick: true,
    run: async (stage) => {
      const server = await stage.server('--replicaof', '127.0.0.1 1');
      await server.must('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
      await stage.record(server.port);
    },
  },
  {
    name: 'no-master-link',
    configuration: 'replicaof an address where nobody listens',
    expected: ['nomasterlink'],
    quick: true,
    run: async (stage) => stage.record((await stage.server('--replicaof', '127.0.0.1 1')).port),
  },
  {
    name: 'psync-renamed',
    configuration: 'rename-command PSYNC ""',
    expected: ['psync-unknown'],
    quick: true,
    run: async (stage) => stage.record((await stage.server('--rename-command', 'PSYNC', '')).port),
  },
  {
    name: 'disk-error',
    configuration: 'save 3600 1, and the folder of dir is gone: the last BGSAVE failed',
    expected: ['misconf'],
    run: async (stage) => {
      const server = await stage.server('--save', '3600 1', ...MOVABLE);
      const away = join(server.dir, 'away');
      mkdirSync(away);
      await server.must('CONFIG', 'SET', 'dir', away);
      rmSync(away, { recursive: true });
      await server.must('SET', 'a', '1');
      await server.call('BGSAVE');
      await eventually(async () => {
        const info = await server.must('INFO', 'persistence');
        return info.type === 'bulk' && info.value.includes('rdb_last_bgsave_status:err');
      });
      await stage.record(server.port);
    },
  },
  {
    name: 'snapshot-fails',
    configuration:
      'repl-diskless-sync no, and the folder of dir is gone: the child that makes the snapshot fails',
    expected: ['snapshot-child-died'],
    run: async (stage) => {
      const server = await stage.server(...DISK, ...MOVABLE);
      const away = join(server.dir, 'away');
      mkdirSync(away);
      await server.must('CONFIG', 'SET', 'dir', away);
      rmSync(away, { recursive: true });
      await stage.record(server.port);
    },
  },
  {
    name: 'fork-refused',
    configuration: 'repl-diskless-sync no; the operating system refuses to fork (RLIMIT_NPROC 1)',
    expected: ['bgsave-failed'],
    run: async (stage) => {
      const server = await stage.unprivileged(...DISK);
      run(...AS_NOBODY, 'prlimit', '--pid', String(server.pid), '--nproc=1:1');
      await stage.record(server.port);
    },
  },
  {
    name: 'probe-without-backlog',
    configuration: 'no replica ever attached; asked for the current position (--probe)',
    expected: ['probe-needs-backlog'],
    quick: true,
    run: async (stage) => stage.record((await stage.server()).port, { aim: 'probe' }),
  },
  {
    name: 'sentinel',
    software: 'redis-sentinel',
    configuration: 'the port of a Sentinel',
    expected: ['sentinel-port', 'replconf-unknown'],
    run: async (stage) => {
      await stage.record(await stage.sentinel());
    },
  },
];

/** What is no Redis at all. */
export const OTHERS: readonly Scenario[] = [
  {
    name: 'http-server',
    software: 'node:http',
    configuration: 'an HTTP server',
    expected: ['http-server'],
    run: async (stage) => {
      const server = createHttpServer((_request, response) => response.end('hello'));
      await stage.record(await listen(stage, server));
    },
  },
  {
    name: 'proxy-without-backend',
    software: 'node:net',
    configuration: 'a proxy that accepts and closes, because nothing is behind it',
    expected: ['accepted-then-closed'],
    run: async (stage) =>
      stage.record(await tcp(stage, (socket) => void socket.once('data', () => socket.end()))),
  },
  {
    name: 'ssh-server',
    software: 'node:net',
    configuration: "an SSH server's banner",
    expected: ['other-service'],
    run: async (stage) =>
      stage.record(await tcp(stage, (socket) => void socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'))),
  },
];

/** All that a redis-server can be brought to. */
export const SCENARIOS: readonly Scenario[] = [...passing, ...login, ...reach, ...states];
