/** Ranges of ports for runs of the suite: two runs on one machine must not take the same. */
import net from 'node:net';

/** The suite's own server listens this far below the base port. */
export const CONTROL_OFFSET = 32;
const FIRST_PORT = 21_111;
const LAST_PORT = 30_000;
export const PORTS_PER_JOB = 2_000;

/** The first base port whose range nobody has taken, for `jobs` jobs. Rejects when there is none. */
export async function freeBasePort(jobs: number): Promise<number> {
  for (let base = FIRST_PORT; base + jobs * PORTS_PER_JOB <= LAST_PORT; base += PORTS_PER_JOB) {
    const probes = Array.from({ length: jobs }, (_, job) => base + job * PORTS_PER_JOB);
    const free = await Promise.all(probes.map((port) => isFree(port - CONTROL_OFFSET)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(
    `no free range of ports between ${FIRST_PORT} and ${LAST_PORT}: give --jobs a smaller number`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
