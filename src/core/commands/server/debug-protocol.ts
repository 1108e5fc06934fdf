/** DEBUG PROTOCOL: one reply of each kind, for the tests of client libraries (redis 7.2.6 debug.c:debugCommand). */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { ReplyError } from '../errors.js';

const RESP3_ONLY = new ReplyError('ERR RESP2 is not supported by this command');
const BIG_NUMBER = ascii('1234567999999999999999999999999999999');

const SAMPLES: Readonly<Record<string, (reply: ReplyWriter) => void>> = {
  string: (reply) => reply.bulkText('Hello World'),
  integer: (reply) => reply.int(12345),
  double: (reply) => reply.double(3.141),
  bignum: (reply) => reply.bigNumber(BIG_NUMBER),
  null: (reply) => reply.null(),
  array: (reply) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.int(i);
  },
  set: (reply) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.int(i);
  },
  map: (reply) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.int(i);
      reply.bool(i === 1);
    }
  },
  attrib,
  push,
  verbatim: (reply) => reply.verbatim(ascii('This is a verbatim\nstring')),
  true: (reply) => reply.bool(true),
  false: (reply) => reply.bool(false),
};

/** An attribute is no reply: one follows it. */
function attrib(reply: ReplyWriter): void {
  if (reply.resp === 3) {
    reply.attribute(1);
    reply.bulkText('key-popularity');
    reply.array(2);
    reply.bulkText('key:123');
    reply.int(90);
  }
  reply.bulkText('Some real reply following the attribute');
}

/** Nor is a push. */
function push(reply: ReplyWriter): void {
  if (reply.resp !== 3) throw RESP3_ONLY;
  reply.push(2);
  reply.bulkText('server-cpu-usage');
  reply.int(42);
  reply.bulkText('Some real reply following the push reply');
}

/** Writes the sample that `name` asks for. */
export function replySample(reply: ReplyWriter, name: Bytes): void {
  for (const [word, write] of Object.entries(SAMPLES)) if (isWord(name, word)) return write(reply);
  throw new ReplyError(
    `ERR Wrong protocol type name. Please use one of the following: ${Object.keys(SAMPLES).join('|')}`,
  );
}
