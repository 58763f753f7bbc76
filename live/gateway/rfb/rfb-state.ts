/** What both directions of a stream know of each other. */
import type { ClipboardPolicy, DesktopRole } from '../../../core/wire/portal.ts';
import type { PixelFormat } from './pixel-format.ts';

export interface RfbState {
  /** Changes while the stream is open, when the owner gives or takes control. */
  role: DesktopRole;
  readonly clipboard: ClipboardPolicy;
  format: PixelFormat;
  /** The desktop has said that it takes cut texts of the extended form. */
  takesExtendedClipboard: boolean;
  /** The desktop has said that it takes pointer messages with more buttons, which are a byte longer. */
  takesExtendedMouse: boolean;
}

/** Where a text may go at least one way: of the other way's messages none passes. */
export function offersExtendedClipboard({ role, clipboard }: RfbState): boolean {
  return role !== 'view' && (clipboard.mostIn > 0 || clipboard.mostOut > 0);
}
