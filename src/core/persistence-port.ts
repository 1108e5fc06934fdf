/**
 * What commands see of persistence: the rules and texts of SAVE, BGSAVE, FLUSHALL and DEBUG RELOAD, and INFO persistence
 * (redis 7.2.6 rdb.c:saveCommand, bgsaveCommand; db.c:flushAllDataAndResetRDB).
 */
import { type PersistencePort } from './commands/context.js';
import { Errors, ReplyError } from './commands/errors.js';
import { type Engine } from './engine/engine.js';
import { orderFields, type InfoField } from './info/model.js';
import { type Persistence, reasonOf } from './persistence/persistence.js';

export function persistencePort(persistence: Persistence, engine: Engine): PersistencePort {
  return {
    save() {
      if (persistence.jobRunning !== undefined) throw Errors.saveInProgress;
      saveOrThrow(persistence);
    },
    backgroundSave(schedule) {
      const { jobRunning } = persistence;
      if (jobRunning !== undefined && !schedule) throw Errors.saveInProgress;
      if (jobRunning !== undefined) {
        persistence.schedule();
        return 'Background saving scheduled';
      }
      if (!persistence.startBackgroundSave()) throw new ReplyError('ERR Background save failed: see the log');
      return 'Background saving started';
    },
    get lastSaveSeconds() {
      return Math.floor(persistence.lastSaveMs / 1000);
    },
    reload({ save, flush }) {
      persistence.abortJob();
      if (save) saveOrThrow(persistence);
      if (flush) engine.gate.flushAll();
      try {
        persistence.loadNow();
      } catch (error) {
        throw new ReplyError(`ERR Error trying to load the RDB dump: ${reasonOf(error)}`);
      }
    },
    flushed() {
      persistence.abortJob();
      if (!persistence.hasSavePoints) return;
      try {
        persistence.saveNow();
      } catch {
        // Logged and shown by rdb_last_bgsave_status; FLUSHALL itself went through.
      }
    },
    get hasSavePoints() {
      return persistence.hasSavePoints;
    },
    info: () => persistenceFields(persistence, engine),
  };
}

function saveOrThrow(persistence: Persistence): void {
  try {
    persistence.saveNow();
  } catch (error) {
    throw new ReplyError(`ERR ${reasonOf(error)}`);
  }
}

function persistenceFields(persistence: Persistence, engine: Engine): InfoField[] {
  const f = persistence.figures;
  const { loading } = engine;
  return orderFields('persistence', {
    loading: loading === undefined ? 0 : 1,
    async_loading: 0,
    current_cow_peak: 0,
    current_cow_size: f.sideQueue,
    current_cow_size_age: f.inProgress ? Math.max(0, f.currentSeconds) : 0,
    current_fork_perc: f.totalKeys === 0 ? '0.00' : ((f.processedKeys / f.totalKeys) * 100).toFixed(2),
    current_save_keys_processed: f.processedKeys,
    current_save_keys_total: f.totalKeys,
    rdb_changes_since_last_save: f.dirty,
    rdb_bgsave_in_progress: f.inProgress ? 1 : 0,
    rdb_last_save_time: f.lastSaveSeconds,
    rdb_last_bgsave_status: f.lastOk ? 'ok' : 'err',
    rdb_last_bgsave_time_sec: f.lastDurationSeconds,
    rdb_current_bgsave_time_sec: f.currentSeconds,
    rdb_saves: f.saves,
    rdb_last_cow_size: f.lastSideQueue,
    rdb_last_load_keys_expired: f.lastLoad.expired,
    rdb_last_load_keys_loaded: f.lastLoad.loaded,
    aof_enabled: 0,
    aof_rewrite_in_progress: 0,
    aof_rewrite_scheduled: 0,
    aof_last_rewrite_time_sec: -1,
    aof_current_rewrite_time_sec: -1,
    aof_last_bgrewrite_status: 'ok',
    aof_rewrites: 0,
    aof_rewrites_consecutive_failures: 0,
    aof_last_write_status: 'ok',
    aof_last_cow_size: 0,
    ...(loading && loadingFields(loading, engine.clock.nowMs())),
  });
}

function loadingFields(loading: NonNullable<Engine['loading']>, nowMs: number) {
  const { startedMs, totalBytes, loadedBytes } = loading;
  const elapsedSeconds = (nowMs - startedMs) / 1000;
  const rate = elapsedSeconds > 0 ? loadedBytes / elapsedSeconds : 0;
  return {
    loading_start_time: Math.floor(startedMs / 1000),
    loading_total_bytes: totalBytes,
    loading_loaded_bytes: loadedBytes,
    loading_loaded_perc: totalBytes === 0 ? '0.00' : ((loadedBytes / totalBytes) * 100).toFixed(2),
    loading_eta_seconds: rate === 0 ? 1 : Math.max(0, Math.ceil((totalBytes - loadedBytes) / rate)),
  };
}
