/** The gallery, whole, by chapter. */
import { type Case } from './case.js';
import { INTRODUCE_CASES } from './introduce.js';
import { LOGIN_CASES, STATE_CASES } from './login.js';
import { POSITION_CASES } from './position.js';
import { PSYNC_CASES } from './psync.js';
import { REACH_CASES } from './reach.js';
import { SNAPSHOT_CASES } from './snapshot.js';
import { SOFTWARE_CASES } from './software.js';
import { STREAM_CASES } from './stream.js';

export const GALLERY: Readonly<Record<string, readonly Case[]>> = {
  reach: REACH_CASES,
  login: LOGIN_CASES,
  state: STATE_CASES,
  introduce: INTRODUCE_CASES,
  software: SOFTWARE_CASES,
  psync: PSYNC_CASES,
  position: POSITION_CASES,
  snapshot: SNAPSHOT_CASES,
  stream: STREAM_CASES,
};
