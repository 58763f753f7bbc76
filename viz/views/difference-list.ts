/** The VMs that two runs treated differently, some at a time: what each asked for and what became of it in both. */
import { formatTime } from '../../core/runs/explanation.ts';
import { requestAt, textAt } from '../../core/runs/run-file.ts';
import type { Run } from '../model/run.ts';
import { describeAsked, describeOutcome } from '../model/vm-words.ts';
import { button, element } from '../page/element.ts';
import { count } from '../page/quantity-words.ts';
import type { StateHolder } from '../page/state-holder.ts';

const pageLength = 50;

/** A VM, by its rows in the two runs. */
export interface ListedVm {
  readonly firstRow: number;
  readonly secondRow: number;
  /** Seconds. */
  readonly submitS: number;
}

/** One of the two runs that are compared. */
export interface Side {
  readonly run: Run;
  /** Among the open runs. */
  readonly place: number;
}

export class DifferenceList {
  readonly element = element('div', { class: 'difference-list' });
  readonly #holder: StateHolder;
  #vms: readonly ListedVm[] = [];
  #first: Side | undefined;
  #second: Side | undefined;
  #page = 0;

  constructor(holder: StateHolder) {
    this.#holder = holder;
  }

  show(vms: readonly ListedVm[], first: Side, second: Side): void {
    this.#vms = vms;
    this.#first = first;
    this.#second = second;
    this.#page = 0;
    this.#draw();
  }

  #draw(): void {
    const [first, second] = [this.#first!, this.#second!];
    if (this.#vms.length === 0) {
      this.element.replaceChildren(element('p', { class: 'muted' }, 'No VMs here.'));
      return;
    }
    const from = this.#page * pageLength;
    const shown = this.#vms.slice(from, from + pageLength);
    const heads = ['VM', 'asked for', first.run.title, second.run.title];
    const head = heads.map((text, index) =>
      element('th', { scope: 'col', role: 'columnheader', class: ['', '', 'first', 'second'][index]! }, text),
    );
    this.element.replaceChildren(
      this.#pager(from, shown.length),
      element(
        'table',
        { class: 'figures', role: 'table' },
        element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...head)),
        element('tbody', { role: 'rowgroup' }, ...shown.map((vm) => this.#row(vm, first, second))),
      ),
    );
  }

  #row({ firstRow, secondRow, submitS }: ListedVm, first: Side, second: Side): HTMLElement {
    const placements = first.run.placements!;
    const { decisions } = placements;
    const id = decisions.id[firstRow]!;
    const flavor = textAt(decisions.flavor, firstRow);
    const cell = (name: string, className: string, ...children: (Node | string)[]): HTMLElement =>
      element('td', { role: 'cell', class: className, 'data-name': name }, ...children);
    return element(
      'tr',
      { role: 'row' },
      element(
        'th',
        { scope: 'row', role: 'rowheader' },
        id,
        element('span', { class: 'muted' }, `${flavor === '' ? '' : `${flavor}, `}${formatTime(Math.round(submitS))}`),
      ),
      cell('asked for', '', describeAsked(requestAt(placements.decisions, firstRow))),
      cell(first.run.title, 'first', describeOutcome(first.run, firstRow), ' ', this.#opener(id, first, firstRow)),
      cell(
        second.run.title,
        'second',
        describeOutcome(second.run, secondRow),
        ' ',
        this.#opener(id, second, secondRow),
      ),
    );
  }

  #opener(vm: string, { run, place }: Side, row: number): HTMLButtonElement {
    const atS = run.placements!.decidedS[row]!;
    const open = (): void => this.#holder.set({ view: 'cluster', run: place, vm, attempt: 0, waiting: 0, atS });
    return button(`Why: ${vm} in ${run.title}`, `Open this decision in ${run.title}`, open, 'why?');
  }

  #pager(from: number, length: number): HTMLElement {
    const all = this.#vms.length;
    const turn = (by: number): void => {
      this.#page += by;
      this.#draw();
    };
    const before = button('The previous 50', 'The previous 50', () => turn(-1), '‹ previous');
    const next = button('The next 50', 'The next 50', () => turn(1), 'next ›');
    before.disabled = from === 0;
    next.disabled = from + length >= all;
    const text = `${count(from + 1)} to ${count(from + length)} of ${count(all)}`;
    return element('div', { class: 'compare-controls' }, text, ...(all > pageLength ? [before, next] : []));
  }
}
