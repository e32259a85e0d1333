import type { LicenceView } from '../../contracts/licence/view.ts';

/** What a person asked for on the account page, and what was shown when they did. */
export interface Asked {
  readonly kind: 'activate' | 'tokens' | 'deactivate';
  /** Another device that is to be taken off; null is this one. */
  readonly deviceId: string | null;
  readonly before: LicenceView;
}

function isDone({ kind, deviceId, before }: Asked, view: LicenceView): boolean {
  switch (kind) {
    case 'activate':
      return view.deviceId !== null && (view.deviceId !== before.deviceId || view.status !== before.status);
    case 'tokens':
      return (
        view.endsAtMs !== before.endsAtMs ||
        view.status !== before.status ||
        view.moments.available !== before.moments.available
      );
    case 'deactivate': {
      if (deviceId === null) return view.deviceId === null;
      const device = view.account?.devices.find(({ id }) => id === deviceId);
      return device === undefined || device.state === 'deactivated';
    }
  }
}

/** How what was asked for came out; null while that isn't known, for an error is told after the work has ended. */
export function endOf(asked: Asked, view: LicenceView): 'done' | 'failed' | null {
  if (view.busy !== null) return null;
  if (view.error !== null && view.error !== asked.before.error) return 'failed';
  return isDone(asked, view) ? 'done' : null;
}
