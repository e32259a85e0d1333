const memories: WebAssembly.Memory[] = [];

// Whoever makes a memory from now on makes one of these: onnxruntime keeps its own to itself.
Object.defineProperty(WebAssembly, 'Memory', {
  configurable: true,
  writable: true,
  value: class extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  },
});

/** Bytes of all WebAssembly memories that this thread made. */
export function heapBytes(): number {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
