/** Files for the tests of the readers: written on the fly, the committed samples, and the full sets where they are at hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import type { Arrival, ArrivalStream } from '../../traces/arrival.ts';
import { ArrivalRow, copyOf } from '../../traces/arrival-row.ts';

/** A committed sample. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`../../traces/samples/${name}`, import.meta.url));
}

/** A file of the full sets, which are not part of the repository. */
export function fullSet(name: string): string {
  return fileURLToPath(new URL(`../../../shared/traces/${name}`, import.meta.url));
}

/** A directory with these files, gone when the test ends; returns the path of the first. */
export function written(files: Readonly<Record<string, string | Buffer>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'heps-traces-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return join(directory, Object.keys(files)[0]!);
}

export async function collect<Item>(stream: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const batch of stream) items.push(...batch.map(kept));
  return items;
}

/** The same where it is not refilled later; a plain arrival of what is. */
export function kept<Item>(item: Item): Item {
  return item instanceof ArrivalRow ? (copyOf(item) as Item) : item;
}

/** The message of the InputError that a reader throws, with directories left out. */
export async function refusal(reading: ArrivalStream | Promise<unknown>): Promise<string> {
  try {
    await (Symbol.asyncIterator in reading ? collect(reading) : reading);
  } catch (error) {
    if (error instanceof InputError) return withoutDirectories(error.message);
    throw error;
  }
  return 'read without an error';
}

/** What a reader takes when wrong rows are left out, and the messages of those. */
export async function skipping(
  read: (options: { onInvalid: (error: InputError) => void }) => ArrivalStream,
): Promise<{ taken: Arrival[]; messages: string[] }> {
  const messages: string[] = [];
  const taken = await collect(read({ onInvalid: (error) => messages.push(withoutDirectories(error.message)) }));
  return { taken, messages };
}

function withoutDirectories(message: string): string {
  return message.replaceAll(/\/\S*\/heps-traces-\w+\//g, '');
}
