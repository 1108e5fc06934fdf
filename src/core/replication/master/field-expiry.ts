/**
 * What replicas are told of fields of hashes that expire (repl-compat-version 7.4): nothing, where that version is an older one.
 *
 * Such replicas hold the same fields and values: they get an HDEL when a field is over. What they lack is when that will be, which
 * matters to one that is promoted; so the log says it, once. Used by the master's side.
 */
import { type Engine } from '../../engine/engine.js';

export class FieldExpiryForReplicas {
  private logged = false;
  private sent: boolean;

  constructor(
    private readonly engine: Engine,
    private readonly hasReplicas: () => boolean,
  ) {
    this.sent = this.sends;
  }

  private get sends(): boolean {
    return this.engine.config.values.replCompatVersion === '7.4';
  }

  /** Whether an expiry that was just set goes into the stream. */
  inStream(): boolean {
    if (!this.sends && this.hasReplicas()) this.log();
    return this.sends;
  }

  /** A snapshot for replicas begins: says when it leaves something out. */
  fullSyncBegins(): void {
    const { databases } = this.engine.store;
    if (!this.sends && databases.some(({ keyspace }) => keyspace.fieldExpiry.size > 0)) this.log();
  }

  /** repl-compat-version has changed. @returns whether what replicas hold does not go with what they will be sent */
  versionChanged(): boolean {
    this.logged = false;
    const { sends } = this;
    const differs = sends !== this.sent;
    this.sent = sends;
    return differs;
  }

  private log(): void {
    if (this.logged) return;
    this.logged = true;
    const { config, log } = this.engine;
    log.warning(
      'Fields of hashes expire here, and replicas are not told when: ' +
        `repl-compat-version ${config.values.replCompatVersion} has no field expiry. They get an HDEL when a field is over; ` +
        'one that is promoted keeps what is left. Set repl-compat-version 7.4 when all replicas know field expiry.',
    );
  }
}
