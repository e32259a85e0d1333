/** Bytes that the pure core only passes on; compiled without the DOM, it must not know more of them. */
interface Blob {
  readonly size: number;
  readonly type: string;
}

/** As much of an address as contracts check; every place where the core runs has the whole of it. */
declare class URL {
  constructor(address: string);
  readonly origin: string;
  readonly protocol: string;
}
