import { AppError } from '../../contracts/errors.ts';
import type { OutputFrame } from '../../core/frame/output.ts';
import { SURFACE_STRIDE } from '../../core/rig/mesh.ts';
import type { RigMesh } from '../../core/rig/mesh.ts';
import { adapterName, isSoftwareAdapter } from '../ort/adapter.ts';
import { planeLayout, viewTransform } from './renderer.ts';
import type { PlanarFrame, Renderer, Scene } from './renderer.ts';
import { MESH_WGSL, PLANES_WGSL } from './webgpu-shaders.ts';

const FRAME_FORMAT: GPUTextureFormat = 'rgba8unorm';

/** What reads frames of one size back. */
interface Readback {
  readonly width: number;
  readonly height: number;
  readonly target: GPUTexture;
  readonly packed: GPUBuffer;
  readonly staging: GPUBuffer;
  readonly bindings: GPUBindGroup;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function lost(cause?: unknown): AppError {
  return new AppError('ERR_GPU_LOST', 'the WebGPU device was lost', { retryable: true, cause });
}

class Device {
  readonly canvas = new OffscreenCanvas(16, 16);
  readonly canvasFormat = navigator.gpu.getPreferredCanvasFormat();
  readonly canvasContext: GPUCanvasContext;
  readonly sampler: GPUSampler;
  readonly #pipelines = new Map<GPUTextureFormat, GPURenderPipeline>();
  readonly #module: GPUShaderModule;
  readonly #planes: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  #readback: Readback | null = null;
  isLost = false;

  readonly device: GPUDevice;

  constructor(device: GPUDevice) {
    this.device = device;
    const context = this.canvas.getContext('webgpu');
    if (!context) throw new AppError('ERR_ENV_NO_RENDERER', 'no WebGPU canvas');
    this.canvasContext = context;
    context.configure({ device, format: this.canvasFormat, alphaMode: 'opaque' });
    this.sampler = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
    this.#module = device.createShaderModule({ code: MESH_WGSL });
    this.layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: GPUShaderStage.VERTEX, buffer: {} },
        { binding: 1, visibility: GPUShaderStage.FRAGMENT, texture: {} },
        { binding: 2, visibility: GPUShaderStage.FRAGMENT, sampler: {} },
      ],
    });
    this.#planes = device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: PLANES_WGSL }) },
    });
    device.lost.then(() => (this.isLost = true)).catch(() => undefined);
  }

  /** The mesh pipeline for a target's format. */
  pipeline(format: GPUTextureFormat): GPURenderPipeline {
    let pipeline = this.#pipelines.get(format);
    if (!pipeline) {
      pipeline = this.device.createRenderPipeline({
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [this.layout] }),
        vertex: {
          module: this.#module,
          buffers: [
            { arrayStride: 8, attributes: [{ shaderLocation: 0, offset: 0, format: 'float32x2' }] },
            {
              arrayStride: 4 * SURFACE_STRIDE,
              attributes: [
                { shaderLocation: 1, offset: 0, format: 'float32x2' },
                { shaderLocation: 2, offset: 8, format: 'float32x4' },
                { shaderLocation: 3, offset: 24, format: 'float32' },
              ],
            },
          ],
        },
        fragment: {
          module: this.#module,
          targets: [
            {
              format,
              blend: {
                color: { srcFactor: 'src-alpha', dstFactor: 'one-minus-src-alpha' },
                alpha: { srcFactor: 'zero', dstFactor: 'one' },
              },
            },
          ],
        },
        primitive: { topology: 'triangle-list' },
      });
      this.#pipelines.set(format, pipeline);
    }
    return pipeline;
  }

  /** Buffers for frames of this size; kept until another size is asked for. */
  readback(width: number, height: number): Readback {
    if (this.#readback?.width === width && this.#readback.height === height) return this.#readback;
    this.#dropReadback();
    const { device } = this;
    const layout = planeLayout(width, height);
    const size = layout.stride * layout.rows;
    const target = device.createTexture({
      size: [width, height],
      format: FRAME_FORMAT,
      usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING,
    });
    const packed = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const uniform = device.createBuffer({
      size: 32,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(
      uniform,
      0,
      Uint32Array.of(width, height, layout.stride / 4, layout.chromaRows, layout.stride, 0, 0, 0),
    );
    const bindings = device.createBindGroup({
      layout: this.#planes.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: uniform } },
        { binding: 1, resource: target.createView() },
        { binding: 2, resource: { buffer: packed } },
      ],
    });
    this.#readback = { width, height, target, packed, staging, bindings, bytes: new Uint8Array(size) };
    return this.#readback;
  }

  /** Adds the conversion of a drawn frame to a command list, and its copy to where it can be read. */
  convert(encoder: GPUCommandEncoder, readback: Readback): void {
    const layout = planeLayout(readback.width, readback.height);
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#planes);
    pass.setBindGroup(0, readback.bindings);
    pass.dispatchWorkgroups(Math.ceil(layout.stride / 4 / 8), Math.ceil(layout.rows / 8));
    pass.end();
    encoder.copyBufferToBuffer(readback.packed, 0, readback.staging, 0, readback.bytes.length);
  }

  /** @throws ERR_GPU_LOST */
  check(): void {
    if (this.isLost) throw lost();
  }

  #dropReadback(): void {
    this.#readback?.target.destroy();
    this.#readback?.packed.destroy();
    this.#readback?.staging.destroy();
    this.#readback = null;
  }

  close(): void {
    this.#dropReadback();
    this.device.destroy();
  }
}

