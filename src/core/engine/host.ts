/**
 * ProcessPort: what the engine learns of the process and machine that it runs in. The command line and the library implement it.
 */
export interface ProcessPort {
  readonly pid: number;
  readonly executable: string;
  readonly os: string;
  readonly nodeVersion: string;
  memory(): MemoryFigures;
  /** Seconds of CPU time of the whole process. */
  cpu(): { userSeconds: number; systemSeconds: number };
  readonly totalSystemMemoryBytes: number;
  /** Blocks the thread (DEBUG SLEEP). */
  sleep(ms: number): void;
}

export interface MemoryFigures {
  readonly rssBytes: number;
  /** V8 heap and external memory in use: what `used_memory` reports. */
  readonly usedBytes: number;
  /** Beyond this V8 gives up. */
  readonly heapLimitBytes: number;
  readonly heapUsedBytes: number;
}
