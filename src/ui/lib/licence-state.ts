import type { LicenceView } from '../../contracts/licence/view.ts';

/** Whether no clip can be paid for, whatever the tier. */
export function isStopped(status: LicenceView['status']): boolean {
  return !['none', 'active', 'grace', 'ended'].includes(status);
}

/** Whether it isn't known what the tiers are, so that nothing of them can be shown. */
export function isUnknown({ status }: LicenceView): boolean {
  return status === 'unknown' || status === 'misconfigured';
}

/** Whether the tier, what is left or the licence's state keeps a clip from being made; `sw-price` says which. */
export function keepsFromMaking(view: LicenceView | null): boolean {
  if (view === null) return false;
  return (
    view.locks.length > 0 || isStopped(view.status) || (view.metered && view.quote?.affordable === false)
  );
}
