/** What the portal's API and its page say to each other: JSON shapes, and nothing else. Times are Unix seconds. */

/**
 * A desktop's life:
 *
 *     waiting ─▶ scheduled ─▶ building ─▶ starting ─▶ ready ◀─▶ connected
 *        │            │           │           │         │ ▲         │
 *        └────────────┴───────────┴─▶ failed  └─────────┴─┴─────────┴─▶ stopped        any ─▶ deleting ─▶ deleted
 *
 * `waiting`: no host has room, or the person's limits do not allow it yet; `scheduled`: a host is claimed; `building`: Nova builds it;
 * `starting`: the machine runs, its desktop does not answer yet; `ready`: it answers; `connected`: somebody looks at it; `stopped`: shut
 * down, starts again on demand; `failed`: over, with the reason.
 */
export const desktopStates = [
  'waiting',
  'scheduled',
  'building',
  'starting',
  'ready',
  'connected',
  'stopped',
  'failed',
  'deleting',
  'deleted',
] as const;
export type DesktopState = (typeof desktopStates)[number];

/** What somebody may do with a desktop: `owner` all, `control` see and type, `view` see only. */
export type DesktopRole = 'owner' | 'control' | 'view';

/** The person that is logged in. */
export interface PersonView {
  /** Login name, unique: `chen`. */
  readonly name: string;
  readonly displayName: string;
  readonly groups: readonly string[];
  readonly isAdmin: boolean;
}

/** How one may log in; the answer's member `login` of a 401 of `GET /portal/v1/session`. */
export interface LoginWays {
  /** With a name and password of this server's own. */
  readonly local: boolean;
  /** What the facility calls its own login, such as `IHEP unified authentication`; null where there is none. It begins at `/portal/v1/login`. */
  readonly unified: string | null;
}

/** A machine's size. */
export interface DesktopSize {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
}

/** Cards of a desktop. */
export interface DesktopGpu {
  readonly count: number;
  /** Of each card, at least. */
  readonly memoryMib: number;
  /** Of each card, at least; 0 or left out: any. */
  readonly cores?: number;
  /** Models of which one must be; empty or left out: any. */
  readonly models?: readonly string[];
}

/** A model of cards that one may choose. */
export interface CardView {
  /** `RTX A6000`. */
  readonly name: string;
  readonly memoryMib: number;
  readonly cores: number;
}

/** An experimental station with what it offers; only those that the person may use are shown. */
export interface StationView {
  /** `b7`. */
  readonly id: string;
  /** `B7 hard X-ray imaging`. */
  readonly title: string;
  readonly description: string;
  readonly images: readonly ImageView[];
  /** What is proposed. */
  readonly size: DesktopSize;
  readonly gpu: DesktopGpu;
  /** The most that one desktop may have. */
  readonly largest: DesktopSize & { readonly cards: number; readonly cardMemoryMib: number };
  /** Models that one may choose among, the one with the least memory first; left out by older servers. */
  readonly cards?: readonly CardView[];
  /** Seconds that a desktop lives unless it is extended. */
  readonly lifetimeS: number;
  /** Seconds from its beginning beyond which it cannot be extended. */
  readonly longestLifetimeS: number;
}

export interface ImageView {
  /** `imaging-linux`. */
  readonly id: string;
  readonly title: string;
  readonly system: 'linux' | 'windows';
  /** Names of the programs that it brings. */
  readonly software: readonly string[];
  /** Web applications inside the machine. */
  readonly apps: readonly AppView[];
}

export interface AppView {
  /** `jupyter`. */
  readonly id: string;
  readonly title: string;
}

/** Body of `POST /portal/v1/desktops`; what is left out is as the station proposes. */
export interface DesktopApplication {
  readonly station: string;
  readonly image: string;
  readonly title?: string;
  readonly size?: DesktopSize;
  readonly gpu?: DesktopGpu;
  readonly lifetimeS?: number;
}

/** A desktop as the person sees it who asks. */
export interface DesktopView {
  /** UUID. */
  readonly id: string;
  readonly title: string;
  readonly owner: string;
  /** The asking person's. */
  readonly role: DesktopRole;
  readonly station: string;
  readonly stationTitle: string;
  readonly image: string;
  readonly imageTitle: string;
  readonly system: 'linux' | 'windows';
  readonly size: DesktopSize;
  readonly gpu: DesktopGpu;
  readonly state: DesktopState;
  /** A sentence: why it waits or failed, or what comes next; null when there is nothing to say. */
  readonly reason: string | null;
  /** When what it waits for is expected to be free; null when that cannot be told, or it does not wait. */
  readonly expectedAtS: number | null;
  /** Where it runs, and on which cards (models); host null for all but owner and administrators. */
  readonly host: string | null;
  readonly cardModels: readonly string[];
  readonly createdAtS: number;
  /** When it was ready first; null before. */
  readonly readyAtS: number | null;
  /** When its time is over unless it is extended: it is stopped then, or deleted; null before it runs. */
  readonly endsAtS: number | null;
  /** The latest that it may be extended to; null before it runs. */
  readonly latestEndAtS: number | null;
  /** Since its time was over: when it is deleted unless it is extended; null before, left out by older servers. */
  readonly deleteAtS?: number | null;
  /** When it was deleted; null before, left out by older servers. */
  readonly endedAtS?: number | null;
  /** When it is stopped or deleted because nobody uses it; null while it is used, or where no such rule holds. */
  readonly idleEndAtS: number | null;
  /** What the page should warn of: the end is near, or nobody uses it. */
  readonly warning: string | null;
  readonly shares: readonly ShareView[];
  readonly apps: readonly AppView[];
  /** People who are connected now. */
  readonly viewers: readonly string[];
}

