/**
 * A Dial whose other end is a table of replies: for tests of clients on a manual clock, without a socket. Whatever is asked for
 * and not in the table fails the test.
 */
import { type ChannelClose, type ChannelError, type Dial } from '../../src/core/base/byte-channel.js';
import { type Bytes } from '../../src/core/base/bytes.js';

export interface Script {
  /** Wire reply by command line (`INFO replication`); `silence` for none. Several: one after the other, the last for ever. */
  readonly replies: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as soon as the connection is open. */
  readonly greeting?: string;
  /** The connection attempt fails so. */
  readonly fail?: ChannelError;
  /** After the reply to this command line the peer closes. */
  readonly closeAfter?: string;
}

export interface ScriptedDial {
  readonly dial: Dial;
  /** The command lines that were asked, in order. */
  readonly asked: string[];
  readonly closed: () => boolean;
}

const END = { address: 'peer:1', host: 'peer', port: 1 };

/** A dial that plays `script`. Every reply comes in two pieces, in a later microtask. */
export function scriptedDial(script: Script): ScriptedDial {
  const asked: string[] = [];
  let lastClosed = false;
  const dial: Dial = (events) => {
    let closed = false;
    lastClosed = false;
    const close = (why: ChannelClose) => {
      if (closed) return;
      closed = true;
      lastClosed = true;
      queueMicrotask(() => events.onClose(why));
    };
    const send = (text: string) => {
      const bytes = Buffer.from(text, 'latin1');
      const half = bytes.length >> 1;
      queueMicrotask(() => {
        for (const part of [bytes.subarray(0, half), bytes.subarray(half)])
          if (!closed) events.onData(part, 0);
      });
    };
    const answer = (line: string) => {
      asked.push(line);
      const entries = [script.replies[line] ?? []].flat();
      const times = asked.filter((each) => each === line).length;
      const entry = entries[Math.min(times, entries.length) - 1];
      if (entry === undefined) throw new Error(`not in the script: ${line}`);
      if (entry !== 'silence') send(entry);
      if (line === script.closeAfter) queueMicrotask(() => close({ by: 'peer' }));
    };
    queueMicrotask(() => {
      if (script.fail) return events.onFail(script.fail);
      events.onOpen({
        local: END,
        remote: END,
        write: (bytes: Bytes) => commandLines(bytes).forEach(answer),
        writeBuffer: (bytes) => commandLines(bytes.toString('latin1')).forEach(answer),
        unsentBytes: 0,
        pause: () => undefined,
        resume: () => undefined,
        close: () => close({ by: 'us' }),
      });
      if (script.greeting !== undefined) {
        send(script.greeting);
        queueMicrotask(() => close({ by: 'peer' }));
      }
    });
    return () => undefined;
  };
  return { dial, asked, closed: () => lastClosed };
}

/** The commands in `bytes`, their arguments joined by blanks. */
export function commandLines(bytes: string): string[] {
  const lines = bytes.split('\r\n');
  const commands: string[] = [];
  for (let i = 0; i < lines.length - 1;) {
    const count = Number(lines[i].slice(1));
    commands.push(
      lines
        .slice(i + 1, i + 1 + 2 * count)
        .filter((_, n) => n % 2 === 1)
        .join(' '),
    );
    i += 1 + 2 * count;
  }
  return commands;
}

/** A bulk string on the wire. */
export function bulk(text: string): string {
  return `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;
}

/** An array of bulk strings on the wire. */
export function bulks(...items: string[]): string {
  return `*${items.length}\r\n${items.map(bulk).join('')}`;
}
