/** The real process and machine: the adapter behind ProcessPort. Works in the main thread and in a Worker. */
import { release, totalmem, type } from 'node:os';
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { resourceLimits } from 'node:worker_threads';
import { type MemoryFigures, type ProcessPort } from './host.js';

/** process.memoryUsage walks the heap's spaces: its answer is good for this long. */
const MEMORY_CACHE_MS = 50;

/** What full collections of this thread's heap left over. One for all: a heap has many users. */
const heap = { liveBytes: 0, collections: 0, watched: false };

/** What may become old: of the whole heap's limit the young generation is a part in which nothing stays. */
function heapLimitBytes(): number {
  const { maxOldGenerationSizeMb } = resourceLimits;
  if (maxOldGenerationSizeMb === undefined) return getHeapStatistics().heap_size_limit;
  return maxOldGenerationSizeMb * 1024 * 1024;
}

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

function watchHeap(): void {
  if (heap.watched) return;
  heap.watched = true;
  heap.liveBytes = getHeapStatistics().used_heap_size;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as GcEntry[]) {
      if (entry.detail.kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
      heap.collections++;
      heap.liveBytes = getHeapStatistics().used_heap_size;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

export class SystemProcess implements ProcessPort {
  readonly pid = process.pid;
  readonly executable = process.argv[1] ?? process.execPath;
  readonly os = `${type()} ${release()} ${process.arch}`;
  readonly nodeVersion = process.version;
  readonly totalSystemMemoryBytes = totalmem();
  private cached: MemoryFigures | undefined;
  private cachedAt = 0;

  constructor() {
    watchHeap();
  }

  memory(): MemoryFigures {
    const now = performance.now();
    if (this.cached !== undefined && now - this.cachedAt < MEMORY_CACHE_MS) return this.cached;
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    this.cachedAt = now;
    this.cached = {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      // `external` leaves out shared buffers, `arrayBuffers` leaves out what is no buffer.
      outsideBytes: Math.max(external, arrayBuffers),
      heapLimitBytes: heapLimitBytes(),
      liveHeapBytes: heap.liveBytes,
      collections: heap.collections,
    };
    return this.cached;
  }

  memoryReport(): string {
    const lines = ['V8 heap', ...figures(getHeapStatistics())];
    for (const { space_name, ...rest } of getHeapSpaceStatistics()) lines.push(space_name, ...figures(rest));
    return `${lines.join('\n')}\n`;
  }

  cpu(): { userSeconds: number; systemSeconds: number } {
    const { user, system } = process.cpuUsage();
    return { userSeconds: user / 1e6, systemSeconds: system / 1e6 };
  }

  sleep(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
}

function figures(statistics: object): string[] {
  return Object.entries(statistics).map(([name, value]) => `  ${name}: ${value}`);
}
