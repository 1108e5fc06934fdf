/**
 * A master that stops in the middle of its snapshot until it is told to go on: what is shown meanwhile can be looked at. In the length
 * form or the EOF form; afterwards it is silent but for what the test sends.
 */
import net from 'node:net';

const REPLID = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';
const MARK = 'feedfeedfeedfeedfeedfeedfeedfeedfeedfeed';

export interface HalfSnapshotMaster {
  readonly port: number;
  /** Sends the rest of the snapshot. */
  goOn(): void;
  /** Sends bytes of the stream. */
  stream(latin1: string): void;
  stop(): void;
}

/** `keys` keys of about 1 KB as RDB 9, without a checksum. */
function rdb(keys: number): Buffer {
  const parts = [Buffer.from('REDIS0009\xfe\x00', 'latin1')];
  for (let i = 0; i < keys; i++) {
    const key = `key:${String(i).padStart(8, '0')}`;
    // 0x43 0xe8: a length of 1000 in 14 bits.
    parts.push(Buffer.from(`\x00\x0c${key}\x43\xe8${'v'.repeat(1000)}`, 'latin1'));
  }
  return Buffer.concat([...parts, Buffer.from('\xff\0\0\0\0\0\0\0\0', 'latin1')]);
}

/** Starts one with a data set of `keys` keys. */
export async function halfSnapshotMaster(form: 'length' | 'eof', keys: number): Promise<HalfSnapshotMaster> {
  const data = rdb(keys);
  const half = data.length >> 1;
  let link: net.Socket | undefined;
  let halfSent: Promise<void> | undefined;
  const begin = (socket: net.Socket): void => {
    link = socket;
    const header = form === 'eof' ? `$EOF:${MARK}\r\n` : `$${data.length}\r\n`;
    socket.write(`+FULLRESYNC ${REPLID} 1000\r\n${header}`);
    socket.write(data.subarray(0, half >> 1));
    // The second quarter later: a rate takes two moments.
    halfSent = new Promise((done) => {
      setTimeout(() => socket.write(data.subarray(half >> 1, half), () => done()), 300);
    });
  };
  const server = net.createServer((socket) => {
    let seen = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1').toLowerCase();
      for (let at = seen.indexOf('\r\n'); at >= 0; at = seen.indexOf('\r\n')) {
        const line = seen.slice(0, at);
        seen = seen.slice(at + 2);
        if (line === 'ping') socket.write('+PONG\r\n');
        else if (line === 'listening-port' || line === 'eof') socket.write('+OK\r\n');
        else if (line === 'psync') begin(socket);
        else if (line === 'info') socket.write('-ERR no\r\n');
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as net.AddressInfo).port,
    goOn: () =>
      void halfSent?.then(() => {
        link?.write(data.subarray(half));
        if (form === 'eof') link?.write(MARK);
      }),
    stream: (latin1) => void link?.write(latin1, 'latin1'),
    stop: () => {
      link?.destroy();
      server.close();
    },
  };
}
