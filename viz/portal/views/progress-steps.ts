/** The way of a new desktop: applied, scheduled, building, starting, ready. */
import './progress-steps.css';
import { element } from '../../page/element.ts';
import type { Step } from '../model/progress.ts';
import { clockWords } from '../model/words.ts';
import { icon } from '../page/icons.ts';

const spoken: Readonly<Record<Step['status'], string>> = {
  done: 'done',
  current: 'in progress',
  waiting: 'waiting',
  failed: 'failed',
  ahead: 'not yet',
};

export function progressSteps(steps: readonly Step[], nowS: number): HTMLOListElement {
  return element(
    'ol',
    { class: 'steps', 'aria-label': 'Progress' },
    ...steps.map(({ name, status, atS }) =>
      element(
        'li',
        { class: status, ...(status === 'ahead' || status === 'done' ? {} : { 'aria-current': 'step' }) },
        element(
          'span',
          { class: 'step-mark' },
          status === 'done' ? icon('check') : status === 'failed' ? icon('cross') : null,
        ),
        element('span', { class: 'step-name' }, name, element('span', { class: 'only-spoken' }, `, ${spoken[status]}`)),
        element('span', { class: 'step-time' }, atS === null ? '' : clockWords(atS, nowS)),
      ),
    ),
  );
}
