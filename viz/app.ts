/** The page around the views: what is open, which view, the clock, messages, keys. */
import './frame.css';
import type { PageSources } from '../core/wire/page-sources.ts';
import { openFile, readRun } from './load/read-run.ts';
import { openRun } from './load/sources.ts';
import { type Run, rowOfVm, titlesOf } from './model/run.ts';
import { button, element } from './page/element.ts';
import { initialState, type PageState, views } from './page/page-state.ts';
import { offerSaving } from './page/save.ts';
import { StateHolder } from './page/state-holder.ts';
import { switchTheme } from './page/theme-choice.ts';
import { CompareView } from './views/compare-view.ts';
import { helpDialog } from './views/help-dialog.ts';
import { LiveView } from './views/live-view.ts';
import { Player } from './views/player.ts';
import { busiestS, RunView } from './views/run-view.ts';

const everything = new Set(Object.keys(initialState)) as ReadonlySet<keyof PageState>;
const viewNames: Record<PageState['view'], string> = { cluster: 'Cluster', compare: 'Compare', live: 'Live' };

export class App {
  readonly #page: HTMLElement;
  readonly #sources: PageSources;
  readonly #holder = new StateHolder();
  readonly #runView = new RunView(this.#holder);
  readonly #compareView = new CompareView(this.#holder);
  readonly #liveView = new LiveView(this.#holder);
  readonly #player = new Player(this.#holder, (direction) => this.#stepRefusal(direction));
  readonly #main = element('main');
  readonly #messages = element('div', { role: 'alert' });
  readonly #tabs = element('div', { class: 'tabs', role: 'tablist' });
  readonly #select = element('select', { class: 'runs', 'aria-label': 'Run' });
  readonly #find = element('input', {
    type: 'search',
    placeholder: 'Find a VM or host',
    'aria-label': 'Find a VM or host',
  });
  readonly #picker = element('input', { type: 'file', multiple: true, accept: '.json,.gz', hidden: true });
  readonly #help = helpDialog();
  #runs: readonly Run[] = [];

  constructor(page: HTMLElement, sources: PageSources) {
    this.#page = page;
    this.#sources = sources;
  }

  /** Builds the page and opens what it was given. */
  async start(): Promise<void> {
    this.#page.replaceChildren(this.#header(), this.#messages, this.#player.element, this.#main, this.#help);
    this.#holder.onChange((state, changed) => this.#update(state, changed));
    this.#listen();
    new MutationObserver(() => offerSaving(this.#main)).observe(this.#main, { childList: true, subtree: true });
    this.#show();
    const { runs, live } = this.#sources;
    if (live !== null) {
      this.#holder.set({ view: 'live' });
      this.#liveView.connect(live);
    }
    await this.#openAll(
      runs.map((source) => ({
        name: source.name,
        read: async () => readRun(await openRun(source, document), source.name, source.policy),
      })),
    );
  }

  /** Opens runs one after the other; what cannot be opened is said, and the others are shown. */
  async #openAll(readers: readonly { readonly name: string; read(): Promise<Run> }[]): Promise<void> {
    const opened: Run[] = [];
    for (const [index, { name, read }] of readers.entries()) {
      if (this.#runs.length === 0 && this.#holder.state.view !== 'live') {
        const place = readers.length === 1 ? '' : `${index + 1} of ${readers.length}: `;
        this.#main.replaceChildren(element('p', { class: 'start', role: 'status' }, `Opening ${place}${name} …`));
        await new Promise(requestAnimationFrame);
      }
      try {
        opened.push(await read());
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
    if (readers.length > 0) this.#setRuns([...this.#runs, ...opened]);
  }

  #setRuns(runs: readonly Run[]): void {
    const titles = titlesOf(runs);
    this.#runs = runs.map((run, index) => ({ ...run, title: titles[index]! }));
    this.#compareView.setRuns(this.#runs);
    this.#select.replaceChildren(...this.#runs.map(({ title }, value) => element('option', { value }, title)));
    const { state } = this.#holder;
    const change: Partial<PageState> = {};
    if (this.#runs[state.run] === undefined) Object.assign(change, { run: 0 });
    if (state.atS < 0 && this.#runs.length > 0) Object.assign(change, { atS: busiestS(this.#run!) });
    this.#holder.set(change);
    this.#show();
  }

  get #run(): Run | undefined {
    return this.#runs[this.#holder.state.run] ?? this.#runs[0];
  }

  #header(): HTMLElement {
    this.#tabs.append(
      ...views.map((view) =>
        element('button', { type: 'button', role: 'tab', onclick: () => this.#holder.set({ view }) }, viewNames[view]),
      ),
    );
    this.#select.addEventListener('change', () => this.#holder.set({ run: Number(this.#select.value) }));
    this.#find.addEventListener('change', () => this.#findThing(this.#find.value.trim()));
    const picker = this.#picker;
    picker.addEventListener('change', () => {
      void this.#openFiles([...picker.files!]);
      picker.value = '';
    });
    return element(
      'header',
      { class: 'page-header' },
      element('span', { class: 'brand' }, 'HEPS placements'),
      this.#tabs,
      this.#select,
      element('span', { class: 'spacer' }),
      this.#find,
      picker,
      button('Open', 'Open run files (o)', () => picker.click()),
      button('Switch between light and dark', 'Light or dark (d)', () => this.#switchTheme(), '◐'),
      button('Help', 'Keyboard shortcuts (?)', () => this.#help.showModal(), '?'),
    );
  }

  /** Redraws everything. */
  #show(): void {
    this.#update(this.#holder.state, everything);
  }

  #update(state: PageState, changedNow: ReadonlySet<keyof PageState>): void {
    const run = this.#run;
    // A view that was not shown has not heard of what has changed meanwhile.
    const changed = changedNow.has('view') ? everything : changedNow;
    if (changed.size > 1 || !changed.has('atS')) this.#showFrame(state);
    if (state.view === 'live') {
      this.#mount(this.#liveView.element);
      this.#liveView.update(state, changed);
      return;
    }
    if (run === undefined) {
      this.#main.replaceChildren(startScreen());
      return;
    }
    if (changed.has('run') || changed === everything) {
      this.#player.setRun(run.beginS, run.endS, (run.placements?.turnedAway.length ?? 0) > 0);
    }
    this.#player.update(state.atS, state.speed);
    if (state.view === 'compare') {
      this.#mount(this.#compareView.element);
      this.#compareView.update(state, changed);
      return;
    }
    this.#mount(this.#runView.element);
    this.#runView.update(run, state, changed);
  }

  /** What stands around the views. */
  #showFrame({ view }: PageState): void {
    const run = this.#run;
    [...this.#tabs.children].forEach((tab, index) => {
      tab.setAttribute('aria-selected', String(views[index] === view));
      (tab as HTMLElement).hidden = views[index] === 'live' && this.#sources.live === null;
    });
    this.#player.element.hidden = run === undefined || view === 'live';
    this.#find.hidden = run === undefined || view !== 'cluster';
    this.#select.hidden = this.#runs.length < 2 || view !== 'cluster';
    if (run !== undefined) this.#select.value = String(this.#runs.indexOf(run));
  }

  #mount(view: HTMLElement): void {
    if (this.#main.firstElementChild !== view) this.#main.replaceChildren(view);
  }

  #switchTheme(): void {
    switchTheme();
    this.#show();
  }

  #say(message: string): void {
    const line = element('div', { class: 'message' }, element('span', {}, message));
    line.append(button('Dismiss', 'Dismiss', () => line.remove(), '✕'));
    this.#messages.append(line);
  }

  async #openFiles(files: readonly File[]): Promise<void> {
    await this.#openAll(
      files.map((file) => ({ name: file.name, read: async () => readRun(await openFile(file), file.name) })),
    );
  }

  #findThing(text: string): void {
    const run = this.#run;
    if (text === '' || run?.placements == null) return;
    const row = rowOfVm(run.placements, text, 0);
    const host = run.cluster.specs.find(({ name }) => name === text);
    if (row >= 0) this.#holder.set({ vm: text, attempt: 0, waiting: 0 });
    else if (host !== undefined) this.#holder.set({ host: host.name, vm: '' });
    else
      this.#say(
        `No VM or host in this run is called “${text}”. VM names look like ${run.placements.decisions.id[0] ?? '–'}, host names like ${run.cluster.specs[0]!.name}.`,
      );
  }

  /** Opens the decision of the refusal before or after the one that is open, or before or after the moment. */
  #stepRefusal(direction: 1 | -1): void {
    const placements = this.#run?.placements;
    if (placements == null) return;
    this.#player.pause();
    const { turnedAway, decidedS, decisions } = placements;
    const { atS, vm, attempt } = this.#holder.state;
    const open = vm === '' ? -1 : turnedAway.indexOf(rowOfVm(placements, vm, attempt));
    const place =
      open >= 0
        ? open + direction
        : direction > 0
          ? turnedAway.findIndex((row) => decidedS[row]! > atS)
          : turnedAway.findLastIndex((row) => decidedS[row]! < atS);
    const row = turnedAway[place];
    if (row === undefined) return;
    this.#holder.set({ atS: decidedS[row]!, vm: decisions.id[row]!, attempt: decisions.attempt[row]!, waiting: 0 });
  }

  #listen(): void {
    addEventListener('keydown', (event) => this.#onKey(event));
    addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) document.body.classList.remove('dropping');
    });
    addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      void this.#openFiles([...(event.dataTransfer?.files ?? [])]);
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#show());
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const isTyping = target.matches('input:not([type="range"]), select, textarea');
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || this.#help.open) return;
    const { state } = this.#holder;
    const run = this.#run;
    const stepS = (run?.file.series.intervalS ?? 3600) * (event.shiftKey ? 24 : 1);
    const move = (byS: number): void => {
      this.#holder.set({ atS: Math.min(run?.endS ?? 0, Math.max(run?.beginS ?? 0, state.atS + byS)) });
    };
    const keys: Record<string, () => void> = {
      ' ': () => this.#player.toggle(),
      ArrowRight: () => move(stepS),
      ArrowLeft: () => move(-stepS),
      Home: () => move(-Infinity),
      End: () => move(Infinity),
      n: () => this.#stepRefusal(1),
      p: () => this.#stepRefusal(-1),
      '+': () => this.#player.stepSpeed(1),
      '-': () => this.#player.stepSpeed(-1),
      z: () => this.#holder.set({ fromS: 0, toS: 0 }),
      o: () => this.#picker.click(),
      d: () => this.#switchTheme(),
      '/': () => this.#find.focus(),
      '?': () => this.#help.showModal(),
      Escape: () => this.#holder.set(state.vm !== '' ? { vm: '' } : { host: '' }),
    };
    const action = keys[event.key];
    if (action === undefined || (event.key === ' ' && target.matches('button'))) return;
    event.preventDefault();
    action();
  }
}

/** What stands on the page while no run is open. */
function startScreen(): HTMLElement {
  return element(
    'div',
    { class: 'start' },
    element('h1', {}, 'Drop a run file here'),
    element('p', {}, 'or press Open. Nothing leaves this computer.'),
    element(
      'p',
      { class: 'muted' },
      'Run files come from ',
      element('code', {}, 'heps simulate'),
      ' and ',
      element('code', {}, 'heps compare'),
      '; drop two to compare them.',
    ),
  );
}
