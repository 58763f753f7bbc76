/** What a person gave is wrong: says where, what was expected and what came. The command line prints it and exits with 2. */
export class InputError extends Error {
  /**
   * @param where file with line and column, or the path of a field: `trace.csv:7, column vcpus`, `cards[1].memoryMib`
   * @param expected in words
   * @param got the value; undefined for nothing
   */
  constructor(where: string, expected: string, got: unknown) {
    super(`${where}: expected ${expected}, got ${describe(got)}`);
    this.name = 'InputError';
  }

  /**
   * A file that the system does not let be read, with its code: `EACCES`, `EISDIR`, `EMFILE`; nothing where there is none.
   *
   * @param cause the system's error, which the new one keeps
   */
  static unreadable(
    where: string,
    expected: string,
    cause: { readonly code?: string | undefined; readonly message: string },
  ): InputError {
    const got = cause.code === 'ENOENT' ? undefined : (cause.code ?? cause.message);
    return Object.assign(new InputError(where, expected, got), { cause });
  }

  /** One that says just this; for a message that comes from another thread. */
  static saying(message: string): InputError {
    const error = new InputError('', '', '');
    error.message = message;
    return error;
  }
}

/** A value as one short piece of text, whatever it is. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
