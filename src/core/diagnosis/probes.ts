/** Small harmless probes: is it the other kind of port, and which port may we come from. */
import { type Dial } from '../base/byte-channel.js';
import { ascii } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { type Evidence } from './evidence.js';
import { TLS_RECORD } from './rules/reach.js';

/** The range from which operating systems take source ports on their own is the best guess for free ones. */
const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;

/** Ports of our own that are tried, when somebody has them, before it is given up. */
export const OWN_PORT_ATTEMPTS = 5;

/** A port to come from and to announce. */
export function randomPort(random: Random): number {
  return FIRST_PORT + random.below(LAST_PORT - FIRST_PORT + 1);
}

/** Whether trying the port with TLS (or without) could explain what was seen. */
export function worthTryingTls(evidence: Evidence): boolean {
  const { asked, unreachable, fault } = evidence;
  if (asked.tls) return unreachable?.layer === 'tls';
  if (unreachable || fault?.step !== 'ping') return false;
  const answer = evidence.answers.get('ping')?.line ?? '';
  return answer === '' || TLS_RECORD.test(answer) || /TLS|SSL/.test(answer);
}

const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|HOSTNAME/;

/** Speaks to the port the other way round. An untrusted certificate is an answer, too. */
export function probeOtherTls(
  ports: { readonly dial: Dial; readonly clock: Clock },
  tlsNow: boolean,
  timeoutMs: number,
): Promise<'answers' | 'silent'> {
  return new Promise((resolve) => {
    let close = (): void => undefined;
    const settle = (answer: 'answers' | 'silent'): void => {
      timer.cancel();
      resolve(answer);
      close();
    };
    const timer = ports.clock.after(timeoutMs, () => settle('silent'), true);
    const abandon = ports.dial(
      {
        onOpen: (channel) => {
          close = () => channel.close();
          // With TLS the handshake itself is the answer; without, only a line of RESP is.
          if (tlsNow) channel.write(ascii('*1\r\n$4\r\nPING\r\n'));
          else settle('answers');
        },
        onFail: (error) => settle(!tlsNow && CERTIFICATE_ERROR.test(error.code) ? 'answers' : 'silent'),
        onData: (chunk) => settle(/^[+-]/.test(chunk.toString('latin1')) ? 'answers' : 'silent'),
        onClose: () => settle('silent'),
      },
      { tls: !tlsNow, timeoutMs },
    );
    close = abandon;
  });
}
