import type { HeadlessApi } from '../contracts/headless.api.ts';
import type { KeptPack } from '../contracts/packs.api.ts';
import type { RenderOptions } from '../contracts/render.api.ts';
import { createEngine, type Engine } from './engine.ts';
import { measureIn } from './flow-measure.ts';
import type { HeadlessPacks } from './headless-packs.ts';
import { createHeadless } from './headless-pipeline.ts';
import type { HeadlessTill } from './licence/headless-till.ts';

declare global {
  /** The pipeline without an interface; set by this script. */
  var stillwake: HeadlessApi | undefined;
}

/** Reads forces from the page's address: `?provider=wasm&renderer=webgl2`. */
function forces(search: string): Pick<RenderOptions, 'provider' | 'renderer'> {
  const query = new URLSearchParams(search);
  const provider = query.get('provider');
  const renderer = query.get('renderer');
  return {
    ...(provider === 'webgpu' || provider === 'wasm' ? { provider } : {}),
    ...(renderer === 'webgpu' || renderer === 'webgl2' || renderer === 'processor' ? { renderer } : {}),
  };
}

/** What the page says of a licence, and the gallery's Moments; nothing of it is loaded where it says nothing. */
async function openTill(content: string): Promise<HeadlessTill> {
  const [{ readLicenceConfig }, { createHeadlessTill }] = await Promise.all([
    import('./licence-config.ts'),
    import('./licence/headless-till.ts'),
  ]);
  return createHeadlessTill(readLicenceConfig(content) ?? 'unreadable');
}

/** The engine, and flow packs that are loaded when somebody first asks for one. */
function openEngine(
  render: RenderOptions,
  onInstalled: (pack: KeptPack) => void,
): { engine: Engine; packs: () => Promise<HeadlessPacks> } {
  let loading: Promise<HeadlessPacks> | null = null;
  let loaded: HeadlessPacks | null = null;
  const packs = (): Promise<HeadlessPacks> =>
    (loading ??= import('./headless-packs.ts').then(
      ({ createHeadlessPacks }) =>
        (loaded = createHeadlessPacks(
          (known) => measureIn({ ...engine.flowPlace, flow: () => engine.flow() }, known),
          onInstalled,
        )),
    ));
  const engine: Engine = createEngine({
    render,
    findPack: async (packId) => (await packs()).find(packId),
    flowKnowledge: {
      measure: async () => (await packs()).knowledge.measure(),
      // Whoever makes a clip has installed its pack before, and with it loaded all this.
      fits: (pack, settings) => loaded?.knowledge.fits(pack, settings) ?? ((): boolean => true),
      learn: (...args) => loaded?.knowledge.learn(...args),
      failed: (...args) => loaded?.knowledge.failed(...args),
    },
  });
  return { engine, packs };
}

/** Puts the pipeline on the page as `stillwake`. Starts no worker. */
function installHeadless(): void {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="stillwake-licence"]');
  const said = meta?.content.trim() ?? '';
  const till = said === '' ? null : openTill(said);
  // Whoever asks for a clip hears of it.
  till?.catch(() => undefined);
  const { engine, packs } = openEngine(
    {
      packUrl: new URL('packs/portrait/', document.baseURI).href,
      wasmUrl: new URL('ort/', document.baseURI).href,
      ...forces(location.search),
    },
    // A clip that follows waits for the till, too, and comes after this.
    (pack) => void till?.then((opened) => opened.know(pack)).catch(() => undefined),
  );
  globalThis.stillwake = createHeadless(engine, { packs, ...(till === null ? {} : { till }) });
}

installHeadless();
