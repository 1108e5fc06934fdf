/** What the main thread and the engine's Worker say to each other. */

/** How the Worker is started. */
export interface EngineData {
  /** The whole configuration as text: file, standard input, command line; latin1. */
  readonly confText: string;
  /** Absolute path of the configuration file, or empty. */
  readonly configFile: string;
  /** The folder that relative paths refer to. */
  readonly cwd: string;
  /** `--port 0` on the command line: any free port. In a file it means no TCP port at all, as in Redis. */
  readonly anyPort: boolean;
}

export type FromEngine =
  | { readonly type: 'log'; readonly line: string }
  | {
      readonly type: 'loading';
      readonly loadedBytes: number;
      readonly totalBytes: number;
      readonly keys: number;
    }
  | { readonly type: 'settings'; readonly logfile: string; readonly pidfile: string }
  | { readonly type: 'ready'; readonly port: number }
  /** It could not start; `message` may have several lines (a configuration file error). */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'exit'; readonly code: number };

export type ToEngine = { readonly type: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' };
