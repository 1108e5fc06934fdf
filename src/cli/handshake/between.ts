/**
 * `handshake --between LISTEN`: stands between replicas and the target as a transparent proxy, traces both directions, and
 * diagnoses both sides. It runs until Ctrl-C, or as long as `--for` says.
 */
import { Watch } from '../../core/diagnosis/between/watch.js';
import { type WatchedLink } from '../../core/diagnosis/between/watched-link.js';
import { redacting } from '../../core/diagnosis/tape/redacting.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { startProxy, type LinkTap, type Proxy } from '../../core/net/tcp-proxy.js';
import { hostPort } from '../../core/net/target.js';
import { batched } from '../batched.js';
import { foldingRenderer } from '../render/handshake-fold.js';
import { UsageError } from '../usage-error.js';
import { commonSetup, EXIT_OF, jsonLine, redactionOf, type Job } from './setup.js';
import { type Listen } from './values.js';

/** How often it is looked whether something was held back for too long, in ms. */
const HELD_MS = 500;

/** Runs it; see `Mode`. */
export async function runBetween(
  listen: Listen,
  { flags, connection, terminal, onInterrupt }: Job,
): Promise<number | undefined> {
  const { clock, target, tls, timeoutMs } = commonSetup(connection);
  const folding = flags.json ? undefined : foldingRenderer({ terminal, hex: flags.hex });
  const render = folding ?? jsonLine;
  const trace = batched((event: TraceEvent) => void process.stdout.write(render(event)));
  const redaction = redactionOf(flags);
  const observer = redaction ? redacting(redaction, trace.add) : trace.add;
  const originUs = clock.monotonicUs();
  const watch = new Watch({ clock, target, tls, commands: flags.follow, observer });
  const proxy = await listening(listen, () =>
    startProxy({
      ...{ listen, clock, timeoutMs, target: connection.target, tls: connection.tls },
      accept: (client) => tapOf(watch.attach(client)),
    }),
  );
  watch.begin(proxy.address);
  trace.flush();
  // A connection that is held back is shown when it lasts, although nothing happens on it.
  const looking = setInterval(() => {
    trace.flush();
    if (folding) process.stdout.write(folding.until((clock.monotonicUs() - originUs) / 1000));
  }, HELD_MS);
  return new Promise((resolve) => {
    const end = async (interruptedNow: boolean): Promise<number> => {
      timer?.cancel();
      clearInterval(looking);
      const verdict = watch.finish(interruptedNow);
      trace.flush();
      await proxy.close();
      return EXIT_OF[verdict];
    };
    const interrupted = onInterrupt(async () => {
      await end(true);
      resolve(undefined);
    });
    const timer =
      flags.for === undefined
        ? undefined
        : clock.after(flags.for, () => {
            interrupted();
            resolve(end(false));
          });
  });
}

async function listening({ host, port }: Listen, start: () => Promise<Proxy>): Promise<Proxy> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`--between: cannot listen on ${hostPort(host, port)} (${code})`);
  }
}

function tapOf(link: WatchedLink): LinkTap {
  return {
    connected: (local, localPort, remote) => link.connected(local, localPort, remote),
    unreachable: (error) => link.unreachable(error),
    fromClient: (chunk) => link.fromReplica(chunk),
    fromTarget: (chunk) => link.fromMaster(chunk),
    closed: (by, error) => link.closed(by === 'client' ? 'replica' : 'master', error?.message),
  };
}
