/**
 * ProcessPort: what the engine learns of the process and machine that it runs in. The command line and the library implement it.
 */
export interface ProcessPort {
  readonly pid: number;
  readonly executable: string;
  readonly os: string;
  readonly nodeVersion: string;
  memory(): MemoryFigures;
  /** What the allocator says of itself, for people (MEMORY MALLOC-STATS). ASCII lines. */
  memoryReport(): string;
  /** Seconds of CPU time of the whole process. */
  cpu(): { userSeconds: number; systemSeconds: number };
  readonly totalSystemMemoryBytes: number;
  /** Blocks the thread (DEBUG SLEEP). */
  sleep(ms: number): void;
}

export interface MemoryFigures {
  readonly rssBytes: number;
  /** Objects in V8's heap, dead ones among them. */
  readonly heapUsedBytes: number;
  /** Pages of V8's heap. */
  readonly heapTotalBytes: number;
  /** Buffers and what else V8's objects hold outside of its heap. */
  readonly outsideBytes: number;
  /** Beyond this V8 gives up. */
  readonly heapLimitBytes: number;
  /** What was in the heap right after the last full collection, or at the start. */
  readonly liveHeapBytes: number;
  /** Full collections so far. */
  readonly collections: number;
}
