/**
 * The figures of INFO memory and MEMORY STATS, from one place. What Redis says of its allocator is said of V8: `allocated` is what
 * lives in its heap, garbage among it, and in buffers outside of it, `active` the pages for both, `resident` the process.
 */
import { type MemoryOverview } from '../commands/context.js';
import { orderFields } from '../info/model.js';
import { type InfoField } from '../info/format.js';
import { ENTRY_BYTES, EXPIRY_BYTES } from '../store/memory.js';
import { type Engine } from './engine.js';
import { human } from './human.js';
import { STARTUP_BYTES } from './memory.js';

/** How the memory is shared out at this moment (redis 7.2.6 object.c:getMemoryOverheadData). */
export function memoryOverview(engine: Engine): MemoryOverview {
  const { memory, clients, store, replication, config, host } = engine;
  clients.memory.refresh();
  const used = memory.used;
  memory.peakBytes = Math.max(memory.peakBytes, used);
  const { bufferBytes, replicaCount } = replication;
  const backlogSize = config.values.replBacklogSize;
  const forReplicas = replicaCount > 0 && bufferBytes > backlogSize ? bufferBytes - backlogSize : 0;
  const databases = store.databases
    .filter((db) => db.size > 0)
    .map(({ id, size, keyspace }) => ({
      id,
      mainBytes: size * ENTRY_BYTES,
      expiresBytes: keyspace.expiring * EXPIRY_BYTES,
    }));
  const tables = databases.reduce((sum, db) => sum + db.mainBytes + db.expiresBytes, 0);
  const overhead = STARTUP_BYTES + bufferBytes + clients.memory.total + tables;
  const keys = store.databases.reduce((sum, db) => sum + db.size, 0);
  const net = Math.max(1, used - STARTUP_BYTES);
  const { rssBytes, heapUsedBytes, heapTotalBytes, outsideBytes } = host.memory();
  return {
    used,
    peak: memory.peakBytes,
    startup: STARTUP_BYTES,
    backlog: bufferBytes - forReplicas,
    replicaBuffers: forReplicas,
    replicationBuffers: bufferBytes,
    normalClients: clients.memory.normal,
    overhead,
    dataset: used - overhead,
    datasetPercent: ((used - overhead) * 100) / net,
    peakPercent: (used * 100) / memory.peakBytes,
    keys,
    bytesPerKey: keys === 0 ? 0 : Math.floor(net / keys),
    notCounted: memory.notCounted,
    allocated: heapUsedBytes + outsideBytes,
    active: heapTotalBytes + outsideBytes,
    resident: rssBytes,
    databases,
  };
}

/** INFO memory, in the order of the model. */
export function memoryFields(engine: Engine): InfoField[] {
  const o = memoryOverview(engine);
  const { host, config, store } = engine;
  const { maxmemory, maxmemoryPolicy } = config.values;
  return orderFields('memory', {
    used_memory: o.used,
    used_memory_human: human(o.used),
    used_memory_rss: o.resident,
    used_memory_rss_human: human(o.resident),
    used_memory_peak: o.peak,
    used_memory_peak_human: human(o.peak),
    used_memory_peak_perc: `${o.peakPercent.toFixed(2)}%`,
    used_memory_overhead: o.overhead,
    used_memory_startup: o.startup,
    used_memory_dataset: o.dataset,
    used_memory_dataset_perc: `${o.datasetPercent.toFixed(2)}%`,
    allocator_allocated: o.allocated,
    allocator_active: o.active,
    allocator_resident: o.resident,
    total_system_memory: host.totalSystemMemoryBytes,
    total_system_memory_human: human(host.totalSystemMemoryBytes),
    maxmemory,
    maxmemory_human: human(maxmemory),
    maxmemory_policy: maxmemoryPolicy,
    allocator_frag_ratio: (o.active / o.allocated).toFixed(2),
    allocator_frag_bytes: o.active - o.allocated,
    allocator_rss_ratio: (o.resident / o.active).toFixed(2),
    allocator_rss_bytes: o.resident - o.active,
    // V8's pages are all that the process is taken to be made of.
    rss_overhead_ratio: '1.00',
    rss_overhead_bytes: 0,
    mem_fragmentation_ratio: (o.resident / o.used).toFixed(2),
    mem_fragmentation_bytes: o.resident - o.used,
    mem_not_counted_for_evict: o.notCounted,
    mem_replication_backlog: o.backlog,
    mem_total_replication_buffers: o.replicationBuffers,
    mem_clients_slaves: o.replicaBuffers,
    mem_clients_normal: o.normalClients,
    mem_cluster_links: 0,
    mem_aof_buffer: 0,
    mem_allocator: 'v8',
    active_defrag_running: 0,
    lazyfree_pending_objects: store.lazyFree.pendingObjects,
    lazyfreed_objects: store.lazyFree.freedObjects,
  });
}
