/** The application for a desktop: station, software, size, how long. Keeps what was entered while desktops come and go beside it. */
import './apply-view.css';
import type { DesktopApplication, DesktopView, ImageView, StationView, UsageView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { formatMib, plural } from '../../page/quantity-words.ts';
import { portalApi, sentenceOf } from '../load/api.ts';
import { graphicsWords, lifetimeWords } from '../model/words.ts';
import { icon } from '../page/icons.ts';
import { choiceCards } from './choice-cards.ts';
import { type AskedSize, SizeFields } from './size-fields.ts';
import { usagePanel } from './usage-panel.ts';

export interface ApplyViewOptions {
  readonly stations: readonly StationView[];
  readonly onApplied: (desktop: DesktopView) => void;
}

export class ApplyView {
  readonly root: HTMLElement;
  readonly #options: ApplyViewOptions;
  readonly #images = element('div', {});
  readonly #size = element('div', {});
  readonly #summary = element('div', { class: 'summary-text', 'aria-live': 'polite' });
  readonly #usage = element('div', {});
  readonly #problem = element('p', { class: 'problem', role: 'alert', tabindex: -1 });
  readonly #title = element('input', { id: 'apply-title', maxlength: 80, placeholder: 'e.g. bone scan, March' });
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
    this.#fields = new SizeFields(first, () => this.#summarise());
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
            element('label', { for: 'apply-title' }, 'Your name for it'),
            this.#title,
            element('p', { class: 'hint' }, 'Optional.'),
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
    const refusal = this.#problem.textContent;
    this.#summarise();
    this.#problem.textContent = refusal;
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
    this.#fields = new SizeFields(station, () => this.#summarise());
    this.#size.replaceChildren(this.#fields.root);
    this.#summarise();
  }

  /** Null while a number is wrong. */
  #application(): (DesktopApplication & AskedSize) | null {
    const asked = this.#fields.value;
    if (asked === null) return null;
    const title = this.#title.value.trim();
    return { station: this.#station.id, image: this.#image.id, ...(title === '' ? {} : { title }), ...asked };
  }

  #summarise(): void {
    const application = this.#application();
    const lines =
      application === null
        ? ['Please check the numbers.']
        : [
            this.#station.title,
            this.#image.title,
            `${plural(application.size.vcpus, 'vCPU')}, ${formatMib(application.size.ramMib)} memory, ${application.size.diskGib} GiB disk`,
            application.gpu.count === 0 ? 'no graphics card' : graphicsWords(application.gpu),
            `for ${lifetimeWords(application.lifetimeS)}, can be extended`,
          ];
    this.#summary.replaceChildren(
      ...lines.map((line) => element('p', {}, line)),
      ...this.#limitSentences(application).map((sentence) => element('p', { class: 'note warn' }, sentence)),
    );
    this.#submit.disabled = application === null || this.#isBeyondLimit(application);
    // What was refused is not what stands here now.
    this.#problem.textContent = '';
  }

  /** Whether no other desktop's end would make room for it. */
  #isBeyondLimit(application: AskedSize | null): boolean {
    const mostCards = this.#ofPerson?.mostCards ?? null;
    return application !== null && mostCards !== null && application.gpu.count > mostCards;
  }

  /** Where the application would exceed the limits; where others that end make room, it may be sent anyway. */
  #limitSentences(application: AskedSize | null): string[] {
    const usage = this.#ofPerson;
    if (usage === null || application === null) return [];
    const { desktops, mostDesktops, cards, mostCards, cardHours, mostCardHours } = usage;
    const asked = application.gpu.count;
    const isOverCards = mostCards !== null && asked > mostCards;
    return [
      mostDesktops !== null && desktops >= mostDesktops
        ? `You have ${plural(desktops, 'desktop')}, and the limit is ${mostDesktops}: delete one first.`
        : null,
      isOverCards ? `You may have ${plural(mostCards, 'card')} at a time: ask for no more.` : null,
      mostCards !== null && asked > 0 && !isOverCards && cards + asked > mostCards
        ? `You are using ${plural(cards, 'card')} of at most ${mostCards}: this one would wait until one of your desktops ends.`
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
      this.#problem.textContent = sentenceOf(error);
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
