/**
 * UsageError: what the user typed cannot be used (flag, address, port, value). The base command prints its message as one
 * line, then the command's usage, and exits with the command's code for bad usage. The message never holds a password.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
