/** How the desktop is shown: how it fits the window, and how much its picture may cost. Kept for the next visit. */

export const fits = {
  window: { label: 'Follow the window', text: 'The desktop takes the size of this window.' },
  scale: { label: 'Scale', text: 'The desktop keeps its size and is drawn smaller or larger.' },
  actual: { label: 'Actual size', text: 'One to one; scroll to see the rest.' },
} as const;
export type Fit = keyof typeof fits;

/** `quality`: of JPEG, 0 to 9; `compression`: of the rest, 0 to 9. */
export const qualities = {
  sharp: { label: 'Sharp', text: 'No visible loss: for examining images.', quality: 9, compression: 1 },
  balanced: { label: 'Balanced', text: 'For everyday work.', quality: 6, compression: 2 },
  fast: { label: 'Fast', text: 'For a slow network; the picture loses detail.', quality: 2, compression: 6 },
} as const;
export type Quality = keyof typeof qualities;

export interface PictureSettings {
  readonly fit: Fit;
  readonly quality: Quality;
}

const keptAs = 'heps-desktop-picture';
const usual: PictureSettings = { fit: 'window', quality: 'balanced' };

export function keptSettings(): PictureSettings {
  const { fit, quality } = readKept();
  return {
    fit: typeof fit === 'string' && fit in fits ? (fit as Fit) : usual.fit,
    quality: typeof quality === 'string' && quality in qualities ? (quality as Quality) : usual.quality,
  };
}

export function keepSettings(settings: PictureSettings): void {
  try {
    localStorage.setItem(keptAs, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: they hold until the tab is closed.
  }
}

function readKept(): { fit?: unknown; quality?: unknown } {
  try {
    return JSON.parse(localStorage.getItem(keptAs) ?? '{}') as { fit?: unknown; quality?: unknown };
  } catch {
    return {};
  }
}
