/** How a judge of replicas writes commands and durations within its sentences. */
import { isWord, quote, type Bytes } from '../../base/bytes.js';
import { MASK } from '../../replication/handshake/steps.js';

/** A command as text, cut where it is long. */
export function shown(argv: readonly Bytes[]): string {
  const text = argv.map((arg) => quote(arg, false)).join(' ');
  return text.length <= 80 ? text : `${text.slice(0, 80)}...`;
}

/** The arguments of a command, whose name is in lower case, without passwords. */
export function masked(name: string, argv: readonly Bytes[]): readonly Bytes[] {
  if (name === 'auth') return argv.map((arg, i) => (i > 0 && i === argv.length - 1 ? MASK : arg));
  const auth = name === 'hello' ? argv.findIndex((arg) => isWord(arg, 'auth')) : -1;
  return auth < 0 ? argv : argv.map((arg, i) => (i === auth + 2 ? MASK : arg));
}

export function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
