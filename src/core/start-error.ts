/** A server that could not start; `message` is one clear line. Thrown by the composition root and its parts, printed by the command line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
