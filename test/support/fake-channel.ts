/** A ByteChannel in memory, driven by the test: what the peer does is called, what we send is collected. */
import {
  type ByteChannel,
  type ChannelError,
  type ChannelEvents,
  type Dial,
  type DialOptions,
} from '../../src/core/base/byte-channel.js';
import { type Clock } from '../../src/core/base/clock.js';

const END = { address: '127.0.0.1:50000', host: '127.0.0.1', port: 50_000 };
const FAR = { address: '10.0.0.5:6379', host: '10.0.0.5', port: 6379 };

export class FakeWire {
  /** One entry for each write. */
  readonly sent: string[] = [];
  closed = false;
  paused = false;
  /** What the channel says of its unsent bytes. */
  unsent = 0;
  dialled: DialOptions | undefined;
  private events: ChannelEvents | undefined;

  constructor(private readonly clock: Clock) {}

  readonly dial: Dial = (events, options) => {
    this.events = events;
    this.dialled = options;
    return () => (this.closed = true);
  };

  open(): void {
    const unsent = () => this.unsent;
    const channel: ByteChannel = {
      local: END,
      remote: FAR,
      write: (bytes) => void this.sent.push(bytes),
      writeBuffer: (bytes) => void this.sent.push(bytes.toString('latin1')),
      get unsentBytes() {
        return unsent();
      },
      pause: () => (this.paused = true),
      resume: () => (this.paused = false),
      close: () => {
        if (this.closed) return;
        this.closed = true;
        this.events?.onClose({ by: 'us' });
      },
    };
    this.events?.onOpen(channel);
  }

  fail(error: ChannelError): void {
    this.events?.onFail(error);
  }

  /** Bytes of the peer. The chunk is overwritten after the call: nobody may keep it. */
  data(latin1: string): void {
    const chunk = Buffer.from(latin1, 'latin1');
    this.events?.onData(chunk, this.clock.monotonicUs());
    chunk.fill(0x21);
  }

  end(): void {
    this.closed = true;
    this.events?.onClose({ by: 'peer' });
  }
}
