/** Memory of a cross-origin isolated page with its workers. @source WICG performance-measure-memory */
interface Performance {
  measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>;
}
