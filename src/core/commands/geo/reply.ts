/** How distances and positions are answered (redis 7.2.6 geo.c:addReplyDoubleDistance, networking.c:addReplyHumanLongDouble). */
import { ascii } from '../../base/bytes.js';
import { formatLongDouble, longDoubleFromDouble } from '../../base/long-double.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type Position } from './geohash.js';

const DIGITS = 4;
const SCALE = 10 ** DIGITS;

/** Four digits after the point, half to even (util.c:fixedpoint_d2string). */
export function replyDistance(reply: ReplyWriter, distance: number): void {
  const scaled = distance * SCALE;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  const digits = BigInt(rounded)
    .toString()
    .padStart(DIGITS + 1, '0');
  reply.bulk(ascii(`${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`));
}

export function replyPosition(reply: ReplyWriter, { longitude, latitude }: Position): void {
  reply.array(2);
  replyCoordinate(reply, longitude);
  replyCoordinate(reply, latitude);
}

function replyCoordinate(reply: ReplyWriter, degrees: number): void {
  const text = formatLongDouble(longDoubleFromDouble(degrees));
  if (reply.resp === 3) reply.raw(`,${text}\r\n`);
  else reply.bulk(text);
}
