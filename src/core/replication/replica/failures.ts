/**
 * Why a handshake with a master ended, in words: for the log, for INFO's readers and for whoever watches the link. Close to what
 * Redis logs at the same place (redis 7.2.6 replication.c:syncWithMaster), because people search for those lines.
 */
import { type ChannelError } from '../../base/byte-channel.js';
import { type Outcome } from '../handshake/machine.js';

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** @param error why the port could not be reached, when that was it */
export function handshakeFailure(outcome: Failed, error: ChannelError | undefined): string {
  const { step, why, line } = outcome;
  switch (why) {
    case 'unreachable':
      return `Error condition on socket for SYNC: ${socketError(error)}`;
    case 'timeout':
      return step === 'connect'
        ? 'Timeout connecting to the MASTER...'
        : `Timeout: the master did not answer ${STEP_NAMES[step]}`;
    case 'closed':
      return `The master closed the connection instead of answering ${STEP_NAMES[step]}`;
    case 'unexpected':
      return `Unexpected reply to ${STEP_NAMES[step]} from the master${line === undefined ? '' : `: ${line}`}`;
    case 'error-reply':
      if (step === 'ping') return `Error reply to PING from master: '${line}'`;
      if (step === 'auth') return `Unable to AUTH to MASTER: ${line}`;
      return `Error reply to ${STEP_NAMES[step]} from master: '${line}'`;
  }
}

const STEP_NAMES: Readonly<Record<Failed['step'], string>> = {
  connect: 'the connection attempt',
  ping: 'PING',
  auth: 'AUTH',
  'listening-port': 'REPLCONF listening-port',
  'ip-address': 'REPLCONF ip-address',
  capa: 'REPLCONF capa',
  'rdb-only': 'REPLCONF rdb-only',
  'rdb-filter-only': 'REPLCONF rdb-filter-only',
  psync: 'PSYNC',
  sync: 'SYNC',
};

/** As strerror says it, where Redis's users know the words. */
const SOCKET_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  TIMEOUT: 'Connection timed out',
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
};

/** An error of the socket in words. */
export function socketError(error: ChannelError | undefined): string {
  return error === undefined ? 'unreachable' : (SOCKET_ERRORS[error.code] ?? error.message);
}
