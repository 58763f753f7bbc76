/** What the page of `npm run build` opens on load and what it may do, written into it by the server that serves it. Pure. */

/** A run that the page opens: fetched from `url`, or in the page itself, in the element with the id `embedded`. */
export type PageRun = { readonly name: string; readonly policy?: PagePolicy } & (
  | { readonly url: string }
  | { readonly embedded: string }
);

/** The policy of a run, where it does not come with heps: the name under which the page imports it, and its file, for messages. */
export interface PagePolicy {
  readonly module: string;
  readonly file: string;
}

/** Modules of JavaScript that the page may import: addresses by specifier. */
export type PageModules = Readonly<Record<string, string>>;

/** What the page opens on load; read there by `viz/load/sources.ts`. */
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
 * The page with modules that it can import by name, such as policies: an import map, before its first script.
 *
 * A `<` in an address is written `\u003c`, so that no text can end the element.
 */
export function withModules(page: string, modules: PageModules): string {
  if (Object.keys(modules).length === 0) return page;
  const json = JSON.stringify({ imports: modules }).replaceAll('<', '\\u003c');
  const at = page.indexOf('<script');
  if (at < 0) throw new Error('the page has no script');
  return `${page.slice(0, at)}<script type="importmap">${json}</script>\n${page.slice(at)}`;
}

/**
 * Headers under which the page may run the scripts that were built into it, draw, and ask its own server; nothing else.
 *
 * @param sha256 digest of a text in base64
 * @param hasModules whether it may also run scripts of its own server, which then has to be one that serves no others
 */
export function pageHeaders(
  page: string,
  sha256: (text: string) => string,
  hasModules = false,
): Record<string, string> {
  // By digest, so that no text from a run file is ever run. Styles are free: charts set them on their marks.
  const scripts = [...page.matchAll(/<script(?![^>]*\btype="application\/)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code]) => `'sha256-${sha256(code!)}'`,
  );
  const policy = [
    "default-src 'none'",
    `script-src ${[...scripts, ...(hasModules ? ["'self'"] : [])].join(' ') || "'none'"}`,
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
