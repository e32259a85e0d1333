/** Bytes that the pure core only passes on; compiled without the DOM, it must not know more of them. */
interface Blob {
  readonly size: number;
  readonly type: string;
}
