/** Paths of web applications at the gateway: `/apps/<desktop>/<application>/…`, the same path inside the machine. */

export interface AppPath {
  readonly desktopId: string;
  readonly app: string;
  /** `/apps/<desktop>/<application>/`: what its cookies and redirects are confined to. */
  readonly base: string;
}

const pattern = /^\/apps\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([a-z0-9][a-z0-9-]{0,30})\//;
/** Decoded: what a browser or a server might take for another path than this one. */
const suspicious = /[\\\0]|\/\.{1,2}(?:\/|$)/;

/** @param path with or without a query. @returns null where it is no application's */
export function appPathOf(path: string): AppPath | null {
  const found = pattern.exec(path);
  if (found === null || isSuspicious(path.split('?')[0]!)) return null;
  return { desktopId: found[1]!, app: found[2]!, base: found[0] };
}

function isSuspicious(path: string): boolean {
  try {
    return suspicious.test(decodeURIComponent(path));
  } catch {
    return true;
  }
}

/** Whether it is one, and may stand in a header and in a page. */
export function isPlainAppPath(path: string): boolean {
  return appPathOf(path) !== null && /^[\w/.~%?=&-]+$/.test(path);
}
