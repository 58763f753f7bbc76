/** A table of the documentation that commands of heps make: where it stands, what it takes, and how its text comes of their output. */
import type { DataFile } from '../data-files.ts';

/** A command that Node runs in the package's folder. */
export interface TableCommand {
  /** A script by its path from there. */
  readonly script: string;
  readonly args: readonly string[];
  /** Besides the environment of heps. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a table is made with. */
export interface TableInputs {
  /** Data files by path. */
  readonly pathOf: (file: DataFile) => string;
  /** A folder of the user in which data is; undefined where none was named. */
  readonly dataFolder: string | undefined;
  /** A folder for what the commands write; it is there, and stays for the next time. */
  readonly workFolder: string;
  /** How many runs at a time. */
  readonly threads: number;
}

/** Whole pages are tables too. */
export interface DocTable {
  /** By which people choose it. */
  readonly name: string;
  /** By its path in the package. */
  readonly page: string;
  /** How its first line begins; null: it is the whole page. */
  readonly firstLine: string | null;
  /** Data that is not ours to ship. */
  readonly data: readonly DataFile[];
  /** What it needs that is in a clone of the repository and not in the package, by path. */
  readonly sources: readonly string[];
  /** What it took where it was measured: minutes of processor time, and MiB at most. */
  readonly measured: { readonly cpuMinutes: number; readonly memoryMib: number };
  /** Run one after the other. */
  commands(inputs: TableInputs): readonly TableCommand[];
  /** The text as it should be in the page. @param outputs of the commands, in their order */
  text(outputs: readonly string[], inputs: TableInputs): string;
}

/** The command line of heps as a command. */
export function heps(...args: string[]): TableCommand {
  return { script: 'dist/cli.js', args };
}
