/** A TCP server that answers INFO, ROLE, CLIENT LIST and CONFIG as a master with scripted replicas would: for views and measurements. */
import net from 'node:net';
import { clientLine, tail } from './inspect-facts.js';
import { bulk, bulks, commandLines } from './scripted-dial.js';

export interface ScriptedReplica {
  readonly ip: string;
  readonly port: number;
  /** Bytes behind at the n-th look. */
  readonly behind: (look: number) => number;
  readonly lag?: number;
}

export interface ScriptedServerOptions {
  readonly replicas: readonly ScriptedReplica[];
  /** The offset at the n-th look. */
  readonly offset: (look: number) => number;
  /** From this look on nothing is answered any more: what was drawn stays. */
  readonly silentFrom?: number;
  /** A free one when left out. */
  readonly port?: number;
}

export interface ScriptedServer {
  readonly port: number;
  /** How often INFO was asked for. */
  readonly looks: () => number;
  close(): Promise<void>;
}

const HEAD = `# Server\r\nredis_version:7.2.6\r\nredis_mode:standalone\r\nrun_id:5d0c\r\nuptime_in_seconds:1040000\r\n\r\n`;

export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  let looks = 0;
  const sockets = new Set<net.Socket>();
  const answer = (line: string): string => {
    if (line === 'INFO') return bulk(info(options, looks++));
    if (line.startsWith('INFO')) return bulk(info(options, Math.max(0, looks - 1)));
    if (line === 'CLIENT LIST TYPE replica') return bulk(clients(options));
    if (line.startsWith('CLIENT')) return bulk('');
    if (line === 'CONFIG GET repl-*') return bulks('repl-timeout', '60', 'repl-ping-replica-period', '10');
    if (line === 'CONFIG GET client-output-buffer-limit')
      return bulks('client-output-buffer-limit', 'slave 268435456 67108864 60');
    if (line.startsWith('CONFIG')) return bulks();
    if (line === 'ROLE') return `*3\r\n${bulk('master')}:5\r\n*0\r\n`;
    return `-ERR unknown command '${line}'\r\n`;
  };
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (options.silentFrom !== undefined && looks >= options.silentFrom) return;
      socket.write(commandLines(chunk.toString('latin1')).map(answer).join(''), 'latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    looks: () => looks,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function info({ replicas, offset }: ScriptedServerOptions, look: number): string {
  const at = offset(look);
  const lines = replicas.map(
    ({ ip, port, behind, lag = 0 }, n) =>
      `slave${n}:ip=${ip},port=${port},state=online,offset=${at - behind(look)},lag=${lag}\n`,
  );
  const backlog = { active: 1, size: 64 * 1024 * 1024, first: 1, histlen: Math.min(at, 64 * 1024 * 1024) };
  return `${HEAD}# Replication\nrole:master\nconnected_slaves:${replicas.length}\n${lines.join('')}${tail(at, backlog)}`;
}

function clients({ replicas }: ScriptedServerOptions): string {
  return replicas.map(({ ip }, n) => clientLine(n + 3, `${ip}:${40_000 + n}`, 100 + n, 0)).join('');
}
