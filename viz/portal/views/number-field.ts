/** A number between two limits, with its unit and the sentence of what is wrong with it. */
import { element } from '../../page/element.ts';

export interface NumberFieldOptions {
  readonly id: string;
  readonly label: string;
  /** Stands behind the number; '' for a plain count. */
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly value: number;
  readonly onChange: () => void;
}

export class NumberField {
  readonly root: HTMLElement;
  readonly #options: NumberFieldOptions;
  readonly #input: HTMLInputElement;
  readonly #problem: HTMLElement;

  constructor(options: NumberFieldOptions) {
    const { id, label, unit, least, most, value, onChange } = options;
    this.#options = options;
    this.#input = element('input', {
      id,
      type: 'number',
      inputmode: 'numeric',
      min: least,
      max: most,
      step: 1,
      value,
      'aria-describedby': `${id}-limit ${id}-problem`,
      oninput: () => {
        this.#check();
        onChange();
      },
    });
    this.#problem = element('p', { id: `${id}-problem`, class: 'problem' });
    this.root = element(
      'div',
      { class: 'field' },
      element('label', { for: id }, label),
      element('span', { class: 'with-unit' }, this.#input, unit === '' ? null : element('span', {}, unit)),
      element('p', { id: `${id}-limit`, class: 'hint' }, `up to ${most}`),
      this.#problem,
    );
  }

  /** Null while it is not a whole number between the limits. */
  get value(): number | null {
    const { least, most } = this.#options;
    const value = this.#input.valueAsNumber;
    return Number.isInteger(value) && value >= least && value <= most ? value : null;
  }

  set value(value: number) {
    this.#input.value = String(value);
    this.#check();
  }

  #check(): void {
    const { least, most, unit } = this.#options;
    const isGood = this.value !== null;
    this.#input.setAttribute('aria-invalid', String(!isGood));
    this.#problem.textContent = isGood
      ? ''
      : `A whole number from ${least} to ${most}${unit === '' ? '' : ` ${unit}`}, please.`;
  }
}
