/**
 * Runs the pack's networks; the only thing that perception knows of an inference engine.
 *
 * Every graph has static shapes and float32 inputs and outputs, so a flat array says everything.
 */
export interface GraphRunner {
  /**
   * Runs one graph.
   *
   * @param graph the graph's name in the pack.
   * @param inputs flat arrays by input name, row-major, in the pack's shapes. Not kept, not detached.
   * @returns flat arrays by output name, owned by the caller.
   * @throws ERR_MODEL_MISSING when the pack has no such graph, ERR_MODEL_FAILED when it can't be run.
   */
  run(graph: string, inputs: Readonly<Record<string, Float32Array>>): Promise<Record<string, Float32Array>>;
}
