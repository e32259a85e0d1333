/** Origins that the page's policy has kept from being asked. */
const blocked = new Set<string>();

function note(event: Event): void {
  if (!('blockedURI' in event) || typeof event.blockedURI !== 'string') return;
  const origin = URL.parse(event.blockedURI)?.origin;
  if (origin !== undefined) blocked.add(origin);
}

if (typeof addEventListener === 'function') addEventListener('securitypolicyviolation', note);

/**
 * Whether the page's policy was why a request to an origin has just failed. A refusal looks like a cut connection, and is
 * told by an event of its own.
 */
export async function isBlocked(origin: string): Promise<boolean> {
  // The event is a task of its own behind the failure.
  await new Promise((resolve) => setTimeout(resolve));
  return blocked.has(origin);
}
