import { html } from 'lit';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { page } from 'vitest/browser';
import type { AppState } from '../../../../src/contracts/app.api.ts';
import type { PictureRecord } from '../../../../src/contracts/records.ts';
import { SwApp } from '../../../../src/ui/sw-app/sw-app.ts';
import { drawnPicture, ListeningApp, mount, openPicture, pictureOf, settle } from './fixture.ts';
import { ListeningLicence } from './licence-fixture.ts';

/** The whole interface with nothing behind it, and what it asked for. */
export interface Started {
  readonly app: ListeningApp;
  readonly element: SwApp;
  /** What was asked of the licence, where the state has one. */
  readonly commands: ListeningLicence;
}

/** A drawn picture of this file's own; there from the first test on. */
export interface Drawn {
  readonly picture: PictureRecord;
  /** A state with the picture on the stage. */
  readonly opened: Partial<AppState>;
}

/** Before each test of a file: the studio's address, and a wide window. Returns a picture to work with. */
export function useStudioPage(): () => Drawn {
  let drawn: Drawn | null = null;
  beforeAll(async () => {
    const picture = pictureOf(await drawnPicture());
    drawn = { picture, opened: { picture: openPicture(picture), pictures: [picture] } };
  });
  beforeEach(async () => {
    history.replaceState(null, '', '#/');
    await page.viewport(1200, 800);
  });
  afterEach(() => {
    history.replaceState(null, '', '#/');
    document.documentElement.dir = 'ltr';
  });
  return () => {
    if (drawn === null) throw new Error('asked for before the first test');
    return drawn;
  };
}

/** Puts the whole interface on the page, with a state. */
export async function start(state: Partial<AppState> = {}, hash = '#/'): Promise<Started> {
  history.replaceState(null, '', hash);
  const app = new ListeningApp(state);
  const commands = new ListeningLicence();
  app.licence = app.state.licence === null ? null : commands;
  const element = await mount(html`<sw-app .app=${app}></sw-app>`, SwApp);
  return { app, element, commands };
}

/** Changes the state, and waits until it is drawn. */
export async function change(element: SwApp, app: ListeningApp, state: Partial<AppState>): Promise<void> {
  app.set(state);
  await settle(element);
}
