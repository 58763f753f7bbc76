/** Files between this computer and the desktop: folders to look into, what goes up, and what is taken down. */
import type { FilePolicy, FileView, FolderView } from '../../../../core/wire/portal.ts';
import { button, element } from '../../../page/element.ts';
import { plural } from '../../../page/quantity-words.ts';
import { icon } from '../../page/icons.ts';
import { formatBytes } from './byte-words.ts';
import { droppedFiles, type PickedFile, pickedFiles } from './dropped-files.ts';
import { FilesLink } from './files-link.ts';
import { type BatchState, UploadBatch } from './upload-batch.ts';

export class FilesPanel {
  readonly root: HTMLElement;
  readonly #link: FilesLink;
  readonly #places = element('div', { class: 'file-places', role: 'group', 'aria-label': 'Places' });
  readonly #path = element('nav', { class: 'file-path', 'aria-label': 'Folder' });
  readonly #list = element('ul', { class: 'file-list', 'aria-label': 'Files' });
  readonly #actions = element('div', { class: 'more' });
  readonly #newFolder: HTMLFormElement;
  readonly #transfers = element('ul', { class: 'file-transfers', 'aria-label': 'Transfers' });
  readonly #showHidden = element('button', { type: 'button', class: 'quiet', hidden: true }, '');
  readonly #said = element('p', { class: 'hint', role: 'status' });
  readonly #veil = element('div', { class: 'drop-veil', hidden: true });
  #roots: readonly { readonly title: string; readonly path: string }[] = [];
  #folder: FolderView | null = null;
  #policy: FilePolicy | null = null;
  /** Whether those whose names begin with a dot are shown. */
  #hasHidden = false;

  constructor(desktopId: string) {
    this.#link = new FilesLink(desktopId);
    const name = element('input', {
      type: 'text',
      'aria-label': 'Name of the new folder',
      required: true,
      maxlength: 200,
    });
    this.#newFolder = element(
      'form',
      { class: 'new-folder', hidden: true, onsubmit: (event) => void this.#makeFolder(event, name) },
      name,
      element('button', { type: 'submit', class: 'primary' }, 'Make'),
    );
    this.#showHidden.addEventListener('click', () => {
      this.#hasHidden = !this.#hasHidden;
      if (this.#folder !== null) this.#draw(this.#folder);
    });
    const head = element('div', { class: 'file-head' }, this.#places, this.#path);
    this.root = element(
      'div',
      { class: 'files' },
      head,
      this.#actions,
      this.#newFolder,
      this.#list,
      this.#showHidden,
      this.#said,
      this.#transfers,
    );
  }

  /** Null: no files are moved. */
  set policy(policy: FilePolicy | null) {
    this.#policy = policy;
    this.#actions.replaceChildren(...(policy === null ? [] : this.#tools(policy)));
  }

  /** Shows the folder as it is now; home at first. */
  open(): void {
    void this.#show(this.#folder?.path ?? null);
  }

