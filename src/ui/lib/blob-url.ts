/**
 * Object URLs of one element: one for each key, made when first asked for, revoked when no longer kept or when the
 * element leaves the page.
 */
export class BlobUrls {
  readonly #urls = new Map<string, { readonly blob: Blob; readonly url: string }>();

  /** The URL of a blob under a key; another blob under the same key replaces (and revokes) the earlier one. */
  url(key: string, blob: Blob): string {
    const known = this.#urls.get(key);
    if (known?.blob === blob) return known.url;
    if (known !== undefined) URL.revokeObjectURL(known.url);
    const url = URL.createObjectURL(blob);
    this.#urls.set(key, { blob, url });
    return url;
  }

  /** Revokes one. */
  drop(key: string): void {
    const known = this.#urls.get(key);
    if (known === undefined) return;
    URL.revokeObjectURL(known.url);
    this.#urls.delete(key);
  }

  /** Revokes all that are not in `keys`. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.#urls.keys()]) if (!keys.has(key)) this.drop(key);
  }

  /** How many are alive. */
  get size(): number {
    return this.#urls.size;
  }

  /** Revokes all. */
  clear(): void {
    this.keepOnly(new Set());
  }
}
