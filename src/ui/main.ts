import { createApp } from '../app/create-app.ts';
import type { LicenceConfig } from '../contracts/licence/view.ts';
import { registerServiceWorker } from './lib/service-worker.ts';
import './sw-app/sw-app.ts';
import { applyTheme, installTokens, storedTheme } from './tokens.ts';

function show(licence?: LicenceConfig | 'unreadable'): void {
  const element = document.createElement('sw-app');
  element.app = createApp({ pageTitle: false, ...(licence === undefined ? {} : { licence }) });
  document.body.replaceChildren(element);
}

/** What the page says of its licence is read only where it says something. */
async function showLicensed(content: string): Promise<void> {
  const reader = await import('../app/licence-config.ts').catch(() => null);
  // Neither unlocked by a slip of whoever runs the page, nor an end to watching: nothing can be made, and it says why.
  show(reader?.readLicenceConfig(content) ?? 'unreadable');
}

installTokens();
applyTheme(storedTheme());
const said = document.querySelector<HTMLMetaElement>('meta[name="stillwake-licence"]')?.content.trim() ?? '';
if (said === '') show();
else void showLicensed(said);
void registerServiceWorker();
