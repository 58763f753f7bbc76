/** What the page of `npm run build` opens by itself, and what it may do: written into it by whoever serves it. Pure. */

/** A run that the page opens: fetched from `url`, or in the page itself, in the element with the id `embedded`. */
export type PageRun = { readonly name: string } & ({ readonly url: string } | { readonly embedded: string });

/** What the page opens by itself; read there by `viz/load/sources.ts`. */
export interface PageSources {
  readonly runs: readonly PageRun[];
  /** Address of the stream of a live cloud; null where there is none. */
  readonly live: string | null;
}

/**
 * The page with its sources replaced.
 *
 * A `<` in them is written `\u003c`, so that no name can end the element.
 */
export function withSources(page: string, sources: PageSources): string {
  const json = JSON.stringify(sources).replaceAll('<', '\\u003c');
  const element = /(<script\b[^>]*\bid="heps-sources"[^>]*>)[^<]*(?=<\/script>)/;
  if (!element.test(page)) throw new Error('the page has no element #heps-sources');
  return page.replace(element, (_, opening: string) => opening + json);
}

/**
 * Headers under which the page may run the scripts that were built into it, draw, and ask its own server; nothing else.
 *
 * @param sha256 digest of a text in base64
 */
export function pageHeaders(page: string, sha256: (text: string) => string): Record<string, string> {
  // By digest, so that no text from a run file is ever run. Styles are free: charts set them on their marks.
  const scripts = [...page.matchAll(/<script(?![^>]*\btype="application\/)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code]) => `'sha256-${sha256(code!)}'`,
  );
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.length === 0 ? "'none'" : scripts.join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
