/** What the buttons of a desktop do, by their `data-action`. */
import type { DesktopView } from '../../core/wire/portal.ts';
import { element } from '../page/element.ts';
import { Problem, portalApi } from './load/api.ts';
import { atWords, clockWords, lifetimeChoices, lifetimeWords } from './model/words.ts';
import { askInDialog, tell } from './views/dialogs.ts';
import { ShareDialog } from './views/share-dialog.ts';

/** Carries out an action; one that asks first is done when its dialog is answered. @throws Problem */
export async function actOn(
  desktop: DesktopView,
  action: string,
  app: string | null,
  nowS: number,
): Promise<ShareDialog | null> {
  switch (action) {
    case 'app':
      await openApp(desktop.id, app!);
      return null;
    case 'start':
      await portalApi.change(desktop.id, 'start');
      return null;
    case 'share':
      return new ShareDialog(desktop);
    case 'extend':
      askToExtend(desktop, nowS);
      return null;
    case 'restart':
      askBefore(
        desktop,
        'Restart',
        'Running programs end, and unsaved work is lost. It will be back in a minute or two.',
        () => portalApi.change(desktop.id, 'restart'),
      );
      return null;
    case 'stop':
      askBefore(
        desktop,
        'Stop',
        'Running programs end, and unsaved work is lost. Its disk is kept, and you can start it again.',
        () => portalApi.change(desktop.id, 'stop'),
      );
      return null;
    case 'delete':
      askBefore(
        desktop,
        desktop.readyAtS === null && desktop.state !== 'failed' ? 'Withdraw' : 'Delete',
        desktop.readyAtS === null && desktop.state !== 'failed'
          ? 'The application is withdrawn and loses its place in the queue.'
          : 'The desktop and everything on its own disk will be gone for good. Files in your data directories stay.',
        () => portalApi.remove(desktop.id),
      );
      return null;
    default:
      throw new RangeError(`unknown action ${action}`);
  }
}

/** The tab is opened at once, while the click still counts as one, and sent to the application when its address is known. */
async function openApp(id: string, app: string): Promise<void> {
  const tab = window.open('about:blank', '_blank');
  try {
    const { url } = await portalApi.connectApp(id, app);
    const address = new URL(url, location.href);
    if (address.protocol !== 'https:' && address.protocol !== 'http:') {
      throw new Problem(
        0,
        'The server gave an address for this application that is not safe to open. Please tell the staff.',
      );
    }
    if (tab === null) throw new Problem(0, 'Your browser blocked the new tab. Allow pop-ups for this page.');
    tab.opener = null;
    tab.location.replace(address);
  } catch (error) {
    tab?.close();
    throw error;
  }
}

function askBefore(desktop: DesktopView, verb: string, meaning: string, act: () => Promise<unknown>): void {
  const viewers = desktop.viewers.length > 0 ? ` Connected now: ${desktop.viewers.join(', ')}.` : '';
  askInDialog(`${verb} “${desktop.title}”?`, [element('p', {}, `${meaning}${viewers}`)], {
    label: verb,
    kind: 'danger',
    act: async () => {
      await act();
    },
  });
}

/** Asks for how long the desktop is to be kept. */
export function askToExtend(desktop: DesktopView, nowS: number): void {
  const { endsAtS, latestEndAtS } = desktop;
  const longestS = Math.floor((latestEndAtS ?? nowS) - nowS);
  // Only what makes it live longer.
  const choices = lifetimeChoices(0, longestS).filter(
    (lifetimeS) => endsAtS === null || nowS + lifetimeS > endsAtS + 60,
  );
  if (choices.length === 0) {
    const latest = clockWords(latestEndAtS ?? nowS, nowS);
    tell(
      `“${desktop.title}” cannot be extended`,
      `Its station does not let a desktop live beyond ${latest}. Save your work, and apply for a new one then.`,
    );
    return;
  }
  const select = element(
    'select',
    { id: 'extend-to' },
    ...choices.map((lifetimeS) =>
      element(
        'option',
        { value: lifetimeS },
        `${lifetimeS === longestS ? 'as long as allowed' : `${lifetimeWords(lifetimeS)} from now`}, until ${clockWords(nowS + lifetimeS, nowS)}`,
      ),
    ),
  );
  const now = endsAtS === null ? '' : `Currently it ends ${atWords(endsAtS, nowS)}.`;
  askInDialog(
    `Extend “${desktop.title}”`,
    [element('p', { class: 'muted' }, now), element('label', { for: 'extend-to' }, 'Keep it for'), select],
    {
      label: 'Extend',
      kind: 'primary',
      act: async () => {
        await portalApi.extend(desktop.id, Number(select.value));
      },
    },
  );
}