  /** Takes what is dropped onto the page. @param onDrop shows this panel */
  takeDrops(page: HTMLElement, onDrop: () => void): void {
    page.append(this.#veil);
    const mayTake = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;
    page.addEventListener('dragover', (event) => {
      if (!mayTake(event)) return;
      event.preventDefault(); // or the browser would leave this page for the file
      const isTaken = this.#policy?.up === true;
      event.dataTransfer!.dropEffect = isTaken ? 'copy' : 'none';
      const where = this.#folder === null ? 'Home' : this.#namesOf(this.#folder.path).join(' › ');
      this.#veil.textContent = isTaken ? `Drop to upload to ${where}` : 'This station lets no files into the desktop.';
      this.#veil.hidden = false;
    });
    page.addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) this.#veil.hidden = true;
    });
    page.addEventListener('drop', (event) => {
      this.#veil.hidden = true;
      if (!mayTake(event)) return;
      event.preventDefault();
      if (this.#policy?.up !== true) return;
      onDrop();
      void this.#try(async () => this.#upload(await droppedFiles(event.dataTransfer!)));
    });
  }

  #tools({ up, down }: FilePolicy): HTMLElement[] {
    const input = (isFolder: boolean): HTMLInputElement => {
      const made: HTMLInputElement = element('input', {
        type: 'file',
        hidden: true,
        multiple: true,
        webkitdirectory: isFolder,
        onchange: () => {
          const files = pickedFiles(made);
          made.value = '';
          void this.#try(() => this.#upload(files));
        },
      });
      return made;
    };
    const [files, folder] = [input(false), input(true)];
    const add = (label: string, onClick: () => void, isFirst = false): HTMLButtonElement =>
      element('button', { type: 'button', class: isFirst ? 'primary' : 'secondary', onclick: onClick }, label);
    return [
      ...(up
        ? [
            files,
            folder,
            add('Upload files', () => files.click(), true),
            add('Upload a folder', () => folder.click()),
            add('New folder', () => this.#askName()),
          ]
        : []),
      ...(down ? [add('Download all as zip', () => this.#download(this.#folder?.path ?? null, 'zip'))] : []),
    ];
  }

  #askName(): void {
    this.#newFolder.hidden = !this.#newFolder.hidden;
    if (!this.#newFolder.hidden) this.#newFolder.querySelector('input')!.focus();
  }

  async #makeFolder(event: Event, input: HTMLInputElement): Promise<void> {
    event.preventDefault();
    const name = input.value.trim();
    if (name === '' || this.#folder === null) return;
    const { path } = this.#folder;
    await this.#try(async () => {
      await this.#link.makeFolder(below(path, name));
      input.value = '';
      this.#newFolder.hidden = true;
      await this.#show(path);
      this.#say(`The folder ${name} is made.`);
    });
  }

  /** @param path null: home */
  async #show(path: string | null): Promise<void> {
    await this.#try(async () => {
      this.root.setAttribute('aria-busy', 'true');
      if (this.#folder === null) this.#say('Asking the desktop for its files …');
      try {
        this.#roots = (await this.#link.open()).session.roots;
        const folder = await this.#link.list(path ?? this.#roots[0]!.path);
        this.#folder = folder;
        this.#say(
          folder.isCut ? `Only ${plural(folder.entries.length, 'entry', 'entries')} of this folder are shown.` : '',
        );
        this.#draw(folder);
      } finally {
        this.root.removeAttribute('aria-busy');
      }
    });
  }

  #draw({ path, entries }: FolderView): void {
    const root = this.#rootOf(path);
    const hasPlaces = this.#roots.length > 1;
    this.#places.replaceChildren(
      ...(hasPlaces
        ? this.#roots.map((each) =>
            element(
              'button',
              { type: 'button', 'aria-pressed': String(each === root), onclick: () => void this.#show(each.path) },
              each.title,
            ),
          )
        : []),
    );
    const names = this.#namesOf(path).slice(1);
    const steps = names.map((name, index) => ({
      name,
      path: below(root!.path, names.slice(0, index + 1).join('/')),
    }));
    this.#path.replaceChildren(
      ...[{ name: root?.title ?? path, path: root?.path ?? path }, ...steps].flatMap((step, index, all) => [
        ...(index === 0 ? [] : [element('span', { 'aria-hidden': 'true' }, '›')]),
        index === all.length - 1
          ? element('strong', { 'aria-current': 'location' }, step.name)
          : element('button', { type: 'button', class: 'quiet', onclick: () => void this.#show(step.path) }, step.name),
      ]),
    );
    const hidden = entries.filter(({ name }) => name.startsWith('.'));
    this.#showHidden.hidden = hidden.length === 0;
    this.#showHidden.textContent = this.#hasHidden
      ? 'Leave hidden files out'
      : `Show ${plural(hidden.length, 'hidden file')}`;
    const shown = this.#hasHidden ? entries : entries.filter(({ name }) => !name.startsWith('.'));
    const sorted = [...shown].sort(
      (one, other) =>
        Number(other.kind === 'folder') - Number(one.kind === 'folder') ||
        one.name.localeCompare(other.name, undefined, { numeric: true }),
    );
    this.#list.replaceChildren(
      ...(sorted.length === 0
        ? [element('li', { class: 'hint empty-folder' }, 'Nothing is in this folder.')]
        : sorted.map((entry) => this.#row(path, entry))),
    );
  }

  #row(folder: string, entry: FileView): HTMLElement {
    const { name, kind, bytes, modifiedAtS } = entry;
    const path = below(folder, name);
    const mayGet = this.#policy?.down === true && kind !== 'other';
    const what = kind === 'folder' ? 'zip' : 'get';
    const label = [icon(kind === 'folder' ? 'folder' : 'file'), element('span', { class: 'file-name' }, name)];
    const opens = kind === 'folder' || mayGet;
    const onOpen = (): void => {
      if (kind === 'folder') void this.#show(path);
      else this.#download(path, 'get');
    };
    const when = new Date(modifiedAtS * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    return element(
      'li',
      { class: 'file-row' },
      opens
        ? element('button', { type: 'button', class: 'file-open', title: name, onclick: onOpen }, ...label)
        : element('span', { class: 'file-open', title: name }, ...label),
      element('span', { class: 'file-facts' }, kind === 'file' ? `${formatBytes(bytes)} · ${when}` : when),
      mayGet &&
        button(
          kind === 'folder' ? `Download ${name} as zip` : `Download ${name}`,
          kind === 'folder' ? 'Download as zip' : 'Download',
          () => this.#download(path, what),
          icon('download'),
        ),
      this.#policy?.up === true && this.#removeButton(path, name),
    );
  }

  /** Asks by its second press. */
  #removeButton(path: string, name: string): HTMLButtonElement {
    const made = button(`Delete ${name}`, 'Delete', () => void onClick(), icon('remove'));
    const onClick = async (): Promise<void> => {
      if (!made.classList.contains('danger')) {
        made.classList.add('danger');
        made.replaceChildren('Delete?');
        made.setAttribute('aria-label', `Delete ${name}? Press again`);
        made.addEventListener(
          'blur',
          () => {
            made.classList.remove('danger');
            made.replaceChildren(icon('remove'));
            made.setAttribute('aria-label', `Delete ${name}`);
          },
          { once: true },
        );
        return;
      }
      await this.#try(async () => {
        await this.#link.remove(path);
        await this.#show(this.#folder?.path ?? null);
        this.#say(`${name} is deleted.`);
      });
    };
    return made;
  }

  #download(path: string | null, what: 'get' | 'zip'): void {
    if (path === null) return;
    void this.#try(async () => {
      await this.#link.download(path, what);
      this.#say('The browser downloads it.');
    });
  }

  async #upload(files: readonly PickedFile[]): Promise<void> {
    if (files.length === 0) return;
    const open = await this.#link.open();
    const folder = this.#folder?.path ?? open.session.roots[0]!.path;
    const top = new Set(files.map(({ name }) => name.split('/')[0]!));
    const name = top.size === 1 ? [...top][0]! : plural(files.length, 'file');
    const bar = element('progress', { max: 1, 'aria-label': `Upload of ${name}` });
    const facts = element('span', { class: 'file-facts' });
    const onAgain = (): void =>
      void this.#try(async () => {
        await this.#link.list(folder); // asks for another right where this one is over
        batch.tryAgain(await this.#link.open());
      });
    const again = element('button', { type: 'button', hidden: true, onclick: onAgain }, 'Try again');
    const stop = button(`Stop the upload of ${name}`, 'Stop', () => end(), icon('cross'));
    const row = element(
      'li',
      { class: 'transfer' },
      element('span', { class: 'file-name', title: name }, name),
      stop,
      bar,
      facts,
      again,
    );
    let last: BatchState['kind'] = 'running';
    const end = (): void => {
      if (last === 'running' || last === 'failed') batch.cancel();
      row.remove();
    };
    this.#transfers.prepend(row);
    const batch: UploadBatch = new UploadBatch(open, folder, files, (state) => {
      bar.value = state.bytes === 0 ? state.filesDone / state.files : state.bytesDone / state.bytes;
      facts.textContent = wordsOf(state);
      facts.classList.toggle('problem', state.kind === 'failed');
      again.hidden = state.kind !== 'failed';
      if (state.kind === last) return;
      last = state.kind;
      if (state.kind === 'running') return;
      this.#say(`Upload of ${name}: ${wordsOf(state)}`);
      if (this.root.isConnected && this.#folder?.path === folder) void this.#refresh(folder);
      if (state.kind !== 'done') return;
      stop.title = 'Put away';
      stop.setAttribute('aria-label', `Put ${name} away`);
    });
  }

  /** Without a word: what was said stays. */
  async #refresh(path: string): Promise<void> {
    const folder = await this.#link.list(path).catch(() => null);
    if (folder === null || this.#folder?.path !== path) return;
    this.#folder = folder;
    this.#draw(folder);
  }

  /** `Home`, then the folders below. */
  #namesOf(path: string): string[] {
    const root = this.#rootOf(path);
    return root === undefined ? [path] : [root.title, ...path.slice(root.path.length).split('/').filter(Boolean)];
  }

  #rootOf(path: string) {
    return this.#roots.find((root) => path === root.path || path.startsWith(`${root.path}/`));
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #say(sentence: string): void {
    this.#said.textContent = sentence;
  }
}

function below(folder: string, name: string): string {
  return folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`;
}

function wordsOf({ kind, files, filesDone, bytes, bytesDone, bytesPerS, problem }: BatchState): string {
  const count = files > 1 ? `, ${filesDone} of ${files} files` : '';
  switch (kind) {
    case 'running': {
      const speed = bytesPerS === null ? '' : `, ${formatBytes(bytesPerS)}/s`;
      return `${formatBytes(bytesDone)} of ${formatBytes(bytes)}${count}${speed}`;
    }
    case 'done':
      return `uploaded, ${formatBytes(bytes)}${files > 1 ? `, ${plural(files, 'file')}` : ''}`;
    case 'failed':
      return `${problem ?? 'It failed.'}${files > 1 ? ` (${filesDone} of ${files} files are there.)` : ''}`;
    case 'cancelled':
      return 'stopped';
  }
}
