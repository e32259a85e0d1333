import type { PacksCommands } from '../../contracts/packs-view.ts';
import type { FacePoints } from '../../contracts/perception.ts';
import type { LicenceStatus } from '../../contracts/licence/quote.ts';
import type { ClipSettings, Motion } from '../../contracts/settings.ts';
import type { Theme } from '../tokens.ts';

/** Where the application's one window can be. */
export type Route =
  | { readonly page: 'studio' }
  | { readonly page: 'gallery'; readonly clipId?: string; readonly characterId?: string }
  | { readonly page: 'packs' }
  | { readonly page: 'account' }
  | { readonly page: 'privacy' }
  | { readonly page: 'hood' };

/** A command about packs, and what it is called with. */
export type PacksRequest = {
  readonly [K in keyof PacksCommands]: { readonly do: K; readonly args: Parameters<PacksCommands[K]> };
}[keyof PacksCommands];

/** What elements ask for, and what goes with each request. `sw-app` answers; a host page may listen, or prevent. */
export interface RequestMap {
  'open-file': { readonly blob: Blob; readonly name: string };
  'open-sample': { readonly sampleId: string };
  'open-stored': { readonly pictureId: string };
  'close-picture': null;
  matte: { readonly colour: string };
  points: { readonly points: FacePoints | null };
  motion: { readonly motion: Motion };
  settings: { readonly change: Partial<Omit<ClipSettings, 'motion'>> };
  'new-seed': null;
  /** Queue the present picture and settings; `parts` above 1 queues that many clips, each with its own seed. */
  make: { readonly parts: number };
  'cancel-job': { readonly jobId: string };
  'retry-job': { readonly jobId: string };
  'move-job': { readonly jobId: string; readonly place: number };
  'dismiss-job': { readonly jobId: string };
  'watch-job': { readonly jobId: string };
  'show-clip': { readonly clipId: string | null };
  'rename-clip': { readonly clipId: string; readonly name: string };
  'rename-character': { readonly characterId: string; readonly name: string };
  'move-clip': { readonly clipId: string; readonly characterId: string };
  'delete-clips': { readonly clipIds: readonly string[] };
  'undo-delete': null;
  regenerate: { readonly clipId: string };
  tweak: { readonly clipId: string };
  download: { readonly clipId: string };
  share: { readonly clipId: string };
  'dismiss-alert': null;
  persist: null;
  notify: null;
  /** A licence key as it was typed, and what this device is to be called. */
  activate: { readonly key: string; readonly deviceName: string };
  /** What a host minted for this device. */
  'accept-tokens': { readonly entitlement?: string; readonly leases?: readonly string[] };
  'refresh-licence': null;
  /** Another device of the licence; null is this one. */
  deactivate: { readonly deviceId: string | null };
  'dismiss-licence-error': null;
  packs: PacksRequest;
  /** Play what stands still, or the other way round. */
  play: null;
  place: { readonly placing: boolean };
  theme: { readonly theme: Theme };
  route: { readonly route: Route };
}

/** Name of a request. */
export type RequestKind = keyof RequestMap;

/** An element asks for something: `sw-<kind>-request`, with plain `detail`. Bubbles through shadow roots; cancelable. */
export class RequestEvent<K extends RequestKind> extends Event {
  readonly kind: K;
  readonly detail: RequestMap[K];

  constructor(kind: K, detail: RequestMap[K]) {
    super(`sw-${kind}-request`, { bubbles: true, composed: true, cancelable: true });
    this.kind = kind;
    this.detail = detail;
  }
}

/** What a host may know of the licence. */
export interface LicenceChange {
  readonly status: LicenceStatus;
  /** Id of the tier in force. */
  readonly tier: string;
  /** What a host mints an entitlement for; null until the device's key is made. */
  readonly deviceThumbprint: string | null;
  /** When the entitlement ends, milliseconds since 1970; null without one. */
  readonly endsAtMs: number | null;
}

/** What a host needs to know of the licence has changed: `sw-licence-change` of `sw-app`. */
export class LicenceChangeEvent extends Event {
  readonly detail: LicenceChange;

  constructor(detail: LicenceChange) {
    super('sw-licence-change', { bubbles: true, composed: true });
    this.detail = detail;
  }
}

type RequestEvents = { [K in RequestKind as `sw-${K}-request`]: RequestEvent<K> };

declare global {
  interface HTMLElementEventMap extends RequestEvents {
    'sw-licence-change': LicenceChangeEvent;
  }
}
