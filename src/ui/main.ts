import { createApp } from '../app/create-app.ts';
import { registerServiceWorker } from './lib/service-worker.ts';
import './sw-app/sw-app.ts';
import { applyTheme, installTokens, storedTheme } from './tokens.ts';

installTokens();
applyTheme(storedTheme());
const element = document.createElement('sw-app');
element.app = createApp({ pageTitle: false });
document.body.replaceChildren(element);
void registerServiceWorker();
