/**
 * Checks on single values that the tables of directives name: file names, host names, templates, combinations.
 *
 * Each throws a Refusal with the text of its isValid* function in redis 7.2.6 config.c, unless it is ours and says so.
 */
import { type Bytes } from '../../base/bytes.js';
import { Refusal } from './directive.js';
import { isTitleTemplate } from './proc-title.js';

/** Longest host name plus one (redis 7.2.6 server.h:NET_HOST_STR_LEN). */
const HOST_NAME_LIMIT = 256;

/** Bounds that `hz` is brought within (CONFIG_MIN_HZ, CONFIG_MAX_HZ). */
const MIN_HZ = 1n;
const MAX_HZ = 500n;

/** Words of shutdown-on-sigint and shutdown-on-sigterm. */
export const SHUTDOWN_FLAGS = ['save', 'nosave', 'now', 'force'] as const;

/** A file or folder name without a path. The AOF's may not be empty either. */
export function baseName(
  directive: 'dbfilename' | 'appendfilename' | 'appenddirname',
): (value: Bytes) => void {
  const noun = directive === 'appenddirname' ? 'dirname' : 'filename';
  return (value) => {
    if (value === '' && directive !== 'dbfilename') throw new Refusal(`${directive} can't be empty`);
    if (/[/\\]/.test(value)) throw new Refusal(`${directive} can't be a path, just a ${noun}`);
  };
}

/** A host name that other nodes are told. */
export function announcedHostname(value: Bytes): void {
  if (value.length >= HOST_NAME_LIMIT) {
    throw new Refusal(`Hostnames must be less than ${HOST_NAME_LIMIT} characters`);
  }
  if (!/^[A-Za-z0-9.-]*$/.test(value)) {
    throw new Refusal('Hostnames may only contain alphanumeric characters, hyphens or dots');
  }
}

/** A node's name for people. */
export function announcedNodename(value: Bytes): void {
  if (/[!#$%&()*+:;<>?@[\]^{|}~]/.test(value)) {
    throw new Refusal('Announced human node name contained invalid character');
  }
}

/** redis 7.2.6 server.c:validateProcTitleTemplate. */
export function procTitleTemplate(value: Bytes): void {
  if (!isTitleTemplate(value)) {
    throw new Refusal('template format is invalid or contains unknown variables');
  }
}

/** SAVE and NOSAVE exclude each other. */
export function shutdownFlags(flags: readonly (typeof SHUTDOWN_FLAGS)[number][]): void {
  if (flags.includes('save') && flags.includes('nosave')) {
    throw new Refusal("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
}

/** Brings `hz` within its bounds without a word. */
export function withinHz(hz: bigint): bigint {
  return hz < MIN_HZ ? MIN_HZ : hz > MAX_HZ ? MAX_HZ : hz;
}

/** What a Redis without its own allocator answers, and true of V8's heap, which moves objects by itself. */
export function noDefrag(value: boolean): void {
  if (value) {
    throw new Refusal(
      'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution',
    );
  }
}

/** Ours: there is no TLS listener, and who asks for one must not be served in plain text. */
export function noTlsPort(value: bigint): void {
  if (value !== 0n) throw new Refusal('TLS connections are not accepted here: tls-port must be 0');
}

/** Ours: there is no cluster mode, and a node that only claims one would lose data. */
export function noCluster(value: boolean): void {
  if (value) throw new Refusal('cluster mode is not supported');
}
