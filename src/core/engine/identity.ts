/**
 * Identity: who a client may be. For now the default user with `requirepass`; passwords are compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Bytes } from '../base/bytes.js';
import { type Config } from '../services/config/config.js';

export class Identity {
  constructor(private readonly config: Config) {}

  /** Whether a client must authenticate. */
  get defaultHasPassword(): boolean {
    const { requirepass } = this.config.values;
    return requirepass !== undefined && requirepass !== '';
  }

  has(user: string): boolean {
    return user === 'default';
  }

  /** Whether `password` is right for `user`. */
  check(user: string, password: Bytes): boolean {
    if (user !== 'default') return false;
    if (!this.defaultHasPassword) return true;
    return sameSecret(password, this.config.values.requirepass);
  }
}

/** Compares without telling by its duration where two secrets differ, or how long they are. */
export function sameSecret(a: Bytes, b: Bytes): boolean {
  const digest = (secret: Bytes) => createHash('sha256').update(secret, 'latin1').digest();
  return timingSafeEqual(digest(a), digest(b));
}
