/**
 * The bits of the gate word. A command skips the walk over the gates when
 * `(command.gateMask & engine.armed) | session.armed` is 0: nothing that could refuse or delay it is the case.
 *
 * The engine's bits say what is the case for the server; a command's mask says which of them concern it. The session's bits
 * lie above them.
 */

export const EngineGate = {
  protectedCommands: 1 << 0,
  maxMemory: 1 << 1,
  diskError: 1 << 2,
  minReplicas: 1 << 3,
  readOnlyReplica: 1 << 4,
  masterDown: 1 << 5,
  loading: 1 << 6,
  busy: 1 << 7,
  pausedAll: 1 << 8,
  pausedWrites: 1 << 9,
  /** Somebody tracks keys: their table has a limit. */
  tracking: 1 << 10,
  /** Clients take more than maxmemory-clients. */
  clientMemory: 1 << 11,
} as const;

/** Who looks at a command once it has run. With nobody there, a call costs one test. */
export const Observer = {
  /** MONITOR. */
  monitors: 1,
  /** Clients that track what they read. */
  tracking: 2,
  /** Messages wait for the running command's own client. */
  pushes: 4,
  /** So do invalidations. */
  own: 8,
} as const;

export const SessionGate = {
  unauthenticated: 1 << 16,
  multi: 1 << 17,
  pubsub: 1 << 18,
  replica: 1 << 19,
  /** CLIENT REPLY and CLIENT NO-TOUCH: the call itself is different. */
  special: 1 << 20,
  /** The client's user lacks some permission. */
  acl: 1 << 21,
} as const;
