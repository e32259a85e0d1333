import type { App, AppState } from '../contracts/app.api.ts';

/** Whether notifications may be shown, as the state says it. */
export function notificationState(): AppState['notifications'] {
  return 'Notification' in globalThis ? Notification.permission : 'unsupported';
}

/** Asks for permission; only from a click. */
export async function askNotifications(): Promise<boolean> {
  if (!('Notification' in globalThis)) return false;
  try {
    return (await Notification.requestPermission()) === 'granted';
  } catch {
    return false;
  }
}

/**
 * Says something while the page is hidden, if the person allowed it; a click brings the page back.
 *
 * @param tag a later one with the same tag takes its place.
 */
export async function notify(title: string, body: string, tag: string, onClick: () => void): Promise<void> {
  if (notificationState() !== 'granted' || !document.hidden) return;
  try {
    const notification = new Notification(title, { body, tag });
    notification.onclick = () => {
      window.focus();
      onClick();
      notification.close();
    };
  } catch {
    // Phones show notifications through the service worker alone.
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.showNotification(title, { body, tag });
  }
}

/** Puts the running job's percentage before the page's title; returns the call that ends it. */
export function followTitle(app: Pick<App, 'state' | 'subscribe'>): () => void {
  const base = document.title;
  const show = ({ jobs }: AppState): void => {
    const running = jobs.find((job) => job.record.state === 'running');
    const title = running === undefined ? base : `${Math.floor(running.progress * 100)}% · ${base}`;
    if (document.title !== title) document.title = title;
  };
  show(app.state);
  const end = app.subscribe(show);
  return () => {
    end();
    document.title = base;
  };
}
