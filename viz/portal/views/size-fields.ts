/** How large a desktop shall be, and for how long: the fields of one station, within its limits. */
import type { DesktopApplication, StationView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { formatMib } from '../../page/quantity-words.ts';
import { lifetimeChoices, lifetimeWords } from '../model/words.ts';
import { NumberField } from './number-field.ts';

/** Memory of a card that one may ask for, GiB. */
const cardMemoriesGib = [4, 8, 12, 16, 24, 32, 40, 48, 80, 96, 141];

export type AskedSize = Required<Pick<DesktopApplication, 'size' | 'gpu' | 'lifetimeS'>>;

export class SizeFields {
  readonly root: HTMLElement;
  readonly #onChange: () => void;
  readonly #vcpus: NumberField;
  readonly #ramGib: NumberField;
  readonly #diskGib: NumberField;
  readonly #cards: HTMLSelectElement;
  readonly #cardMemory: HTMLSelectElement;
  readonly #lifetime: HTMLSelectElement;

  constructor(station: StationView, onChange: () => void) {
    const { size, gpu, largest, lifetimeS, longestLifetimeS } = station;
    this.#onChange = onChange;
    const number = (id: string, label: string, unit: string, most: number, value: number): NumberField =>
      new NumberField({ id: `apply-${id}`, label, unit, least: 1, most, value, onChange });
    this.#vcpus = number('vcpus', 'vCPUs', '', largest.vcpus, size.vcpus);
    this.#ramGib = number('ram', 'Memory', 'GiB', Math.floor(largest.ramMib / 1024), Math.round(size.ramMib / 1024));
    this.#diskGib = number('disk', 'Disk', 'GiB', largest.diskGib, size.diskGib);
    const memories = [...new Set([gpu.memoryMib, ...cardMemoriesGib.map((gib) => gib * 1024), largest.cardMemoryMib])]
      .filter((mib) => mib > 0 && mib <= largest.cardMemoryMib)
      .sort((one, other) => one - other);
    this.#cardMemory = select(
      'card-memory',
      memories.map((mib) => [mib, `${formatMib(mib)} or more`]),
      gpu.memoryMib,
      onChange,
    );
    this.#cards = select(
      'cards',
      Array.from({ length: largest.cards + 1 }, (_, count) => [count, count === 0 ? 'none' : String(count)]),
      gpu.count,
      () => {
        this.#cardMemory.disabled = this.#cards.value === '0';
        onChange();
      },
    );
    this.#cardMemory.disabled = gpu.count === 0;
    this.#lifetime = select(
      'lifetime',
      lifetimeChoices(lifetimeS, longestLifetimeS).map((choice) => [choice, lifetimeWords(choice)]),
      lifetimeS,
      onChange,
    );
    this.root = element(
      'div',
      { class: 'size' },
      element('div', { class: 'presets', role: 'group', 'aria-label': 'Preset sizes' }, ...this.#presets(station)),
      element('div', { class: 'fields' }, this.#vcpus.root, this.#ramGib.root, this.#diskGib.root),
      element(
        'div',
        { class: 'fields' },
        labelled(this.#cards, 'Graphics cards', `up to ${largest.cards}`),
        labelled(this.#cardMemory, 'Memory of each card', `up to ${formatMib(largest.cardMemoryMib)}`),
        labelled(this.#lifetime, 'How long', `up to ${lifetimeWords(longestLifetimeS)} with extensions`),
      ),
    );
  }

  /** Null while a number is wrong. */
  get value(): AskedSize | null {
    const [vcpus, ramGib, diskGib] = [this.#vcpus.value, this.#ramGib.value, this.#diskGib.value];
    if (vcpus === null || ramGib === null || diskGib === null) return null;
    const count = Number(this.#cards.value);
    return {
      size: { vcpus, ramMib: ramGib * 1024, diskGib },
      gpu: { count, memoryMib: count === 0 ? 0 : Number(this.#cardMemory.value) },
      lifetimeS: Number(this.#lifetime.value),
    };
  }

  #presets({ size, largest }: StationView): HTMLButtonElement[] {
    const preset = (label: string, vcpus: number, ramMib: number, diskGib: number): HTMLButtonElement =>
      element(
        'button',
        {
          type: 'button',
          class: 'chip',
          onclick: () => {
            this.#vcpus.value = vcpus;
            this.#ramGib.value = Math.max(1, Math.floor(ramMib / 1024));
            this.#diskGib.value = diskGib;
            this.#onChange();
          },
        },
        label,
      );
    return [
      preset('Half', Math.ceil(size.vcpus / 2), size.ramMib / 2, size.diskGib),
      preset('Suggested', size.vcpus, size.ramMib, size.diskGib),
      preset('Largest', largest.vcpus, largest.ramMib, largest.diskGib),
    ];
  }
}

function select(
  id: string,
  choices: readonly (readonly [value: number, label: string])[],
  chosen: number,
  onChange: () => void,
): HTMLSelectElement {
  return element(
    'select',
    { id: `apply-${id}`, onchange: onChange },
    ...choices.map(([value, label]) => element('option', { value, selected: value === chosen }, label)),
  );
}

function labelled(control: HTMLSelectElement, label: string, hint: string): HTMLElement {
  control.setAttribute('aria-describedby', `${control.id}-hint`);
  return element(
    'div',
    { class: 'field' },
    element('label', { for: control.id }, label),
    control,
    element('p', { id: `${control.id}-hint`, class: 'hint' }, hint),
  );
}
