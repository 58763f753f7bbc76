/** A policy that does not come with heps: what it is, and the file that it came from. */
import type { PolicyFactory } from '../core/policy.ts';

/** The file of a policy. */
export interface PolicyModule {
  /** Absolute path. */
  readonly file: string;
  /** Path as somebody gave it: what messages and run files say. */
  readonly given: string;
  /** Hex digest of its bytes. */
  readonly sha256: string;
}

/** A policy and its file. */
export interface LoadedPolicy {
  readonly factory: PolicyFactory;
  readonly module: PolicyModule;
}