export interface ShareView {
  readonly person: string;
  readonly role: 'control' | 'view';
}

/** What the person has and may have: `GET /portal/v1/usage`. `most…` null: no limit. */
export interface UsageView {
  readonly desktops: number;
  readonly mostDesktops: number | null;
  readonly cards: number;
  readonly mostCards: number | null;
  /** Of the last `windowDays` days. */
  readonly cardHours: number;
  readonly mostCardHours: number | null;
  readonly windowDays: number;
}

/** Subprotocol of a page that understands texts beside the stream of a desktop: each is a `GatewayNote` as JSON. */
export const notesProtocol = 'heps-notes';

/** What the gateway says of an open stream. */
export interface GatewayNote {
  /** What one may do from now on. */
  readonly role: DesktopRole;
}

/** Header of a request that a page makes on its own, without its person: it does not count as a use of the login. */
export const backgroundHeader = 'heps-background';

/** What may pass between the desktop's clipboard and the browser's. Sizes in characters; 0: nothing. */
export interface ClipboardPolicy {
  /** From the browser into the desktop. */
  readonly mostIn: number;
  /** From the desktop into the browser. */
  readonly mostOut: number;
}

/** Answer of `POST /portal/v1/desktops/{id}/connect`. */
export interface ConnectView {
  /** Good once, within `expiresInS`: the WebSocket subprotocol is `token.` with it. */
  readonly token: string;
  /** `wss://stream.example.org/stream`. */
  readonly streamUrl: string;
  readonly expiresInS: number;
  readonly role: DesktopRole;
  readonly title: string;
  readonly clipboard: ClipboardPolicy;
  /** What files this person may move; left out: none. */
  readonly files?: FilePolicy;
}

/** Answer of `POST /portal/v1/desktops/{id}/apps/{app}/connect`: an address to open in a new tab, good once. */
export interface AppConnectView {
  readonly url: string;
  readonly expiresInS: number;
}

/** A row of the audit trail: `GET /portal/v1/admin/audit`. */
export interface AuditView {
  readonly atS: number;
  readonly person: string | null;
  /** `apply`, `connect-mint`, `connect-accept`, `connect-refuse`, … */
  readonly action: string;
  readonly desktop: string | null;
  readonly detail: string | null;
  readonly address: string | null;
}

/** Why the facility's login came to nothing: the fragment `login=…` with which the browser comes back, and what the page says. */
export const loginEndings = {
  again: 'This login was begun elsewhere, or too long ago. Please begin again.',
  refused:
    'The facility’s login was refused, or what it says of you cannot be used here. An administrator can say more.',
  later: 'The facility’s login does not answer at the moment. Please try again in a minute.',
} as const;

/** Close codes of the stream's WebSocket, with a sentence as the reason. */
export const streamCloseCodes = {
  /** The right has ended: desktop deleted, share taken back, logged out. Connecting again does not help. */
  rightEnded: 4401,
  /** Nobody has done anything for too long. */
  idle: 4408,
  /** The desktop does not answer; connecting again may help. */
  desktopAway: 4502,
  /** The gateway stops; connect again. */
  goingAway: 1001,
} as const;

/** Which files may be moved between a desktop and a person's computer. */
export interface FilePolicy {
  /** To the desktop. */
  readonly up: boolean;
  /** From it. */
  readonly down: boolean;
  /** Of one file. */
  readonly mostBytes: number;
}

/** Answer of `POST /portal/v1/desktops/{id}/files`: what the gateway takes for a session of files, or in the address of one download. */
export interface FilesConnectView {
  /** Good once, within `expiresInS`. */
  readonly token: string;
  /** `https://stream.example.org/files/<id>`. */
  readonly filesUrl: string;
  readonly expiresInS: number;
}

/** Answer of the gateway's `POST /files/<id>/session`. */
export interface FilesSessionView {
  /** Sent as `Authorization: Bearer` with each request, as long as the right holds. */
  readonly secret: string;
  readonly policy: FilePolicy;
  /** Where one begins: home, then the station's data. */
  readonly roots: readonly { readonly title: string; readonly path: string }[];
}

/** Answer of the gateway's `GET /files/<id>/list?path=`. */
export interface FolderView {
  /** Without links. */
  readonly path: string;
  readonly entries: readonly FileView[];
  /** Whether there are more than are shown. */
  readonly isCut: boolean;
}

export interface FileView {
  readonly name: string;
  /** `other`: nothing that can be opened here, such as a link that leads elsewhere. */
  readonly kind: 'file' | 'folder' | 'other';
  readonly bytes: number;
  readonly modifiedAtS: number;
}
