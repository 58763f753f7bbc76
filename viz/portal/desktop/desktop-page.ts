/** The page of one desktop: its picture, the tools over it, and what lies over it while there is no picture. */
import { element } from '../../page/element.ts';
import { ClipboardPanel } from './clipboard-panel.ts';
import { FilesPanel } from './files/files-panel.ts';
import { KeysPanel } from './keys-panel.ts';
import { Link, type LinkState } from './link.ts';
import { Notices } from './notices.ts';
import { PicturePanel } from './picture-panel.ts';
import { keepSettings, keptSettings } from './picture-settings.ts';
import { maySetSize } from './screen.ts';
import { StallNote } from './stall-note.ts';
import { Statistics } from './statistics.ts';
import { NoTicket, ticketsFor } from './ticket.ts';
import { Toolbar, toolButton } from './toolbar.ts';
import { Veil } from './veil.ts';
import type { WayIn } from './way-in.ts';

export class DesktopPage {
  readonly #root: HTMLElement;
  readonly #way: WayIn;
  readonly #link: Link;
  readonly #toolbar: Toolbar;
  readonly #veil: Veil;
  readonly #keys = new KeysPanel(() => this.#link.screen?.rfb ?? null);
  readonly #clipboard = new ClipboardPanel({
    takesAnyText: () => this.#link.socket?.takesAnyText ?? false,
    put: (text) => this.#link.screen?.rfb.clipboardPasteFrom(text),
  });
  readonly #picture: PicturePanel;
  readonly #notices: Notices | null;
  readonly #files: FilesPanel | null;
  readonly #stall = new StallNote();

  /** @param way null where the address names no desktop */
  constructor(root: HTMLElement, way: WayIn | null) {
    this.#root = root;
    this.#way = way ?? { kind: 'cookie' };
    const settings = keptSettings();
    const target = element('main', { class: 'screen', 'aria-label': 'Desktop' });
    this.#veil = new Veil({ hasPortal: way?.kind === 'portal', onConnect: () => this.#link.connect() });
    // The link tells its first state at once, when the rest of the page is not made yet.
    this.#link = new Link({
      target,
      ticket: way === null ? noTicket : ticketsFor(way),
      settings,
      onState: (state) => queueMicrotask(() => this.#show(state)),
      onClipboard: (text) => this.#clipboard.receive(text),
      onTextAsked: () => this.#clipboard.expect(),
      onStall: (isStalled) => this.#stall.show(isStalled),
    });
    const statistics = new Statistics(this.#link);
    this.#picture = new PicturePanel(settings, (changed) => {
      keepSettings(changed);
      this.#link.settings = changed;
    });
    const files = way?.kind === 'portal' && way.of === 'desktop' ? new FilesPanel(way.desktopId) : null;
    this.#files = files;
    this.#toolbar = new Toolbar(
      [
        ...(files === null
          ? []
          : [{ name: 'Files', icon: 'files' as const, content: files.root, onOpen: () => files.open() }]),
        { name: 'Picture', icon: 'fit', content: this.#picture.root },
        { name: 'Clipboard', icon: 'clipboard', content: this.#clipboard.root },
        { name: 'Keys', icon: 'keys', content: this.#keys.root },
        {
          name: 'Statistics',
          icon: 'statistics',
          content: statistics.root,
          onOpen: () => statistics.start(),
          onClose: () => statistics.stop(),
        },
      ],
      [
        toolButton('Full screen', 'fullScreen', () => void this.#switchFullScreen()),
        toolButton('Leave', 'leave', () => this.#link.leave()),
      ],
      () => this.#link.screen?.rfb.focus({ preventScroll: true }),
    );
    this.#toolbar.hideTool('Full screen', !document.fullscreenEnabled);
    this.#notices = way?.kind === 'portal' && way.of === 'desktop' ? new Notices(way.desktopId) : null;
    root.replaceChildren(
      ...[target, this.#stall.root, this.#veil.root, this.#notices?.root, this.#toolbar.root].filter(
        (each) => each !== undefined,
      ),
    );
    files?.takeDrops(root, () => this.#toolbar.openPanel('Files'));
    // Every key goes to the desktop; these three together lead out of it.
    const leadOut = ({ ctrlKey, altKey, shiftKey }: KeyboardEvent): void => {
      if (ctrlKey && altKey && shiftKey) this.#toolbar.focus();
    };
    addEventListener('keydown', leadOut, { capture: true });
    target.addEventListener('pointerdown', () => this.#toolbar.closePanel());
  }

  #show(state: LinkState): void {
    this.#veil.show(state);
    this.#stall.show(false);
    if (state.kind === 'over') this.#clipboard.clear();
    this.#root.dataset.link = state.kind;
    this.#toolbar.root.hidden = state.kind !== 'connected';
    this.#keys.release();
    this.#notices?.follow(state.kind === 'connected');
    if (state.kind !== 'connected') {
      document.title = state.kind === 'over' ? 'Not connected · Desktop' : 'Connecting … · Desktop';
      this.#toolbar.closePanel();
      return;
    }
    const { title, role, clipboard, files } = state.ticket;
    // As text, never as HTML: the title is what somebody typed (CVE-2017-18635).
    const name = this.#way.kind === 'portal' && this.#way.of === 'console' ? `Console of ${title}` : title;
    document.title = name;
    this.#toolbar.title = name;
    this.#toolbar.badge = role === 'view' ? 'View only' : '';
    this.#toolbar.hideTool('Clipboard', role === 'view');
    this.#toolbar.hideTool('Keys', role === 'view');
    this.#picture.setsSize = maySetSize(role);
    this.#clipboard.policy = clipboard;
    this.#toolbar.hideTool('Files', files === null);
    if (this.#files !== null) this.#files.policy = files;
  }

  async #switchFullScreen(): Promise<void> {
    if (document.fullscreenElement !== null) {
      await document.exitFullscreen();
      return;
    }
    await document.documentElement.requestFullscreen();
    // Where the browser can, Esc, Alt+Tab and the like go to the desktop as well; Esc held down leaves.
    const keyboard = (navigator as { keyboard?: { lock(): Promise<void> } }).keyboard;
    await keyboard?.lock();
    this.#link.screen?.rfb.focus({ preventScroll: true });
  }
}

async function noTicket(): Promise<never> {
  throw new NoTicket('This address names no desktop. Open one from the portal.', false);
}
