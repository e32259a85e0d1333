import type { ErrorCode, ErrorDetails } from './errors.ts';
import type { Pack } from './pack.ts';

/** Where a pack is taken from. Files are handed over by reference; nothing of them is kept in memory. */
export type PackOrigin =
  /** Absolute address of the pack's folder, with a slash at the end; an origin that the page's policy allows. */
  | { readonly kind: 'url'; readonly url: string }
  /** Files of a chosen folder, by their path below it, with forward slashes. */
  | { readonly kind: 'folder'; readonly files: readonly { readonly path: string; readonly file: File }[] }
  | { readonly kind: 'zip'; readonly file: File };

/**
 * What a pack's signature is worth: `trusted` by a pinned key; `unsigned`, or by an `unknown-key`: a person may go on after
 * a warning. A signature of a pinned key that doesn't hold is an error, not a state.
 */
export type PackTrust = 'trusted' | 'unsigned' | 'unknown-key';

/** A key that this application trusts to sign packs. */
export interface PackKey {
  readonly keyId: string;
  /** Ed25519, 32 bytes, base64url. */
  readonly publicKey: string;
}

/** What is known of a pack before a byte of its networks is read. */
export interface PackOffer {
  readonly pack: Pack;
  readonly trust: PackTrust;
  /** Of the signature; null where there is none. */
  readonly keyId: string | null;
  /** All files together, `pack.json` included. */
  readonly bytes: number;
  /** Of these, what is here already: whole chunks of an installation that was cut off, or of the same files. */
  readonly haveBytes: number;
  /** What the browser would still let this site keep; null where it won't say. */
  readonly freeBytes: number | null;
}

/**
 * `installed`: every file was verified after it was written. `partial`: begun and cut off; can go on, is never offered for
 * making clips. `damaged`: verifying again found a file that isn't the pack's; repairing fetches what is wrong.
 */
export type PackState = 'installed' | 'partial' | 'damaged';

/** A pack in this site's private file system (OPFS), `packs/ID/VERSION/`. */
export interface KeptPack {
  readonly pack: Pack;
  readonly state: PackState;
  readonly trust: PackTrust;
  readonly keyId: string | null;
  readonly bytes: number;
  readonly haveBytes: number;
  /** Where it came from, so that it can go on and be repaired; folders and archives have to be chosen again. */
  readonly from: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'folder' | 'zip' };
  readonly installedAtMs: number | null;
  readonly verifiedAtMs: number | null;
  /** Files that failed the last verification. */
  readonly damagedFiles: readonly string[];
}

/** How far an installation, verification or repair is. */
export interface PackProgress {
  readonly phase: 'download' | 'copy' | 'verify';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null at the start. */
  readonly bytesPerSecond: number | null;
  /** Set while a cut connection is waited for: tries so far, and milliseconds to the next. */
  readonly waiting: { readonly tries: number; readonly nextMs: number; readonly why: ErrorCode } | null;
}

/** What a person agreed to before an installation. */
export interface PackConsent {
  readonly licence: boolean;
  /** The text that was agreed to, where it was shown. */
  readonly licenceText?: string;
  /** A pack that no pinned key signed. */
  readonly untrusted: boolean;
}

/** A pack's file that another one had to agree with, or why something isn't a pack; part of a report. */
export interface PackFault {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/**
 * The download worker: the only place that fetches, unpacks, checks and keeps packs.
 *
 * Tabs share what is kept: one of them at a time (a Web Lock per pack) installs, repairs or deletes it, another one that
 * asks for the same is refused with ERR_MODEL_BUSY. Cancelling keeps whole chunks for the next time.
 *
 * Errors: ERR_MODEL_MISSING (nothing there, a page instead of a file), ERR_MODEL_UNREACHABLE (no connection, 5xx, stalled;
 * retryable), ERR_MODEL_CHANGED (the file changed while it was fetched), ERR_MODEL_UNSAFE (a path out of the pack, an archive
 * that unpacks to more than it says), ERR_MODEL_SIGNATURE, ERR_MODEL_DAMAGED (`details.file` or `details.path`),
 * ERR_STORE_QUOTA (`details.needBytes`, `freeBytes`), ERR_MODEL_BUSY; a cancellation is an AbortError.
 */
export interface PacksApi {
  /** Says which keys are trusted; called once, before anything else. Without it none is. */
  init(keys: readonly PackKey[]): Promise<void>;
  /** Reads `pack.json` and its signature, nothing else. */
  look(origin: PackOrigin): Promise<PackOffer>;
  /**
   * Installs, or goes on where it was cut off. Space is checked first; each chunk as it comes; every file once more from
   * disk at the end, and only then is the pack installed.
   *
   * @param id what {@link cancel} names.
   * @param accept what the person agreed to: the licence (else ERR_INPUT_ARGUMENT; ERR_MODEL_CHANGED when it is another by
   * now), and a pack that no pinned key signed
   * (else ERR_MODEL_SIGNATURE with `details.trust`).
   */
  install(
    id: string,
    origin: PackOrigin,
    accept: PackConsent,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack>;
  /** Everything kept, also what is partial. */
  list(): Promise<readonly KeptPack[]>;
  /** Reads every file again; what is partial stays so. @throws ERR_MODEL_MISSING when nothing of it is kept */
  verify(
    id: string,
    packId: string,
    version: string,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack>;
  /** Fetches again what is damaged or missing; needs the folder or archive again where it came from one. */
  repair(
    id: string,
    packId: string,
    version: string,
    origin: PackOrigin | null,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack>;
  /** Deletes a pack, whole or partial. Unknown ones are fine. */
  remove(packId: string, version: string): Promise<void>;
  /** Ends the installation, verification or repair that was called `id`; it rejects with AbortError. */
  cancel(id: string): Promise<void>;
}
