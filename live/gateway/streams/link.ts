/** The way to where a stream comes from, whatever carries it. */

export interface Link {
  write(bytes: Buffer): void;
  /** Bytes that were written and that the far end has not taken. */
  readonly backlog: number;
  pause(): void;
  resume(): void;
  close(): void;
}

/** Who gets what comes. */
export interface LinkUser {
  /** The bytes are the user's until it returns and `isDone` is true. */
  onBytes(bytes: Buffer): void;
  /** Whether the bytes that were given last are used and may be overwritten. */
  isDone(): boolean;
  /** The backlog is gone. */
  onDrain(): void;
  /** Nothing more comes; once. */
  onEnd(): void;
}
