/**
 * Where a master's offset stood at which time, while it was watched. It tells how old the data of a replica is, which no rate
 * does: bytes per second of now say nothing of a burst that is over. Fed and asked by `report` and by `Watch`.
 */

interface Mark {
  readonly atUs: number;
  readonly offset: number;
}

/** More looks than this are forgotten, the oldest first. */
const MOST_MARKS = 3600;

export class Trail {
  private marks: Mark[] = [];

  /** A look at `atUs` (monotonic). An offset that went back is another history: what was before does not count. */
  add(atUs: number, offset: number | undefined): void {
    if (offset === undefined) return;
    const last = this.marks.at(-1);
    if (last && offset < last.offset) this.marks = [];
    this.marks.push({ atUs, offset });
    if (this.marks.length > 2 * MOST_MARKS) this.marks = this.marks.slice(-MOST_MARKS);
  }

  /** Seconds since the master stood at `offset`, evenly spread between two looks; undefined when that was before the first look. */
  age(offset: number): number | undefined {
    const last = this.marks.at(-1);
    if (!last || offset < this.marks[0].offset) return undefined;
    let [low, high] = [0, this.marks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.marks[middle].offset <= offset) low = middle;
      else high = middle - 1;
    }
    const [from, to] = [this.marks[low], this.marks[low + 1] ?? last];
    const share = to.offset > from.offset ? (offset - from.offset) / (to.offset - from.offset) : 0;
    return (last.atUs - from.atUs - share * (to.atUs - from.atUs)) / 1e6;
  }
}
