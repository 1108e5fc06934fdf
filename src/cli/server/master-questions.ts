/**
 * MasterQuestions: what only the master knows, asked on a connection of its own beside the link: what kind of server it is, and
 * where its stream stands. INFO is cheap, but it is a right: a master that refuses it, or is slow, costs nothing but the answer.
 */
import { type Dial } from '../../core/base/byte-channel.js';
import { ascii, type Bytes } from '../../core/base/bytes.js';
import { type Clock } from '../../core/base/clock.js';
import { findField, infoInteger, parseInfo, type ParsedSection } from '../../core/info/parse.js';
import { InspectClient, InspectError, type Login } from '../../core/inspect/client.js';
import { productOf } from '../../core/inspect/product.js';

/** An answer that is later than this is of no use any more. */
const ANSWER_MS = 500;

export class MasterQuestions {
  private client: Promise<InspectClient | undefined>;
  private over = false;
  private busy = false;

  constructor(dial: Dial, name: string, clock: Clock, login: Login) {
    this.client = InspectClient.open(dial, name, { clock, timeoutMs: ANSWER_MS, login }).then(
      (client) => {
        if (this.over) client.close();
        return client;
      },
      (error: unknown) => this.unanswered(error),
    );
  }

  /** Such as `redis 7.2.4`; undefined when it does not say. Never rejects. */
  async server(): Promise<string | undefined> {
    const sections = await this.info('server');
    const { product, version } = productOf(sections);
    return version === undefined ? undefined : `${product} ${version}`;
  }

  /** Its replication offset now; undefined when it does not say. Never rejects. */
  async offset(): Promise<number | undefined> {
    return infoInteger(findField(await this.info('replication'), 'master_repl_offset'));
  }

  private async info(section: string): Promise<readonly ParsedSection[]> {
    const client = await this.client;
    if (client === undefined || this.over || this.busy) return [];
    this.busy = true;
    try {
      const [reply] = await client.calls([[ascii('INFO'), section as Bytes]]);
      if (reply.type === 'bulk' || reply.type === 'verbatim') return parseInfo(reply.value);
      // Refused: it will be the next time, too, and each refusal is a line in the master's ACL LOG.
      this.close();
    } catch (error) {
      this.unanswered(error);
    } finally {
      this.busy = false;
    }
    return [];
  }

  private unanswered(error: unknown): undefined {
    if (!(error instanceof InspectError)) throw error;
    this.close();
  }

  /** Asks nothing more. */
  close(): void {
    if (this.over) return;
    this.over = true;
    void this.client.then((client) => client?.close());
  }
}
