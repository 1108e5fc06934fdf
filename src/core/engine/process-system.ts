/** The real process and machine: the adapter behind ProcessPort. Works in the main thread and in a Worker. */
import { release, totalmem, type } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { type MemoryFigures, type ProcessPort } from './host.js';

/** process.memoryUsage walks the heap's spaces: its answer is good for this long. */
const MEMORY_CACHE_MS = 50;

export class SystemProcess implements ProcessPort {
  readonly pid = process.pid;
  readonly executable = process.argv[1] ?? process.execPath;
  readonly os = `${type()} ${release()} ${process.arch}`;
  readonly nodeVersion = process.version;
  readonly totalSystemMemoryBytes = totalmem();
  private cached: MemoryFigures | undefined;
  private cachedAt = 0;

  memory(): MemoryFigures {
    const now = performance.now();
    if (this.cached !== undefined && now - this.cachedAt < MEMORY_CACHE_MS) return this.cached;
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    this.cachedAt = now;
    this.cached = {
      rssBytes: rss,
      // `external` leaves out shared buffers, `arrayBuffers` leaves out what is no buffer.
      usedBytes: heapUsed + Math.max(external, arrayBuffers),
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
    };
    return this.cached;
  }

  cpu(): { userSeconds: number; systemSeconds: number } {
    const { user, system } = process.cpuUsage();
    return { userSeconds: user / 1e6, systemSeconds: system / 1e6 };
  }

  sleep(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
}
