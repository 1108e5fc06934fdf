/** What clients may call themselves: CLIENT LIST is split at blanks, so nothing but visible ASCII is taken. */
import { type Bytes } from '../../base/bytes.js';
import { ReplyError } from '../errors.js';

const VISIBLE = /^[!-~]*$/;
const BAD_NAME = new ReplyError('ERR Client names cannot contain spaces, newlines or special characters.');

/** Throws when `name` is no name for a client. */
export function checkClientName(name: Bytes): void {
  if (!isVisible(name)) throw BAD_NAME;
}

/** Whether there is only visible ASCII in `text`. */
export function isVisible(text: Bytes): boolean {
  return VISIBLE.test(text);
}
