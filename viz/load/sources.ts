/** What the page opens by itself: written into the page, as JSON in `#heps-sources`, by whoever serves or exports it. */

/** One run: fetched from `url`, or in the page itself, as base64 of gzip in the element with the id `embedded`. */
export type RunSource = { readonly name: string } & ({ readonly url: string } | { readonly embedded: string });

export interface Sources {
  readonly runs: readonly RunSource[];
  /** Address of the stream of a live cloud; null where there is none. */
  readonly live: string | null;
}

/** The sources of this page. */
export function sourcesOf(page: Document): Sources {
  return JSON.parse(page.querySelector('#heps-sources')!.textContent) as Sources;
}

/** The bytes of a run file. @throws Error saying what could not be fetched */
export async function openRun(source: RunSource, page: Document): Promise<ReadableStream<Uint8Array>> {
  if ('embedded' in source) return unpack(page.querySelector(`#${source.embedded}`)!.textContent);
  const response = await fetch(source.url);
  if (!response.ok || response.body === null) throw new Error(`${source.name}: ${response.status} from ${source.url}`);
  return response.body;
}

function unpack(base64: string): ReadableStream<Uint8Array> {
  const bytes = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
}
