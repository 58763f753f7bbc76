/** The keys. */
import { button, element } from '../page/element.ts';

const keys: readonly (readonly [string, string])[] = [
  ['space', 'play or pause'],
  ['← →', 'an interval back or forth; with Shift a day'],
  ['Home End', 'to the start or the end'],
  ['p n', 'the refusal before, the next refusal'],
  ['+ −', 'faster, slower'],
  ['z', 'show all of the time axis again'],
  ['/', 'find a VM or a host'],
  ['o', 'open run files'],
  ['arrows in the map', 'the host beside'],
  ['Esc', 'close the decision or the host'],
  ['d', 'light or dark'],
];

export function helpDialog(): HTMLDialogElement {
  const rows = keys.map(([key, meaning]) =>
    element('tr', {}, element('td', {}, element('kbd', {}, key)), element('td', {}, meaning)),
  );
  const dialog = element(
    'dialog',
    { 'aria-label': 'Keys' },
    element('h2', {}, 'Keys'),
    element('table', { class: 'figures' }, ...rows),
  );
  dialog.append(
    element(
      'p',
      { class: 'muted' },
      'Drag over the lines to zoom, double click to see all. Ctrl and wheel zoom the map.',
    ),
    button('Close', 'Close (Esc)', () => dialog.close()),
  );
  return dialog;
}
