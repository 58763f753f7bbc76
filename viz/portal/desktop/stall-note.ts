/** Says over the picture that it stands still, and since when, while nothing comes from the desktop. */
import { interval, Subscription, startWith } from 'rxjs';
import { element } from '../../page/element.ts';

/** Seconds for which nothing has come when it is said. */
const silentForS = 3;

export class StallNote {
  readonly root = element('p', { class: 'stall', role: 'alert' });
  #counting = Subscription.EMPTY;

  constructor() {
    this.root.hidden = true;
  }

  show(isStalled: boolean): void {
    this.#counting.unsubscribe();
    this.root.hidden = !isStalled;
    if (!isStalled) return;
    const seconds = element('span', { 'aria-hidden': 'true' });
    this.root.replaceChildren(
      element('strong', {}, 'The picture is not live. '),
      'Nothing has come from the desktop',
      seconds,
    );
    this.#counting = interval(1000)
      .pipe(startWith(-1))
      .subscribe((count) => {
        seconds.textContent = ` for ${silentForS + count + 1} s`;
      });
  }
}
