/** How large a desktop shall be, and for how long: the fields of one station, within its limits. */
import type { CardView, DesktopApplication, DesktopGpu, StationView } from '../../../core/wire/portal.ts';
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
  readonly #cardCores: HTMLSelectElement;
  readonly #cardModel: HTMLSelectElement;
  readonly #lifetime: HTMLSelectElement;

  constructor(station: StationView, onChange: () => void) {
    const { size, gpu, largest, cards = [], lifetimeS, longestLifetimeS } = station;
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
        this.#enable();
        onChange();
      },
    );
    this.#cardCores = select(
      'card-cores',
      coreChoices(cards, gpu.cores ?? 0).map((cores) => [cores, cores === 0 ? 'any' : `${cores} or more`]),
      gpu.cores ?? 0,
      onChange,
    );
    const proposed = gpu.models ?? [];
    this.#cardModel = select(
      'card-model',
      [
        [anyCard, 'any that is large enough'],
        ...(proposed.length > 1 ? [[proposed.join('|'), proposed.join(' or ')] as const] : []),
        ...cards.map((card) => [card.name, cardLine(card)] as const),
      ],
      proposed.join('|'),
      () => {
        this.#enable();
        onChange();
      },
    );
    this.#enable();
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
        // Where no host has reported a card there is nothing to choose among.
        ...(cards.length === 0 && proposed.length === 0
          ? []
          : [
              labelled(this.#cardCores, 'Least cores', 'CUDA cores of each card: more compute faster'),
              labelled(this.#cardModel, 'Which card', 'a certain model may have to be waited for'),
            ]),
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
      gpu: this.#gpuOf(count),
      lifetimeS: Number(this.#lifetime.value),
    };
  }

  /** Of a certain model memory and cores are known. */
  #gpuOf(count: number): DesktopGpu {
    if (count === 0) return { count, memoryMib: 0 };
    const models = this.#cardModel.value.split('|').filter((name) => name !== anyCard);
    if (models.length === 1) return { count, memoryMib: 0, models };
    const cores = Number(this.#cardCores.value);
    const memoryMib = Number(this.#cardMemory.value);
    return { count, memoryMib, ...(cores > 0 && { cores }), ...(models.length > 0 && { models }) };
  }

  /** What means something is asked for: nothing of cards without one, and neither memory nor cores of a certain model. */
  #enable(): void {
    const hasCards = this.#cards.value !== '0';
    const isCertain = this.#cardModel.value !== anyCard && !this.#cardModel.value.includes('|');
    this.#cardModel.disabled = !hasCards;
    this.#cardMemory.disabled = !hasCards || isCertain;
    this.#cardCores.disabled = !hasCards || isCertain;
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

/** Value of the choice that names no model. */
const anyCard = '';

/** `RTX A6000, 48 GiB, 10752 cores`. */
function cardLine({ name, memoryMib, cores }: CardView): string {
  return `${name}, ${formatMib(memoryMib)}, ${cores} cores`;
}

/** Numbers of cores that tell the offered cards apart, ascending, with 0 for any and the proposed one. */
function coreChoices(cards: readonly CardView[], proposed: number): number[] {
  return [...new Set([0, proposed, ...cards.map(({ cores }) => cores)])].sort((one, other) => one - other);
}

function select(
  id: string,
  choices: readonly (readonly [value: number | string, label: string])[],
  chosen: number | string,
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
