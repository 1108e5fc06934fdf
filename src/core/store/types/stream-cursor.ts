/**
 * StreamCursor: walks the entries of a stream in either direction without a list of them. It stands on an entry after `next`
 * returned true. Valid until the stream changes.
 */
import { type StreamId } from './stream-id.js';
import { type StreamNode } from './stream-node.js';

export class StreamCursor {
  /** The node and the place in it of the entry that it stands on. */
  node: StreamNode;
  index: number;

  /** Stands before the first step; `at` may be outside of `nodes`, `index` outside of the node. */
  constructor(
    private readonly nodes: readonly StreamNode[],
    private readonly head: number,
    private at: number,
    index: number,
    private readonly step: 1 | -1,
  ) {
    this.node = nodes[at];
    this.index = index;
  }

  /** Made at each call. */
  get id(): StreamId {
    return this.node.idAt(this.index);
  }

  /** Goes to the next entry. @returns false: there is none */
  next(): boolean {
    if (this.at < this.head || this.at >= this.nodes.length) return false;
    this.index += this.step;
    while (this.index < 0 || this.index >= this.node.length) {
      this.at += this.step;
      if (this.at < this.head || this.at >= this.nodes.length) return false;
      this.node = this.nodes[this.at];
      this.index = this.step > 0 ? 0 : this.node.length - 1;
    }
    return true;
  }
}
