/** Why a VM went where it went: the decision made again in the page, by the scheduler itself. */
import './decision-view.css';
import type { Cluster } from '../../core/cluster.ts';
import { isGpuRequest } from '../../core/request.ts';
import { formatTime } from '../../core/runs/explanation.ts';
import { type DecisionColumns, requestAt, textAt } from '../../core/runs/run-file.ts';
import { funnel } from '../charts/funnel.ts';
import { rivalTable } from '../charts/rival-table.ts';
import { scoreTable } from '../charts/score-table.ts';
import { type DecisionCase, decisionCase, hasWaited } from '../model/decision-case.ts';
import { describeMoment, headline, lifeOf, ownerOf } from '../model/decision-text.ts';
import { filterSteps } from '../model/filter-steps.ts';
import { rivalOf } from '../model/rival.ts';
import type { Run } from '../model/run.ts';
import { barScale } from '../model/score-rows.ts';
import { describeAsked } from '../model/vm-words.ts';
import { describeWhy } from '../model/why-text.ts';
import { button, element } from '../page/element.ts';
import { whatIf } from './what-if.ts';

export interface DecisionEvents {
  onHost(name: string): void;
  /** The clock is to go there. */
  onMoment(atS: number): void;
  /** 1: the moment when it asked first; 0: the final decision. */
  onTry(waiting: 0 | 1): void;
  onClose(): void;
}

export class DecisionView {
  readonly element: HTMLElement;
  readonly #events: DecisionEvents;
  #laterTimer = 0;

  constructor(events: DecisionEvents) {
    this.#events = events;
    this.element = element('section', { class: 'decision panel', 'aria-label': 'Decision' });
  }

  /** @param row of the run's decisions @param waiting 1: the moment when it asked first and had to wait */
  show(run: Run, row: number, waiting: 0 | 1): void {
    const { placements } = run;
    if (placements === null) throw new RangeError('run must have decisions, got a summary');
    clearTimeout(this.#laterTimer);
    const { decisions } = placements;
    const { decides, missing } = run.policy;
    if (decides === null) {
      this.element.replaceChildren(
        this.#top(decisions, row, run.cluster),
        section('Why', element('p', { class: 'muted' }, missing)),
      );
      return;
    }
    const asked = waiting === 1 && hasWaited(decisions, row) ? 1 : 0;
    const decision = decisionCase(run.file, decisions, decides, row, asked);
    const rival = decision.decision.kind === 'placed' ? rivalOf(decision) : undefined;
    const later = section(
      'What would have changed it',
      element('p', { class: 'muted', role: 'status' }, 'Asking the scheduler again …'),
    );
    this.element.replaceChildren(
      this.#top(
        decisions,
        row,
        decision.cluster,
        hasWaited(decisions, row) && this.#tries(asked),
        element('p', { class: 'moment-note' }, describeMoment(decision, textAt(decisions.outcome, row), asked)),
      ),
      this.#filters(decision),
      ...(decision.ranking.length > 0 ? [this.#scores(decision)] : []),
      ...(decision.decision.kind === 'placed'
        ? [
            section(
              decision.isBehindOthers ? 'Why it would have got this one' : 'Why this one',
              element('p', {}, describeWhy(decision, rival)),
              rivalTable(decision, rival),
            ),
          ]
        : []),
      later,
    );
    // The answers to what-ifs take longer than all the rest: the reader sees that first.
    this.#laterTimer = window.setTimeout(() => {
      later.replaceChildren(later.firstElementChild!, ...whatIf(decision, rival, this.#events));
    });
  }

  /** Empties the view. */
  hide(): void {
    clearTimeout(this.#laterTimer);
    this.element.replaceChildren();
  }

  /** What became of the VM. @param more about the moment that is shown */
  #top(
    decisions: DecisionColumns,
    row: number,
    cluster: Cluster,
    ...more: readonly (HTMLElement | false)[]
  ): HTMLElement {
    const request = requestAt(decisions, row);
    const owner = ownerOf(decisions, row).map(([name, value]) =>
      element('span', { class: 'chip' }, element('span', { class: 'muted' }, `${name} `), value),
    );
    const life = lifeOf(decisions, row).map(({ label, atS }) => {
      const time = formatTime(atS);
      const go = button(`${label} ${time}`, `Go to ${time}`, () => this.#events.onMoment(atS));
      go.replaceChildren(element('span', { class: 'muted' }, `${label} `), time);
      return go;
    });
    const host = decisions.host[row]!;
    const { name } = cluster.specs[Math.max(0, host)]!;
    return element(
      'header',
      {},
      element(
        'div',
        { class: 'decision-head' },
        element('h2', {}, headline(decisions, row, cluster)),
        button('Close', 'Close the decision', () => this.#events.onClose(), '✕'),
      ),
      element('p', { class: 'asked' }, `It asked for ${describeAsked(request)}.`),
      owner.length > 0 && element('p', { class: 'chips' }, ...owner),
      element(
        'p',
        { class: 'moments' },
        ...life,
        host >= 0 && button('Show host', `Show host ${name}`, () => this.#events.onHost(name)),
      ),
      ...more,
    );
  }

  #tries(waiting: 0 | 1): HTMLElement {
    const choice = (label: string, value: 0 | 1): HTMLElement => {
      const made = button(label, label, () => this.#events.onTry(value));
      made.setAttribute('aria-pressed', String(value === waiting));
      return made;
    };
    const choices = [choice('When it asked first', 1), choice('When it was decided', 0)];
    return element('div', { class: 'tries', role: 'group', 'aria-label': 'Which moment' }, ...choices);
  }

  #filters({ verdicts, policy, moment }: DecisionCase): HTMLElement {
    return section(
      'Which hosts could take it',
      funnel(verdicts.length, filterSteps(verdicts, policy, moment.excluded.size > 0)),
    );
  }

  #scores(decision: DecisionCase): HTMLElement {
    const { ranking, shown, request } = decision;
    const isGpu = isGpuRequest(request);
    const how =
      (isGpu ? shown.sentence?.gpu : shown.sentence?.cpu) ??
      (barScale(ranking, shown, isGpu).isShorterBetter
        ? 'Scores are below 0, since what is left over counts against a host: the shortest bar is the best.'
        : 'The longest bar is the best.');
    return section(
      'Scores of those that could',
      element('p', { class: 'muted note' }, how),
      scoreTable(decision, this.#events.onHost),
    );
  }
}

function section(title: string, ...children: Node[]): HTMLElement {
  return element('section', { class: 'decision-part' }, element('h3', {}, title), ...children);
}
