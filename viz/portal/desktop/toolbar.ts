/** The bar at the top: it draws back when it is not used, and comes when its handle is touched, pointed at or focused. */
import { debounceTime, Subject } from 'rxjs';
import { element } from '../../page/element.ts';
import { type IconName, icon } from '../page/icons.ts';

export interface Panel {
  readonly name: string;
  readonly icon: IconName;
  readonly content: HTMLElement;
  readonly onOpen?: () => void;
  readonly onClose?: () => void;
}

/** Seconds after which the bar draws back, unless a panel is open or it is used. */
const restS = 4;

export class Toolbar {
  readonly root = element('header', { class: 'toolbar' });
  readonly #title = element('strong', { class: 'toolbar-title' });
  readonly #badge = element('span', { class: 'badge' });
  readonly #place = element('div', { class: 'panel-place' });
  readonly #handle: HTMLButtonElement;
  #open: { readonly panel: Panel; readonly button: HTMLButtonElement } | null = null;
  /** It is used, or no longer is: the time until it draws back starts over. */
  readonly #uses = new Subject<void>();

  /** @param onLeave the person is done with the tools, by the Escape key */
  constructor(panels: readonly Panel[], buttons: readonly HTMLButtonElement[], onLeave: () => void) {
    this.#badge.hidden = true;
    this.#handle = element(
      'button',
      {
        type: 'button',
        class: 'handle',
        'aria-label': 'Tools',
        title: 'Tools',
        'aria-expanded': 'true',
        onclick: () => this.#toggle(),
      },
      element('span', { class: 'grip' }),
    );
    const bar = element(
      'div',
      { class: 'tools', role: 'toolbar', 'aria-label': 'Tools' },
      this.#title,
      this.#badge,
      ...panels.map((panel) => this.#panelButton(panel)),
      ...buttons,
    );
    this.root.append(element('div', { class: 'slide' }, bar, this.#place), this.#handle);
    this.root.addEventListener('pointerenter', (event) => {
      if (event.pointerType === 'mouse') this.#show(true);
    });
    this.root.addEventListener('pointerleave', () => this.#uses.next());
    this.root.addEventListener('focusin', () => this.#show(true));
    this.root.addEventListener('focusout', () => this.#uses.next());
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      if (this.#open === null) onLeave();
      else this.closePanel();
    });
    this.#uses.pipe(debounceTime(restS * 1000)).subscribe(() => this.#rest());
    this.#show(true);
  }

  set title(title: string) {
    this.#title.textContent = title;
  }

  /** Shown beside the title; '' shows nothing. */
  set badge(text: string) {
    this.#badge.hidden = text === '';
    this.#badge.replaceChildren(icon('eye'), text);
  }

  /** Leaves out the tools that mean nothing here. */
  hideTool(name: string, isHidden: boolean): void {
    const button = this.root.querySelector<HTMLButtonElement>(`[data-tool="${name}"]`);
    if (button !== null) button.hidden = isHidden;
    if (isHidden && this.#open?.panel.name === name) this.closePanel();
  }

  /** For who works without a pointer. */
  focus(): void {
    this.#show(true);
    this.root.querySelector<HTMLButtonElement>('.tool:not([hidden])')?.focus();
  }

  /** Opens a panel, unless it is. */
  openPanel(name: string): void {
    this.#show(true);
    if (this.#open?.panel.name !== name) this.root.querySelector<HTMLButtonElement>(`[data-tool="${name}"]`)?.click();
  }

  closePanel(): void {
    if (this.#open === null) return;
    this.#open.button.setAttribute('aria-expanded', 'false');
    this.#open.panel.onClose?.();
    this.#open = null;
    this.#place.replaceChildren();
    this.#uses.next();
  }

  #panelButton(panel: Panel): HTMLButtonElement {
    const button = toolButton(panel.name, panel.icon, () => {
      const wasOpen = this.#open?.panel === panel;
      this.closePanel();
      if (wasOpen) return;
      this.#open = { panel, button };
      button.setAttribute('aria-expanded', 'true');
      this.#place.append(element('section', { class: 'tool-panel', 'aria-label': panel.name }, panel.content));
      panel.onOpen?.();
    });
    button.setAttribute('aria-expanded', 'false');
    return button;
  }

  #toggle(): void {
    const isShown = this.root.classList.contains('shown');
    if (isShown) this.closePanel();
    this.#show(!isShown);
  }

  #show(isShown: boolean): void {
    this.root.classList.toggle('shown', isShown);
    this.#handle.setAttribute('aria-expanded', String(isShown));
    if (isShown) this.#uses.next();
  }

  /** Draws back, unless it is in use. */
  #rest(): void {
    const isUsed = this.#open !== null || this.root.matches(':hover') || this.root.contains(document.activeElement);
    if (!isUsed) this.#show(false);
  }
}

export function toolButton(name: string, iconName: IconName, onClick: () => void): HTMLButtonElement {
  return element(
    'button',
    { type: 'button', class: 'tool', title: name, 'data-tool': name, onclick: onClick },
    icon(iconName),
    element('span', {}, name),
  );
}
