/** Passwords of ACL users: kept as the hexadecimal digits of their SHA-256, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Bytes } from '../../base/bytes.js';

const HASH_LENGTH = 64;

/** The digits that stand for a password. */
export function hashPassword(password: Bytes): Bytes {
  return createHash('sha256').update(password, 'latin1').digest('hex') as Bytes;
}

/** Whether the text is such digits, in lower case. */
export function isPasswordHash(text: Bytes): boolean {
  return text.length === HASH_LENGTH && /^[0-9a-f]*$/.test(text);
}

/** Whether two hashes are the same, without telling by the duration where they differ. */
export function sameHash(a: Bytes, b: Bytes): boolean {
  return timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}
