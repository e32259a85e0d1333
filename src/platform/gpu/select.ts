import { AppError } from '../../contracts/errors.ts';
import type { RendererKind } from '../../contracts/render.api.ts';
import type { RigMesh } from '../../core/rig/mesh.ts';
import { createProcessorRenderer } from './processor.ts';
import type { Renderer } from './renderer.ts';
import { createWebGl2Renderer } from './webgl2.ts';
import { createWebGpuRenderer } from './webgpu.ts';

const WIDTH = 72;
const HEIGHT = 44;
/** Four patches of colour and what they are as limited-range BT.709: r, g, b, y, cb, cr. */
const PATCHES = [
  [255, 0, 0, 63, 102, 240],
  [0, 255, 0, 173, 42, 26],
  [0, 0, 255, 32, 240, 118],
  [200, 200, 200, 188, 128, 128],
] as const;

/** A mesh of one cell that shows the whole picture. */
function plainMesh(): RigMesh {
  const corners = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  return {
    positions: Float32Array.from(corners.flatMap(([x, y]) => [x * WIDTH, y * HEIGHT])),
    surface: Float32Array.from(corners.flatMap(([u, v]) => [u, v, 0, 0, 0, 0, 1])),
    indices: Uint32Array.of(0, 1, 2, 1, 3, 2),
    patchStart: 0,
    baseIndices: 6,
  };
}

/**
 * Draws known colours and reads them back both ways, as planes and as a bitmap: some browsers capture black without
 * an error.
 * @returns null when all is well, else what was wrong.
 */
export async function selfTest(renderer: Renderer): Promise<string | null> {
  const sheet = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = sheet.getContext('2d', { willReadFrequently: true });
  if (!context) return 'no 2-D canvas to compare with';
  PATCHES.forEach(([r, g, b], k) => {
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.fillRect((k % 2) * (WIDTH / 2), Math.floor(k / 2) * (HEIGHT / 2), WIDTH / 2, HEIGHT / 2);
  });
  const picture = await createImageBitmap(sheet);
  const mesh = plainMesh();
  const frame = { width: WIDTH, height: HEIGHT, crop: [0, 0, 1, 1] as const };
  const scene = renderer.openScene(picture, mesh, { width: WIDTH, height: HEIGHT });
  try {
    const planes = await scene.planes(mesh, frame);
    const bitmap = await scene.bitmap(mesh, frame);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    for (const [k, [r, g, b, luma, cb, cr]] of PATCHES.entries()) {
      const x = (k % 2) * (WIDTH / 2) + 12;
      const y = Math.floor(k / 2) * (HEIGHT / 2) + 8;
      const chroma = (y / 2) * (planes.stride / 2) + x / 2;
      const seen = [
        planes.data[y * planes.stride + x],
        planes.data[planes.offsets[1] + chroma],
        planes.data[planes.offsets[2] + chroma],
        ...context.getImageData(x, y, 1, 1).data.slice(0, 3),
      ];
      const wanted = [luma, cb, cr, r, g, b];
      if (wanted.some((value, i) => Math.abs(value - (seen[i] ?? 0)) > 3))
        return `wanted ${wanted.join(' ')}, saw ${seen.join(' ')}`;
    }
    return null;
  } finally {
    scene.close();
    picture.close();
  }
}

/**
 * The first renderer that passes the self-test: WebGPU on a real adapter, WebGL2 on one, then the processor, which is
 * faster than a graphics API that computes on the processor.
 * @param forced only this kind, on any adapter (tests, developer page).
 * @throws ERR_ENV_NO_RENDERER when none draws what it should.
 */
export async function selectRenderer(forced?: RendererKind): Promise<Renderer> {
  const allowSoftware = forced !== undefined;
  const candidates: readonly (readonly [RendererKind, () => Renderer | Promise<Renderer>])[] = [
    ['webgpu', () => createWebGpuRenderer({ allowSoftware })],
    ['webgl2', createWebGl2Renderer],
    ['processor', createProcessorRenderer],
  ];
  const tried: string[] = [];
  for (const [kind, create] of candidates) {
    if (forced !== undefined && forced !== kind) continue;
    let renderer: Renderer | null = null;
    try {
      renderer = await create();
      const wrong =
        renderer.software && kind !== 'processor' && !allowSoftware
          ? 'a software adapter'
          : await selfTest(renderer);
      if (wrong === null) return renderer;
      tried.push(`${kind}: ${wrong}`);
    } catch (error) {
      tried.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
    renderer?.close();
  }
  throw new AppError('ERR_ENV_NO_RENDERER', `nothing on this machine draws: ${tried.join('; ')}`);
}
