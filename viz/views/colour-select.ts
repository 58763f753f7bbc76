/** Chooses what the cluster maps are coloured by. */
import { element } from '../page/element.ts';
import { type Colouring, colourings } from '../page/page-state.ts';
import type { StateHolder } from '../page/state-holder.ts';

const labels: Record<Colouring, string> = {
  use: 'use',
  station: 'station',
  project: 'project',
  flavor: 'flavor',
  model: 'card model',
};

export function colourSelect(holder: StateHolder): HTMLSelectElement {
  const select = element(
    'select',
    {
      'aria-label': 'Colour by',
      onchange: () => holder.set({ colour: select.value as Colouring, only: '' }),
    },
    ...colourings.map((value) => element('option', { value }, labels[value])),
  );
  return select;
}
