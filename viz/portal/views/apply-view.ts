/** The application for a desktop: station, software, size, how long. Keeps what was entered while desktops come and go beside it. */
import './apply-view.css';
import type { DesktopApplication, DesktopView, ImageView, StationView, UsageView } from '../../../core/portal.ts';
import { element } from '../../element.ts';
import { formatMib, plural } from '../../model/quantity-words.ts';
import { portalApi } from '../api.ts';
import { icon } from '../icons.ts';
import { lifetimeChoices, lifetimeWords } from '../model/words.ts';
import { choiceCards } from './choice-cards.ts';
import { NumberField } from './number-field.ts';
import { usagePanel } from './usage-panel.ts';

/** Memory of a card that one may ask for, GiB. */
const cardMemoriesGib = [4, 8, 12, 16, 24, 32, 40, 48, 80, 96, 141];

export interface ApplyViewOptions {
  readonly stations: readonly StationView[];
  readonly onApplied: (desktop: DesktopView) => void;
}

/** Fields that depend on the station. */
interface SizeFields {
  readonly vcpus: NumberField;
  readonly ramGib: NumberField;
  readonly diskGib: NumberField;
  readonly cards: HTMLSelectElement;
  readonly cardMemory: HTMLSelectElement;
  readonly lifetime: HTMLSelectElement;
}

export class ApplyView {
  readonly root: HTMLElement;
  readonly #options: ApplyViewOptions;
  readonly #images = element('div', {});
  readonly #size = element('div', { class: 'size' });
  readonly #summary = element('div', { class: 'summary-text', 'aria-live': 'polite' });
  readonly #usage = element('div', {});
  readonly #problem = element('p', { class: 'problem', role: 'alert', tabindex: -1 });
  readonly #title = element('input', { id: 'apply-title', maxlength: 80, placeholder: 'such as: bone scan, March' });
  readonly #submit = element('button', { class: 'primary wide' }, 'Apply');
  #station: StationView;
  #image: ImageView;
  #fields: SizeFields;
  #ofPerson: UsageView | null = null;
  /** One for all tries of the same application. */
  #key = crypto.randomUUID();

