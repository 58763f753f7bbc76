/** Stations and their images, as the operator writes them in `stations.yaml`: what may be applied for, and what a machine is told at its start. */
import type { ClipboardPolicy, DesktopGpu, DesktopSize, FilePolicy } from '../../../core/wire/portal.ts';

/** Seconds for which a desktop whose time is over is kept where its station does not say, or is not in `stations.yaml` any more. */
export const usualGraceS = 7 * 24 * 3600;

export interface Station {
  /** `^[a-z0-9][a-z0-9-]{0,30}$`. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Groups whose members may use it; empty: everybody. */
  readonly groups: readonly string[];
  readonly images: readonly DesktopImage[];
  readonly size: DesktopSize;
  readonly gpu: DesktopGpu;
  readonly largest: DesktopSize & { readonly cards: number; readonly cardMemoryMib: number };
  /** Models that people may choose among; empty: those of the hosts that report. */
  readonly cardModels: readonly string[];
  readonly lifetimeS: number;
  readonly longestLifetimeS: number;
  /** Seconds for which a desktop whose time is over is kept, stopped, before it is deleted; 0: it is deleted at once. */
  readonly graceS: number;
  /** Storage that is mounted, by the person's rights. */
  readonly mounts: readonly Mount[];
  readonly clipboard: ClipboardPolicy;
  readonly files: StationFiles;
  /** Networks from which desktops, their applications and files may be used; empty: any. */
  readonly clientNetworks: readonly string[];
  /** What happens to desktops that nobody uses; null: nothing. */
  readonly idle: { readonly afterS: number; readonly action: 'stop' | 'delete' } | null;
}

/** Which files may be moved between the station's desktops and people's computers. */
export interface StationFiles extends FilePolicy {
  /** Whether people with whom a desktop is shared, and who may type there, may as well: as its owner's account. Who only looks never may. */
  readonly byControllers: boolean;
  /** Networks from which; empty: those of the station. */
  readonly clientNetworks: readonly string[];
}

export interface DesktopImage {
  readonly id: string;
  readonly title: string;
  readonly system: 'linux' | 'windows';
  /** Id or name in Glance. */
  readonly glanceImage: string;
  readonly software: readonly Software[];
  readonly apps: readonly WebApp[];
  /** Port of the desktop's VNC server. */
  readonly vncPort: number;
  /** Port of the machine's SSH server, by which files are moved. */
  readonly sshPort: number;
  /** User data of its own, a file beside `stations.yaml` with `{{…}}`; null: the built-in template. */
  readonly template: string | null;
}

/** A program that the desktop starts or shows; `command` runs in the person's session. */
export interface Software {
  readonly title: string;
  readonly command: string;
  /** Whether it is started with the desktop; otherwise it has an icon. */
  readonly starts: boolean;
}

/** A web application inside the machine, reached through the gateway only. */
export interface WebApp {
  readonly id: string;
  readonly title: string;
  readonly port: number;
  /** Path that is opened first: `/lab`. */
  readonly path: string;
  /** What starts it in the person's session; `{base}` is the path below which the gateway shows it, `{address}` where it listens. */
  readonly command: string;
}

/** Storage that a desktop mounts where the person is in one of the groups. */
export interface Mount {
  /** `lustre`, `nfs4`, `cifs`. */
  readonly type: 'lustre' | 'nfs' | 'nfs4' | 'cifs';
  /** `10.1.0.5@tcp:/heps`, `oceanstor:/data/b7`. */
  readonly source: string;
  /** `/heps`. */
  readonly target: string;
  readonly options: string;
  /** Empty: everybody. */
  readonly groups: readonly string[];
  /** Path below the target that is linked on the desktop; `{user}` and `{station}` stand for their names; null: none. */
  readonly link: string | null;
}

/** Seconds for which a desktop of the station is kept, stopped, when its time is over. */
export function graceOf(station: Pick<Station, 'graceS'> | undefined): number {
  return station?.graceS ?? usualGraceS;
}
