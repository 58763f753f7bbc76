/** Two runs on the same requests: which VMs each served that the other did not, of what kinds, when, and which they were. */
import { DifferenceStrip } from '../charts/difference-strip.ts';
import { divergingBars } from '../charts/diverging-bars.ts';
import {
  classesOf,
  compareWaits,
  countKinds,
  type DifferenceClass,
  differenceClasses,
  type Pairing,
  pairRuns,
  type ServedMeaning,
  type WaitDifference,
} from '../model/difference.ts';
import { type Run, titlesOf } from '../model/run.ts';
import { sawSameRequests } from '../model/run-groups.ts';
import { button, element } from '../page/element.ts';
import type { PageState } from '../page/page-state.ts';
import { count, formatSpan } from '../page/quantity-words.ts';
import type { StateHolder } from '../page/state-holder.ts';
import { DifferenceList, type Side } from './difference-list.ts';

/** Flavors with bars of their own. */
const mostFlavors = 12;

export class DifferenceView {
  readonly element: HTMLElement;
  readonly #holder: StateHolder;
  readonly #firstChoice: HTMLSelectElement;
  readonly #secondChoice: HTMLSelectElement;
  readonly #meaningChoice: HTMLSelectElement;
  readonly #body = element('div', { class: 'difference-body' });
  readonly #remark = element('p', { class: 'compare-remark', hidden: true });
  readonly #classButtons = element('div', { class: 'class-buttons', role: 'group', 'aria-label': 'VMs to list' });
  readonly #waits = element('p', { class: 'waits' });
  readonly #bars = element('div', { class: 'bars-box' });
  readonly #filter = element('div', { class: 'compare-controls' });
  readonly #strip: DifferenceStrip;
  readonly #list: DifferenceList;
  #runs: readonly Run[] = [];
  #pair: { first: Side; second: Side; pairing: Pairing } | undefined;
  #classes: Uint8Array = new Uint8Array();
  #meaning: ServedMeaning = 'as-asked';
  #listed: DifferenceClass = 'first';
  /** Flavor or kind that is listed; '' = all. */
  #kind = '';
  /** Submissions that are listed, seconds; null = all. */
  #listedSpan: readonly [number, number] | null = null;
  #span: readonly [number, number] = [0, 1];
  #barsWidth = 0;

