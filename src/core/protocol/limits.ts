/**
 * Limits of the wire protocol, by name. Each bounds what one client can make the server hold or wait for; the numbers are
 * those of redis 7.2.6 (server.h, networking.c, config.c) unless a comment says otherwise. Used by the request parser, the
 * reply decoder and the config registry.
 */

/** Longest inline command and longest `*<count>` or `$<length>` line, in bytes (PROTO_INLINE_MAX_SIZE). */
export const MAX_INLINE_BYTES = 64 * 1024;

/** Most arguments of one command (INT_MAX). Nothing is allocated from the announced count. */
export const MAX_MULTIBULK_COUNT = 2_147_483_647;

/** Default of `proto-max-bulk-len`, in bytes. */
export const DEFAULT_MAX_BULK_BYTES = 512 * 1024 * 1024;

/** Longest string that V8 can hold (2^29 - 24): a longer bulk is refused whatever `proto-max-bulk-len` says. */
export const MAX_STRING_BYTES = 536_870_888;

/** Most arguments of one command before authentication (redis 7.2.6 networking.c:processMultibulkBuffer). */
export const MAX_UNAUTHENTICATED_ARGS = 10;

/** Longest argument before authentication, in bytes (same place). */
export const MAX_UNAUTHENTICATED_BULK_BYTES = 16 * 1024;

/** Deepest nesting of a reply that the client side accepts. Ours: replies of a real server nest less than ten deep. */
export const MAX_REPLY_DEPTH = 1024;

/** Longest line of a reply that the client side accepts (status, error, number, big number), in bytes. Ours. */
export const MAX_REPLY_LINE_BYTES = 1024 * 1024;