function createScene(
  owner: Device,
  picture: ImageBitmap,
  first: RigMesh,
  size: { readonly width: number; readonly height: number },
): Scene {
  const { device } = owner;
  const texture = device.createTexture({
    size: [picture.width, picture.height],
    format: FRAME_FORMAT,
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  device.queue.copyExternalImageToTexture({ source: picture }, { texture }, [picture.width, picture.height]);
  const positions = device.createBuffer({
    size: first.positions.byteLength,
    usage: GPUBufferUsage.VERTEX | GPUBufferUsage.COPY_DST,
  });
  const surface = device.createBuffer({
    size: first.surface.byteLength,
    usage: GPUBufferUsage.VERTEX | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(surface, 0, own(first.surface));
  const indices = device.createBuffer({
    size: first.indices.byteLength,
    usage: GPUBufferUsage.INDEX | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(indices, 0, own(first.indices));
  const view = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const bindings = device.createBindGroup({
    layout: owner.layout,
    entries: [
      { binding: 0, resource: { buffer: view } },
      { binding: 1, resource: texture.createView() },
      { binding: 2, resource: owner.sampler },
    ],
  });

  const draw = (
    encoder: GPUCommandEncoder,
    mesh: RigMesh,
    frame: OutputFrame,
    target: GPUTextureView,
    format: GPUTextureFormat,
  ): void => {
    device.queue.writeBuffer(view, 0, Float32Array.from(viewTransform(size, frame)));
    device.queue.writeBuffer(positions, 0, own(mesh.positions));
    const from = mesh.patchStart * SURFACE_STRIDE;
    if (from < mesh.surface.length)
      device.queue.writeBuffer(surface, 4 * from, own(mesh.surface), from, mesh.surface.length - from);
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: target, loadOp: 'clear', storeOp: 'store', clearValue: [0, 0, 0, 1] }],
    });
    pass.setPipeline(owner.pipeline(format));
    pass.setBindGroup(0, bindings);
    pass.setVertexBuffer(0, positions);
    pass.setVertexBuffer(1, surface);
    pass.setIndexBuffer(indices, 'uint32');
    pass.drawIndexed(mesh.indices.length);
    pass.end();
  };

  return {
    planes: async (mesh, frame): Promise<PlanarFrame> => {
      owner.check();
      const { width, height } = frame;
      const readback = owner.readback(width, height);
      const encoder = device.createCommandEncoder();
      draw(encoder, mesh, frame, readback.target.createView(), FRAME_FORMAT);
      owner.convert(encoder, readback);
      device.queue.submit([encoder.finish()]);
      try {
        await readback.staging.mapAsync(GPUMapMode.READ);
      } catch (cause) {
        // A lost device ends a read with an AbortError, which may come before the loss itself is told.
        if (cause instanceof DOMException && cause.name === 'AbortError') throw lost(cause);
        throw new AppError('ERR_GPU_FAILED', 'a frame could not be read back', { retryable: true, cause });
      }
      readback.bytes.set(new Uint8Array(readback.staging.getMappedRange()));
      readback.staging.unmap();
      const { stride, offsets } = planeLayout(width, height);
      return { width, height, data: readback.bytes, stride, offsets };
    },
    bitmap: (mesh, frame) => {
      owner.check();
      const { canvas } = owner;
      if (canvas.width !== frame.width || canvas.height !== frame.height) {
        canvas.width = frame.width;
        canvas.height = frame.height;
      }
      const encoder = device.createCommandEncoder();
      const target = owner.canvasContext.getCurrentTexture().createView();
      draw(encoder, mesh, frame, target, owner.canvasFormat);
      device.queue.submit([encoder.finish()]);
      return Promise.resolve(canvas.transferToImageBitmap());
    },
    close: () => {
      for (const resource of [texture, positions, surface, indices, view]) resource.destroy();
    },
  };
}

/** Typed arrays of a mesh are never shared between threads; the queue's types ask to be told so. */
function own<T extends ArrayBufferLike, A extends Float32Array<T> | Uint32Array<T>>(
  array: A,
): A & ArrayBufferView<ArrayBuffer> {
  if (!(array.buffer instanceof ArrayBuffer)) throw new TypeError('a mesh must not be in shared memory');
  return array as A & ArrayBufferView<ArrayBuffer>;
}

/**
 * A renderer on WebGPU.
 * @param options `allowSoftware`: also take an adapter that computes on the processor.
 * @throws ERR_ENV_NO_RENDERER when there is no such adapter, ERR_GPU_FAILED when it gives no device.
 */
export async function createWebGpuRenderer(options: { readonly allowSoftware: boolean }): Promise<Renderer> {
  const adapter =
    'gpu' in navigator ? await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }) : null;
  if (!adapter) throw new AppError('ERR_ENV_NO_RENDERER', 'no WebGPU adapter');
  const software = isSoftwareAdapter(adapter.info);
  if (software && !options.allowSoftware)
    throw new AppError('ERR_ENV_NO_RENDERER', 'the WebGPU adapter computes on the processor');
  const maxTextureSize = adapter.limits.maxTextureDimension2D;
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredLimits: { maxTextureDimension2D: maxTextureSize } });
  } catch (cause) {
    throw new AppError('ERR_GPU_FAILED', 'the adapter gave no device', { retryable: true, cause });
  }
  const owner = new Device(device);
  return {
    kind: 'webgpu',
    adapter: adapterName(adapter.info),
    software,
    maxTextureSize,
    lost: device.lost.then(() => undefined),
    openScene: (picture, mesh, size) => createScene(owner, picture, mesh, size),
    close: () => owner.close(),
  };
}