  constructor(holder: StateHolder) {
    this.#holder = holder;
    this.#firstChoice = element('select', { onchange: () => holder.set({ run: Number(this.#firstChoice.value) }) });
    this.#secondChoice = element('select', { onchange: () => holder.set({ other: Number(this.#secondChoice.value) }) });
    this.#meaningChoice = element(
      'select',
      { onchange: () => this.#setMeaning(this.#meaningChoice.value as ServedMeaning) },
      element('option', { value: 'as-asked' }, 'served as asked'),
      element('option', { value: 'accepted' }, 'accepted (given some host)'),
    );
    this.#strip = new DifferenceStrip((fromS, toS) => this.#listSpan(fromS, toS));
    this.#list = new DifferenceList(holder);
    this.#body.append(
      this.#classButtons,
      this.#waits,
      element('h3', {}, 'By kind of VM'),
      this.#bars,
      element('h3', {}, 'When they were submitted'),
      this.#strip.element,
      element('h3', {}, 'Which VMs'),
      this.#filter,
      this.#list.element,
    );
    this.element = element(
      'section',
      { class: 'panel difference-view' },
      element('h2', {}, 'VM by VM'),
      element(
        'div',
        { class: 'compare-controls' },
        element('label', { class: 'first' }, 'First ', this.#firstChoice),
        element('label', { class: 'second' }, 'Second ', this.#secondChoice),
        element('label', {}, 'A VM counts when ', this.#meaningChoice),
      ),
      this.#remark,
      this.#body,
    );
    new ResizeObserver(() => {
      if (this.#bars.clientWidth !== this.#barsWidth) this.#drawBars();
    }).observe(this.#bars);
  }

  setRuns(runs: readonly Run[]): void {
    this.#runs = runs;
    this.#pair = undefined;
  }

  /** Shows that part of the time, seconds. */
  showSpan(fromS: number, toS: number): void {
    if (fromS === this.#span[0] && toS === this.#span[1]) return;
    this.#span = [fromS, toS];
    this.#drawStrip();
  }

  update({ run, other, atS }: PageState): void {
    const first = this.#runs[run] === undefined ? 0 : run;
    const second = this.#partnerOf(first, other);
    const isKnown = this.#pair?.first.place === first && this.#pair.second.place === second;
    if (!isKnown) this.#setPair(first, second);
    this.#strip.moveCursor(atS);
  }

  /** The asked run where it saw the same requests; else the nearest that did: of another policy if there is one; -1 for none. */
  #partnerOf(first: number, asked: number): number {
    const { inputs } = this.#runs[first]!.file;
    const partners = this.#runs.flatMap(({ file }, place) =>
      place !== first && sawSameRequests(inputs, file.inputs) ? [place] : [],
    );
    if (partners.includes(asked)) return asked;
    const askedPolicy = this.#runs[asked]?.file.inputs.policy.name;
    const policyOf = (place: number): string => this.#runs[place]!.file.inputs.policy.name;
    return (
      partners.find((place) => policyOf(place) === askedPolicy && askedPolicy !== inputs.policy.name) ??
      partners.find((place) => policyOf(place) !== inputs.policy.name) ??
      partners[0] ??
      -1
    );
  }

  #setPair(first: number, second: number): void {
    this.#pair = undefined;
    this.#listedSpan = null;
    this.#kind = '';
    const firstRun = this.#runs[first]!;
    const option = (run: Run, place: number, isChosen: boolean, isPossible: boolean): HTMLElement =>
      element('option', { value: place, selected: isChosen, disabled: !isPossible }, run.title);
    this.#firstChoice.replaceChildren(...this.#runs.map((run, place) => option(run, place, place === first, true)));
    this.#secondChoice.replaceChildren(
      ...(second < 0 ? [element('option', { selected: true }, 'none')] : []),
      ...this.#runs.map((run, place) =>
        option(run, place, place === second, place !== first && sawSameRequests(firstRun.file.inputs, run.file.inputs)),
      ),
    );
    const remark = this.#remarkOn(first, second);
    this.#remark.textContent = remark;
    this.#remark.hidden = remark === '';
    this.#body.hidden = this.#pair === undefined;
    if (this.#pair !== undefined) this.#count();
  }

  /** Joins the two runs, or says why that cannot be. */
  #remarkOn(first: number, second: number): string {
    const firstRun = this.#runs[first]!;
    const secondRun = this.#runs[second];
    if (secondRun === undefined) {
      return `No other open run saw the same requests as ${firstRun.title}: same workload, load, days and seed.`;
    }
    if (firstRun.placements === null || secondRun.placements === null) {
      const without = [firstRun, secondRun].filter(({ placements }) => placements === null).map(({ title }) => title);
      return `${without.join(' and ')}: written with --summary-only, so the file does not say what became of each VM.`;
    }
    const pairing = pairRuns(firstRun.placements, secondRun.placements);
    if (pairing.firstRow.length === 0) return 'These runs did not see the same requests: no VM is in both.';
    const [firstTitle, secondTitle] = titlesOf([firstRun, secondRun]) as [string, string];
    this.#pair = {
      first: { run: { ...firstRun, title: firstTitle }, place: first },
      second: { run: { ...secondRun, title: secondTitle }, place: second },
      pairing,
    };
    const remarks = [
      ...(pairing.unmatched > 0
        ? [
            `These runs did not see exactly the same requests: ${count(pairing.unmatched)} are in only one of them and are left out.`,
          ]
        : []),
      ...([firstRun, secondRun].some(({ file }) => file.inputs.cloud.resubmit > 0)
        ? ['VMs resubmitted after a failure count by their last attempt; the figures above count the first.']
        : []),
    ];
    return remarks.join(' ');
  }

  #setMeaning(meaning: ServedMeaning): void {
    this.#meaning = meaning;
    if (this.#pair !== undefined) this.#count();
  }

  #count(): void {
    const { first, second, pairing } = this.#pair!;
    this.#classes = classesOf(pairing, first.run, second.run, this.#meaning);
    const counts = this.#classCounts();
    this.#listed = counts[2]! > counts[1]! ? 'second' : counts[1]! > 0 ? 'first' : 'neither';
    this.#waits.textContent = waitsText(
      compareWaits(pairing, this.#classes, first.run, second.run),
      first.run.title,
      second.run.title,
    );
    this.#drawBars();
    this.#drawStrip();
    this.#drawList();
  }

  #classCounts(): number[] {
    const counts = differenceClasses.map(() => 0);
    for (const each of this.#classes) counts[each]!++;
    return counts;
  }

  #drawBars(): void {
    this.#barsWidth = this.#bars.clientWidth;
    if (this.#pair === undefined || this.#barsWidth === 0) return;
    const { first, second, pairing } = this.#pair;
    const { all, flavors } = countKinds(pairing, this.#classes, first.run);
    const kinds = [...all, ...flavors.slice(0, mostFlavors)];
    const texts = { first: `only ${first.run.title}`, second: `only ${second.run.title}` };
    const svg = divergingBars(kinds, texts, this.#barsWidth, (name, side) => {
      this.#kind = all.some((kind) => kind.name === name) ? '' : name;
      this.#listed = side;
      this.#drawList();
    });
    svg.dataset.chart = 'difference-by-kind';
    this.#bars.replaceChildren(svg);
    if (flavors.length > mostFlavors) {
      this.#bars.append(
        element('p', { class: 'muted' }, `and ${flavors.length - mostFlavors} flavors with fewer differences`),
      );
    }
  }

  #drawStrip(): void {
    if (this.#pair === undefined) return;
    const { first, second, pairing } = this.#pair;
    const timesOf = (name: DifferenceClass): number[] =>
      [...pairing.submitS].filter((_, vm) => differenceClasses[this.#classes[vm]!] === name);
    this.#strip.show(
      [
        { text: `only ${first.run.title}`, submitS: timesOf('first') },
        { text: `only ${second.run.title}`, submitS: timesOf('second') },
      ],
      ...this.#span,
    );
  }

  /** Lists what a bar of the strip stands for, and goes to its first moment. */
  #listSpan(fromS: number, toS: number): void {
    this.#listedSpan = [fromS, toS];
    this.#drawList();
    this.#holder.set({ atS: Math.max(this.#span[0], fromS) });
  }

  #drawList(): void {
    const { first, second, pairing } = this.#pair!;
    const listed = differenceClasses.indexOf(this.#listed);
    const titles = ['both', `only ${first.run.title}`, `only ${second.run.title}`, 'neither'];
    this.#classButtons.replaceChildren(
      ...this.#classCounts().map((vms, index) => {
        const name = differenceClasses[index]!;
        return element(
          'button',
          {
            type: 'button',
            class: name,
            'aria-pressed': String(index === listed),
            onclick: () => this.#listClass(name),
          },
          element('b', {}, count(vms)),
          ' ',
          element('span', {}, titles[index]!),
        );
      }),
    );
    const vms = [...this.#classes.keys()].filter((vm) => this.#classes[vm] === listed && this.#isListed(vm));
    const clear = (): void => {
      this.#kind = '';
      this.#listedSpan = null;
      this.#drawList();
    };
    const isNarrowed = this.#kind !== '' || this.#listedSpan !== null;
    const narrowed = [
      ...(this.#kind === '' ? [] : [this.#kind]),
      ...(this.#listedSpan === null ? [] : ['of the chosen bar']),
    ];
    this.#filter.replaceChildren(
      element('label', {}, 'Served by ', this.#classSelect(titles, listed)),
      ...(isNarrowed
        ? [element('span', {}, narrowed.join(', ')), button('Show all', 'All kinds and times', clear, '× all')]
        : []),
    );
    this.#list.show(
      vms.map((vm) => ({
        firstRow: pairing.firstRow[vm]!,
        secondRow: pairing.secondRow[vm]!,
        submitS: pairing.submitS[vm]!,
      })),
      first,
      second,
    );
  }

  #classSelect(titles: readonly string[], listed: number): HTMLSelectElement {
    const choice: HTMLSelectElement = element('select', {
      onchange: () => this.#listClass(differenceClasses[Number(choice.value)]!),
    });
    choice.append(
      ...titles.map((title, index) => element('option', { value: index, selected: index === listed }, title)),
    );
    return choice;
  }

  #listClass(name: DifferenceClass): void {
    this.#listed = name;
    this.#drawList();
  }

  #isListed(vm: number): boolean {
    const { first, pairing } = this.#pair!;
    const submitS = pairing.submitS[vm]!;
    if (this.#listedSpan !== null && (submitS < this.#listedSpan[0] || submitS >= this.#listedSpan[1])) return false;
    if (this.#kind === '') return true;
    const { flavor } = first.run.placements!.decisions;
    return (flavor.texts[flavor.rows[pairing.firstRow[vm]!]!] || 'no flavor') === this.#kind;
  }
}

function waitsText({ vms, longer, shorter, meanS, medianS }: WaitDifference, first: string, second: string): string {
  if (meanS === null || medianS === null) return 'No VM was served by both.';
  if (longer + shorter === 0) return `Each of the ${count(vms)} VMs that both served waited just as long with either.`;
  const by = (differenceS: number): string =>
    Math.round(differenceS) === 0
      ? 'equally long'
      : `${formatSpan(Math.abs(differenceS))} ${differenceS > 0 ? 'longer' : 'shorter'}`;
  return (
    `Of the ${count(vms)} VMs that both served, ${count(longer)} waited longer with ${second} and ${count(shorter)} longer with ${first}. ` +
    `With ${second} they waited ${by(meanS)} on average, ${by(medianS)} at the median.`
  );
}
