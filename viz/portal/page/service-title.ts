/** What the operator calls the service: the server writes it into the page's title (`desktops.title`). */
export const serviceTitle = document.title;

/** Names the tab. @param what is shown; '' for the service itself */
export function nameTab(what: string): void {
  document.title = what === '' ? serviceTitle : `${what} · ${serviceTitle}`;
}
