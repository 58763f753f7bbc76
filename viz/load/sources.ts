/** What the page opens on its own: written into it, as JSON in `#heps-sources`, by the command that serves or exports it. */

import type { PageRun, PageSources } from '../../core/wire/page-sources.ts';

/** The sources of this page. */
export function sourcesOf(page: Document): PageSources {
  return JSON.parse(page.querySelector('#heps-sources')!.textContent) as PageSources;
}

/** The bytes of a run file. @throws Error saying what could not be fetched */
export async function openRun(source: PageRun, page: Document): Promise<ReadableStream<Uint8Array>> {
  if ('embedded' in source) return unpack(page.querySelector(`#${source.embedded}`)!.textContent);
  const response = await fetch(source.url);
  if (!response.ok || response.body === null) throw new Error(`${source.name}: ${response.status} from ${source.url}`);
  return response.body;
}

function unpack(base64: string): ReadableStream<Uint8Array> {
  const bytes = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
}
