/** What the test worker does on demand. */
export interface EchoApi {
  echo(value: string): Promise<string>;
  /** Throws by kind. */
  fail(kind: 'app' | 'abort' | 'type' | 'nested' | 'string' | 'quota'): Promise<never>;
  /** Calls back `count` times, then returns. */
  count(count: number, onStep: (step: number) => void): Promise<number>;
  /** Calls back once more after the call has settled. */
  late(onStep: (step: number) => void): Promise<void>;
  /** Answers on a port that changes owner. */
  answer(port: MessagePort): Promise<void>;
  /** Never settles. */
  hang(): Promise<never>;
  /** Throws outside of any call. */
  explode(): Promise<never>;
  /** Ends its own thread. */
  close(): Promise<never>;
  /** A buffer that changes owner; says afterwards, by `left`, how long its own is. */
  buffer(): Promise<ArrayBuffer>;
  left(): Promise<number>;
}
