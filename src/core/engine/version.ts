/** The version of Redis that this server speaks, and the product's own. */
export const REDIS_VERSION = '7.2.6';
