/** noVNC's picture in the page, with the settings of this page. */
import RFB from '@novnc/novnc';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import { type PictureSettings, qualities } from './picture-settings.ts';

export interface ScreenEvents {
  readonly onConnect: () => void;
  /** The desktop wants what only the gateway should have given, or refused it. */
  readonly onRefused: (sentence: string) => void;
  readonly onClipboard: (text: string) => void;
  /** A finished picture is shown. */
  readonly onPicture: () => void;
}

export class Screen {
  readonly rfb: RFB;
  readonly #target: HTMLElement;
  #frames = 0;
  #role: DesktopRole | null;
  #settings: PictureSettings;

  constructor(
    target: HTMLElement,
    socket: WebSocket,
    role: DesktopRole | null,
    settings: PictureSettings,
    events: ScreenEvents,
  ) {
    this.#target = target;
    this.rfb = new RFB(target, socket, { shared: true });
    this.rfb.background = 'transparent';
    this.#role = role;
    this.#settings = settings;
    this.rfb.viewOnly = role === 'view';
    this.show(settings);
    this.rfb.addEventListener('connect', () => {
      this.canvas?.setAttribute('aria-label', 'Picture of the desktop');
      this.canvas?.setAttribute('role', 'application');
      events.onConnect();
    });
    this.rfb.addEventListener('clipboard', ({ detail }) => events.onClipboard(detail.text));
    this.rfb.addEventListener('credentialsrequired', () =>
      events.onRefused(
        'The desktop asks for a password of its own, which the streaming server should have provided. Please tell the staff.',
      ),
    );
    this.rfb.addEventListener('securityfailure', ({ detail }) =>
      events.onRefused(`The desktop refused the streaming server: ${detail.reason ?? `status ${detail.status}`}.`),
    );
    this.#countFrames(events.onPicture);
  }

  /** What is seen; null once it has been disconnected. */
  get canvas(): HTMLCanvasElement | null {
    return this.#target.querySelector('canvas:not(.still)');
  }

  /** Updates that were drawn since the beginning. */
  get frames(): number {
    return this.#frames;
  }

  /** Null: not known here. */
  set role(role: DesktopRole | null) {
    if (role === this.#role) return;
    this.#role = role;
    this.rfb.viewOnly = role === 'view';
    // noVNC says again which encodings it takes when the quality changes: the gateway left some out while one could only see.
    this.rfb.qualityLevel = (this.rfb.qualityLevel + 1) % 10;
    this.show(this.#settings);
  }

  show(settings: PictureSettings): void {
    this.#settings = settings;
    const { fit, quality } = settings;
    // Where the desktop does not follow the window (not every server can), its picture is scaled to it.
    this.rfb.scaleViewport = fit !== 'actual';
    this.rfb.resizeSession = fit === 'window' && maySetSize(this.#role);
    this.rfb.qualityLevel = qualities[quality].quality;
    this.rfb.compressionLevel = qualities[quality].compression;
  }

  /** A copy of the last picture, to stand there while there is none; null when there was none yet. */
  still(): HTMLCanvasElement | null {
    const canvas = this.canvas;
    if (canvas === null || canvas.width === 0 || canvas.height === 0) return null;
    const copy = document.createElement('canvas');
    copy.className = 'still';
    copy.width = canvas.width;
    copy.height = canvas.height;
    copy.style.width = canvas.style.width;
    copy.style.height = canvas.style.height;
    copy.getContext('2d')?.drawImage(canvas, 0, 0);
    return copy;
  }

  /** noVNC tells nobody of an update, but draws each finished one onto the canvas that is seen by one call. */
  #countFrames(onPicture: () => void): void {
    const context = this.canvas?.getContext('2d');
    if (!context) return;
    const draw = context.drawImage.bind(context) as (...args: unknown[]) => void;
    context.drawImage = (...args: unknown[]): void => {
      this.#frames++;
      draw(...args);
      onPicture();
    };
  }
}

/** Whether this window may set the size of the desktop: the owner's, unless it is a phone's, in which nothing would have room. */
export function maySetSize(role: DesktopRole | null): boolean {
  return role === 'owner' && !matchMedia('(pointer: coarse) and ((max-width: 600px) or (max-height: 500px))').matches;
}
