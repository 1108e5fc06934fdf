/** Gallery: PING and REPLCONF. */
import { type WireAnswer } from '../../../support/wire-master.js';
import { a, homeMadeInfo, unknown, type Case } from './case.js';

/** Answers REPLCONF by its option, others with +OK. */
const replconf =
  (option: string, answer: string | undefined): WireAnswer =>
  (args) =>
    args[1] === option ? answer : '+OK\r\n';

/** A server that takes names only as replicas usually write them. */
const exactly =
  (name: string, answer: string): WireAnswer =>
  (args) =>
    args[0] === name && args[1] !== 'LISTENING-PORT' ? answer : unknown(args, never);
const never = undefined as never;

export const INTRODUCE_CASES: readonly Case[] = [
  a('wrong-reply-type', 'PONG as a bulk string', { on: { ping: '$4\r\nPONG\r\n' } }),
  a('wrong-reply-type', 'PONG without its plus sign', { on: { ping: 'PONG\r\n' } }),
  a('wrong-reply-type', 'null', { on: { ping: '$-1\r\n' } }),
  a('wrong-reply-type', 'a map of RESP3', { on: { ping: '%0\r\n' } }),
  a('wrong-reply-type', 'an array', { on: { ping: '*1\r\n$4\r\nPONG\r\n' } }),
  a('wrong-reply-type', 'OK as a bulk string, to REPLCONF', { on: { replconf: '$2\r\nOK\r\n' } }),
  a('wrong-reply-type', 'PONG as an error', { on: { ping: '-PONG\r\n' } }),
  a('ping-refused', 'an error of its own', { on: { ping: '-ERR something\r\n' } }),
  a('ping-refused', 'an unknown command', { on: { ping: unknown } }),
  a('ping-refused', 'and a close', {
    on: {
      ping: (_args, c) => {
        c.send('-ERR go away\r\n');
        c.close();
        return undefined;
      },
    },
  }),
  a('odd-reply', '+pong', { on: { ping: '+pong\r\n' } }),
  a('odd-reply', ':1 to REPLCONF', { on: { replconf: ':1\r\n' } }),
  a('missing-line-end', 'PING', { on: { ping: '+PONG' } }),
  a('missing-line-end', 'REPLCONF', { on: { replconf: '+OK' } }),
  a('missing-line-end', 'PSYNC', { on: { psync: '+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0' } }),
  a('line-feed-only', 'PING', { on: { ping: '+PONG\n' } }),
  a('line-feed-only', 'PING of a home-made server', { on: { ping: '+PONG\n', info: homeMadeInfo() } }),
  a('line-feed-only', 'REPLCONF of a home-made server', { on: { replconf: '+OK\n', info: homeMadeInfo() } }),
  a('replconf-unanswered', 'all of it', { on: { replconf: () => undefined } }),
  a('replconf-unanswered', 'capa alone', { on: { replconf: replconf('capa', undefined) } }),
  a('one-command-per-read', 'found beside the way', { onePerRead: true, on: { info: homeMadeInfo() } }),
  a(
    'one-command-per-read',
    'met in a burst',
    { onePerRead: true, on: { info: homeMadeInfo() } },
    { manner: 'burst' },
  ),
  a('case-sensitive-commands', 'PING in upper case only', {
    on: { ping: exactly('PING', '+PONG\r\n'), info: homeMadeInfo() },
  }),
  a('case-sensitive-commands', 'REPLCONF in upper case only', {
    on: { replconf: exactly('REPLCONF', '+OK\r\n'), info: homeMadeInfo() },
  }),
  a('case-sensitive-commands', 'options in lower case only', {
    on: {
      replconf: (args) => (args[1] === 'LISTENING-PORT' ? '-ERR unknown option\r\n' : '+OK\r\n'),
      info: homeMadeInfo(),
    },
  }),
  a('replconf-unknown', 'an unknown command', { on: { replconf: unknown } }),
  a('replconf-option-refused', 'an older master', {
    on: { replconf: replconf('capa', '-ERR Unrecognized REPLCONF option: capa\r\n') },
  }),
  a('replconf-syntax', 'one pair is all it takes', {
    on: { replconf: replconf('capa', '-ERR syntax error\r\n') },
  }),
  a('replconf-syntax', 'a number of arguments', {
    on: { replconf: replconf('capa', "-ERR wrong number of arguments for 'replconf' command\r\n") },
  }),
  a(
    'announce-ip-too-long',
    'a name of 300 bytes',
    {
      on: {
        replconf: replconf(
          'ip-address',
          '-ERR REPLCONF ip-address provided by replica instance is too long: 300 bytes\r\n',
        ),
      },
    },
    { announceIp: 'x'.repeat(300) },
  ),
];
