/** A tensor that a runtime holds, perhaps on the graphics card. */
export interface FlowTensor {
  readonly shape: readonly number[];
  /** Its numbers as 32-bit floats, for the caller to keep and to change. */
  read(): Promise<Float32Array>;
  /** Frees it; a second time does nothing. */
  release(): void;
}

/** One graph, ready to run. */
export interface FlowSession {
  /**
   * Runs the graph; one run at a time.
   * @param feeds every input; stay the caller's.
   * @returns every output; the caller releases them.
   * @throws ERR_MODEL_FAILED, ERR_GPU_LOST
   */
  run(feeds: Readonly<Record<string, FlowTensor>>): Promise<Readonly<Record<string, FlowTensor>>>;
  /** Frees the graph and its weights. */
  release(): Promise<void>;
}

/** Where the graphs of one pack run. */
export interface FlowRuntime {
  /**
   * Makes a session; one at a time.
   * @param graph id in the pack.
   * @param free sizes of the graph's free axes, by letter (see `FLOW_GRAPHS`): all runs will have them.
   * @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED, ERR_MODEL_FAILED, ERR_GPU_LOST
   */
  open(graph: string, free: Readonly<Record<string, number>>): Promise<FlowSession>;
  /**
   * Hands numbers over. `data` must not change until the tensor is released.
   * @param lasting true where several runs use it, so that it is worth keeping on the graphics card.
   */
  floats(data: Float32Array, shape: readonly number[], lasting?: boolean): FlowTensor;
  /** Token ids as int64 [1, T]. */
  words(ids: readonly number[]): FlowTensor;
}

/** As much of an AbortSignal as the core needs. */
export interface FlowSignal {
  /** @throws the signal's reason, an AbortError, once it is cancelled. */
  throwIfAborted(): void;
}

/** Where a job's state outlives a lost device and a closed page. One job's own. */
export interface FlowCheckpoints {
  /** What was saved last, or null. */
  load(): Promise<Uint8Array | null>;
  /** Replaces what was saved before, all or nothing. */
  save(bytes: Uint8Array): Promise<void>;
}

/** A finished frame. */
export interface FlowFrame {
  /** Counts from 0, without a gap. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** Red, green and blue planes, rows from the top, 0…1; the receiver's. */
  readonly planes: Float32Array;
}

/** Takes finished frames in order; the next one comes when the promise is settled. */
export type FlowSink = (frame: FlowFrame) => Promise<void>;
