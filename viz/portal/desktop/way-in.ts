/** How this page was opened, by its address. A token in it is taken and wiped at once. */

export type WayIn =
  /** By the portal: the page gets its tokens itself, as often as it needs one. */
  | { readonly kind: 'portal'; readonly desktopId: string; readonly of: 'desktop' | 'console' }
  /** With a token in the fragment, good once. */
  | { readonly kind: 'token'; readonly token: string }
  /** At the gateway's own address, after its redirect: the cookie says who it is, once. */
  | { readonly kind: 'cookie' };

/** What a connect token may consist of: base64url. Anything else would be no WebSocket subprotocol. */
const tokenForm = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * `#desktop=<id>`, `#console=<id>`, `#token=<t>`, or the gateway's `/desktop` without a fragment. Nothing of the address says where the
 * stream is: that comes from the portal's API, or it is this page's own origin.
 *
 * @returns null where the address names no desktop
 */
export function readWayIn(address: URL): WayIn | null {
  const fragment = new URLSearchParams(address.hash.slice(1));
  const token = fragment.get('token');
  if (token !== null) return tokenForm.test(token) ? { kind: 'token', token } : null;
  for (const of of ['desktop', 'console'] as const) {
    const desktopId = fragment.get(of);
    if (desktopId) return { kind: 'portal', desktopId, of };
  }
  return address.pathname.endsWith('/desktop') ? { kind: 'cookie' } : null;
}

/** The address without what must not stay in it: everything but the desktop's id. */
export function cleanAddress(address: URL, way: WayIn | null): string {
  const hash = way?.kind === 'portal' ? `#${new URLSearchParams({ [way.of]: way.desktopId })}` : '';
  return `${address.pathname}${hash}`;
}
