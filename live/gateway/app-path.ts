/** Paths of web applications at the gateway: `/apps/<desktop>/<application>/…`, the same path inside the machine. */

export interface AppPath {
  readonly desktopId: string;
  readonly app: string;
  /** `/apps/<desktop>/<application>/`: what its cookies and redirects are confined to. */
  readonly base: string;
}

const pattern = /^\/apps\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([a-z0-9][a-z0-9-]{0,30})\//;
/** What a browser or a server might take for another path than this one. */
const suspicious = /\\|\/\/|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/** @param path with or without a query. @returns null where it is no application's */
export function appPathOf(path: string): AppPath | null {
  const found = pattern.exec(path);
  if (found === null || suspicious.test(path.split('?')[0]!)) return null;
  return { desktopId: found[1]!, app: found[2]!, base: found[0] };
}

/** Whether it is one, and may stand in a header and in a page. */
export function isPlainAppPath(path: string): boolean {
  return appPathOf(path) !== null && /^[\w/.~-]+$/.test(path);
}
