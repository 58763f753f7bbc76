/** What a person gave is wrong: says where, what was expected and what came. The command line prints it and exits with 2. */
export class InputError extends Error {
  /** File with line and column, or the path of a field: `trace.csv:7, column vcpus`, `cards[1].memoryMib`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;

  constructor(where: string, expected: string, got: unknown) {
    const shown = describe(got);
    super(`${where}: expected ${expected}, got ${shown}`);
    this.name = 'InputError';
    this.where = where;
    this.expected = expected;
    this.got = shown;
  }
}

/** A value as one short piece of text, whatever it is. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
