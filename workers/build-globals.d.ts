/** The built application's files, in the order of their addresses; filled in by the build of the service worker. */
declare const __BUILD_FILES__: readonly {
  /** Relative to the application's root, with forward slashes. */
  readonly url: string;
  /** Changes when the content does. */
  readonly revision: string;
  readonly bytes: number;
  /** True for what the first page needs before a click; false for engines, packs, runtimes and samples. */
  readonly initial: boolean;
}[];
/** One hash over all of {@link __BUILD_FILES__}. */
declare const __BUILD_HASH__: string;