  /** @param options at least one station with at least one image */
  constructor(options: ApplyViewOptions) {
    this.#options = options;
    const first = options.stations[0]!;
    this.#station = first;
    this.#image = first.images[0]!;
    this.#fields = this.#makeFields();
    const form = element(
      'form',
      {
        class: 'columns apply',
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          void this.#apply();
        },
      },
      element(
        'div',
        { class: 'lists' },
        section(
          1,
          'Station',
          choiceCards(
            'station',
            options.stations.map((station) => ({ id: station.id, title: station.title, text: station.description })),
            first.id,
            (id) => this.#chooseStation(options.stations.find((station) => station.id === id)!),
          ),
        ),
        section(2, 'Software', this.#images),
        section(3, 'Size', this.#size),
        section(
          4,
          'Name',
          element(
            'div',
            { class: 'field' },
            element('label', { for: 'apply-title' }, 'What you call it'),
            this.#title,
            element('p', { class: 'hint' }, 'May be left empty.'),
          ),
        ),
      ),
      element(
        'aside',
        {},
        element(
          'section',
          { class: 'usage', 'aria-label': 'Your application' },
          element('h2', {}, 'Your application'),
          this.#summary,
          this.#problem,
          this.#submit,
        ),
        this.#usage,
      ),
    );
    this.root = element(
      'main',
      {},
      element(
        'div',
        { class: 'heading' },
        element('h1', {}, element('strong', {}, 'New desktop')),
        element('a', { class: 'button', href: '#' }, 'Back'),
      ),
      form,
    );
    this.#chooseStation(first);
  }

  /** What the person has now. */
  set usage(usage: UsageView) {
    this.#ofPerson = usage;
    this.#usage.replaceChildren(usagePanel(usage));
    this.#summarise();
  }

  #chooseStation(station: StationView): void {
    this.#station = station;
    this.#images.replaceChildren(
      choiceCards(
        'image',
        station.images.map(({ id, title, system, software, apps }) => ({
          id,
          title,
          text: system === 'linux' ? 'Linux' : 'Windows',
          icon: icon(system),
          tags: [...software, ...apps.map((app) => `${app.title} (web)`)],
        })),
        station.images[0]!.id,
        (id) => {
          this.#image = station.images.find((image) => image.id === id)!;
          this.#summarise();
        },
      ),
    );
    this.#image = station.images[0]!;
    this.#fields = this.#makeFields();
    const { vcpus, ramGib, diskGib, cards, cardMemory, lifetime } = this.#fields;
    this.#size.replaceChildren(
      element('div', { class: 'presets', role: 'group', 'aria-label': 'Sizes to begin with' }, ...this.#presets()),
      element('div', { class: 'fields' }, vcpus.root, ramGib.root, diskGib.root),
      element(
        'div',
        { class: 'fields' },
        labelled(cards, 'Graphics cards', `up to ${station.largest.cards}`),
        labelled(cardMemory, 'Memory of each card', `up to ${formatMib(station.largest.cardMemoryMib)}`),
        labelled(lifetime, 'How long', `up to ${lifetimeWords(station.longestLifetimeS)} by extending`),
      ),
    );
    this.#summarise();
  }

  #makeFields(): SizeFields {
    const { size, gpu, largest, lifetimeS, longestLifetimeS } = this.#station;
    const onChange = (): void => this.#summarise();
    const number = (id: string, label: string, unit: string, most: number, value: number): NumberField =>
      new NumberField({ id: `apply-${id}`, label, unit, least: 1, most, value, onChange });
    const memories = [...new Set([gpu.memoryMib, ...cardMemoriesGib.map((gib) => gib * 1024), largest.cardMemoryMib])]
      .filter((mib) => mib > 0 && mib <= largest.cardMemoryMib)
      .sort((one, other) => one - other);
    const cardMemory = select(
      'card-memory',
      memories.map((mib) => [mib, `${formatMib(mib)} or more`]),
      gpu.memoryMib,
      onChange,
    );
    const cards = select(
      'cards',
      Array.from({ length: largest.cards + 1 }, (_, count) => [count, count === 0 ? 'none' : String(count)]),
      gpu.count,
      () => {
        cardMemory.disabled = cards.value === '0';
        onChange();
      },
    );
    cardMemory.disabled = cards.value === '0';
    return {
      vcpus: number('vcpus', 'vCPUs', '', largest.vcpus, size.vcpus),
      ramGib: number('ram', 'Memory', 'GiB', Math.floor(largest.ramMib / 1024), Math.round(size.ramMib / 1024)),
      diskGib: number('disk', 'Disk', 'GiB', largest.diskGib, size.diskGib),
      cards,
      cardMemory,
      lifetime: select(
        'lifetime',
        lifetimeChoices(lifetimeS, longestLifetimeS).map((choice) => [choice, lifetimeWords(choice)]),
        lifetimeS,
        onChange,
      ),
    };
  }

  #presets(): HTMLButtonElement[] {
    const { size, largest } = this.#station;
    const preset = (label: string, vcpus: number, ramMib: number, diskGib: number): HTMLButtonElement =>
      element(
        'button',
        {
          type: 'button',
          class: 'chip',
          onclick: () => {
            this.#fields.vcpus.value = vcpus;
            this.#fields.ramGib.value = Math.max(1, Math.floor(ramMib / 1024));
            this.#fields.diskGib.value = diskGib;
            this.#summarise();
          },
        },
        label,
      );
    return [
      preset('Half', Math.ceil(size.vcpus / 2), size.ramMib / 2, size.diskGib),
      preset('As proposed', size.vcpus, size.ramMib, size.diskGib),
      preset('Largest', largest.vcpus, largest.ramMib, largest.diskGib),
    ];
  }

  /** Null while a number is wrong. */
  #application(): DesktopApplication | null {
    const { vcpus, ramGib, diskGib, cards, cardMemory, lifetime } = this.#fields;
    if (vcpus.value === null || ramGib.value === null || diskGib.value === null) return null;
    const title = this.#title.value.trim();
    return {
      station: this.#station.id,
      image: this.#image.id,
      ...(title === '' ? {} : { title }),
      size: { vcpus: vcpus.value, ramMib: ramGib.value * 1024, diskGib: diskGib.value },
      gpu: { count: Number(cards.value), memoryMib: cards.value === '0' ? 0 : Number(cardMemory.value) },
      lifetimeS: Number(lifetime.value),
    };
  }

  #summarise(): void {
    const application = this.#application();
    const lines =
      application === null
        ? ['One of the numbers needs another look.']
        : [
            this.#station.title,
            this.#image.title,
            `${plural(application.size!.vcpus, 'vCPU')}, ${formatMib(application.size!.ramMib)} memory, ${application.size!.diskGib} GiB disk`,
            application.gpu!.count === 0
              ? 'no graphics card'
              : `${plural(application.gpu!.count, 'graphics card')} with ${formatMib(application.gpu!.memoryMib)} or more`,
            `for ${lifetimeWords(application.lifetimeS!)}, may be extended`,
          ];
    this.#summary.replaceChildren(
      ...lines.map((line) => element('p', {}, line)),
      ...this.#limitSentences(application).map((sentence) => element('p', { class: 'note warn' }, sentence)),
    );
    this.#submit.disabled = application === null;
  }

  /** Where the application would go beyond what the person may have: it is still hers to try, since others may end meanwhile. */
  #limitSentences(application: DesktopApplication | null): string[] {
    const usage = this.#ofPerson;
    if (usage === null || application === null) return [];
    const { desktops, mostDesktops, cards, mostCards, cardHours, mostCardHours } = usage;
    const asked = application.gpu?.count ?? 0;
    return [
      mostDesktops !== null && desktops >= mostDesktops
        ? `You have ${plural(desktops, 'desktop')}, and may have ${mostDesktops}: delete one first.`
        : null,
      mostCards !== null && asked > 0 && cards + asked > mostCards
        ? `You use ${plural(cards, 'card')} and may use ${mostCards}: it would have to wait.`
        : null,
      mostCardHours !== null && asked > 0 && cardHours >= mostCardHours ? 'You have used up your card-hours.' : null,
    ].filter((sentence) => sentence !== null);
  }

  async #apply(): Promise<void> {
    const application = this.#application();
    if (application === null) return;
    this.#submit.disabled = true;
    this.#problem.textContent = '';
    try {
      const desktop = await portalApi.apply(application, this.#key);
      this.#key = crypto.randomUUID();
      this.#title.value = '';
      this.#options.onApplied(desktop);
    } catch (error) {
      // Refused is refused: the next try is another application. Only without an answer it may have been made.
      if (!(error instanceof Error && 'status' in error && error.status === 0)) this.#key = crypto.randomUUID();
      this.#problem.textContent = error instanceof Error ? error.message : String(error);
      this.#problem.focus();
    } finally {
      this.#submit.disabled = false;
    }
  }
}

function section(number: number, title: string, ...content: readonly Node[]): HTMLElement {
  return element(
    'section',
    { class: 'part', 'aria-labelledby': `part-${number}` },
    element(
      'h2',
      { id: `part-${number}` },
      element('span', { class: 'part-number', 'aria-hidden': 'true' }, number),
      title,
    ),
    ...content,
  );
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
