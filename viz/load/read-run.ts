/** Reads a run file from whatever it comes from: the server, the page itself, or a file dropped on it. */
import { InputError } from '../../core/input-error.ts';
import { checkRunFile } from '../../core/runs/check-run-file.ts';
import type { PagePolicy } from '../../core/wire/page-sources.ts';
import { type Run, runOf } from '../model/run.ts';
import { importPolicy } from './policy-module.ts';

/** @param policy of the run, where it does not come with heps @throws InputError saying what was expected where */
export async function readRun(bytes: ReadableStream<Uint8Array>, name: string, policy?: PagePolicy): Promise<Run> {
  let value: unknown;
  try {
    value = await new Response(bytes as BodyInit).json();
  } catch (error) {
    throw new InputError(name, 'a run file (JSON)', (error as Error).message);
  }
  return runOf(checkRunFile(value, name), name, policy === undefined ? undefined : await importPolicy(policy));
}

/** Bytes of a file of this computer, unpacked when they are gzip. */
export async function openFile(file: File): Promise<ReadableStream<Uint8Array>> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isGzip = first === 0x1f && second === 0x8b;
  return isGzip ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
}
