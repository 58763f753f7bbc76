/** The line that marks the clock's moment over a chart. An element of its own: moving it does not repaint the chart. */
import { element } from '../page/element.ts';

export class TimeCursor {
  readonly element = element('div', { class: 'time-cursor', 'aria-hidden': 'true' });

  /** @param x pixels from the chart's left edge; null where the moment is not shown */
  moveTo(x: number | null): void {
    this.element.hidden = x === null;
    if (x !== null) this.element.style.transform = `translateX(${x.toFixed(1)}px)`;
  }
}
