/** The keys. */
import { button, element } from '../page/element.ts';

const keys: readonly (readonly [string, string])[] = [
  ['space', 'play or pause'],
  ['← →', 'back or forward one interval; with Shift, one day'],
  ['Home End', 'to the start or the end'],
  ['p n', 'previous refusal, next refusal'],
  ['+ −', 'faster, slower'],
  ['z', 'show the whole time axis'],
  ['/', 'find a VM or a host'],
  ['o', 'open run files'],
  ['arrows in the map', 'the next host in that direction'],
  ['Esc', 'close the decision or the host'],
  ['d', 'light or dark'],
];

export function helpDialog(): HTMLDialogElement {
  const rows = keys.map(([key, meaning]) =>
    element('tr', {}, element('td', {}, element('kbd', {}, key)), element('td', {}, meaning)),
  );
  const dialog = element(
    'dialog',
    { 'aria-label': 'Keyboard shortcuts' },
    element('h2', {}, 'Keyboard shortcuts'),
    element('table', { class: 'figures' }, ...rows),
  );
  dialog.append(
    element(
      'p',
      { class: 'muted' },
      'Drag across the lines to zoom, double-click to see everything. Ctrl and the mouse wheel zoom the map.',
    ),
    button('Close', 'Close (Esc)', () => dialog.close()),
  );
  return dialog;
}
