import { AppError } from '../../contracts/errors.ts';
import type { OutputFrame } from '../../core/frame/output.ts';
import { SURFACE_STRIDE } from '../../core/rig/mesh.ts';
import type { RigMesh } from '../../core/rig/mesh.ts';
import { planeLayout, viewTransform } from './renderer.ts';
import type { PlanarFrame, Renderer, Scene } from './renderer.ts';
import { MESH_FRAGMENT, MESH_VERTEX, PLANES_FRAGMENT, PLANES_VERTEX } from './webgl2-shaders.ts';

type Gl = WebGL2RenderingContext;

function failed(message: string): AppError {
  return new AppError('ERR_GPU_FAILED', message, { retryable: true });
}

function lost(): AppError {
  return new AppError('ERR_GPU_LOST', 'the WebGL context was lost', { retryable: true });
}

function program(gl: Gl, vertex: string, fragment: string): WebGLProgram {
  const built = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw failed('no shader object');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS))
      throw failed(gl.getShaderInfoLog(shader) ?? 'a shader did not compile');
    gl.attachShader(built, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(built);
  if (!gl.getProgramParameter(built, gl.LINK_STATUS))
    throw failed(gl.getProgramInfoLog(built) ?? 'a program did not link');
  return built;
}

/** A texture with the framebuffer that draws into it. */
interface Target {
  readonly width: number;
  readonly height: number;
  readonly texture: WebGLTexture;
  readonly framebuffer: WebGLFramebuffer;
}

function createTarget(gl: Gl, width: number, height: number): Target {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE)
    throw gl.isContextLost() ? lost() : failed('a framebuffer is incomplete');
  return { width, height, texture, framebuffer };
}

function deleteTarget(gl: Gl, target: Target | null): void {
  if (!target) return;
  gl.deleteFramebuffer(target.framebuffer);
  gl.deleteTexture(target.texture);
}

/** The drawing state that all scenes of a context share. */
class Context {
  readonly canvas = new OffscreenCanvas(16, 16);
  readonly gl: Gl;
  readonly mesh: WebGLProgram;
  readonly planes: WebGLProgram;
  readonly lost: Promise<void>;
  readonly #uniforms = new Map<string, WebGLUniformLocation | null>();
  #frame: Target | null = null;
  #packed: Target | null = null;
  #bytes = new Uint8Array(0);

  constructor() {
    const gl = this.canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      preserveDrawingBuffer: false,
      powerPreference: 'high-performance',
    });
    if (!gl) throw new AppError('ERR_ENV_NO_RENDERER', 'no WebGL2 context');
    this.gl = gl;
    this.lost = new Promise((resolve) => {
      this.canvas.addEventListener('webglcontextlost', () => resolve());
    });
    this.mesh = program(gl, MESH_VERTEX, MESH_FRAGMENT);
    this.planes = program(gl, PLANES_VERTEX, PLANES_FRAGMENT);
  }

  uniform(of: WebGLProgram, name: string): WebGLUniformLocation | null {
    const key = `${of === this.mesh ? 'mesh' : 'planes'}.${name}`;
    let at = this.#uniforms.get(key);
    if (at === undefined) this.#uniforms.set(key, (at = this.gl.getUniformLocation(of, name)));
    return at;
  }

  /** The target that frames of this size are drawn into; kept until another size is asked for. */
  frameTarget(width: number, height: number): Target {
    if (this.#frame?.width !== width || this.#frame.height !== height) {
      deleteTarget(this.gl, this.#frame);
      this.#frame = null;
      this.#frame = createTarget(this.gl, width, height);
    }
    return this.#frame;
  }

  /** Converts the frame target to planes and reads them. */
  readPlanes(width: number, height: number): PlanarFrame {
    const { gl } = this;
    const layout = planeLayout(width, height);
    const frame = this.frameTarget(width, height);
    if (this.#packed?.width !== layout.stride / 4 || this.#packed.height !== layout.rows) {
      deleteTarget(gl, this.#packed);
      this.#packed = null;
      this.#packed = createTarget(gl, layout.stride / 4, layout.rows);
      this.#bytes = new Uint8Array(layout.stride * layout.rows);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#packed.framebuffer);
    gl.viewport(0, 0, layout.stride / 4, layout.rows);
    gl.disable(gl.BLEND);
    gl.useProgram(this.planes);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, frame.texture);
    gl.uniform1i(this.uniform(this.planes, 'frame'), 0);
    gl.uniform4i(this.uniform(this.planes, 'plane'), width, height, layout.stride, layout.chromaRows);
    gl.bindVertexArray(null);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.readPixels(0, 0, layout.stride / 4, layout.rows, gl.RGBA, gl.UNSIGNED_BYTE, this.#bytes);
    this.check();
    return { width, height, data: this.#bytes, stride: layout.stride, offsets: layout.offsets };
  }

  /** @throws ERR_GPU_LOST, ERR_GPU_FAILED when the context says so. */
  check(): void {
    const error = this.gl.getError();
    if (error === this.gl.CONTEXT_LOST_WEBGL || this.gl.isContextLost()) throw lost();
    if (error !== this.gl.NO_ERROR) throw failed(`WebGL error ${error}`);
  }

  close(): void {
    deleteTarget(this.gl, this.#frame);
    deleteTarget(this.gl, this.#packed);
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function createScene(
  context: Context,
  picture: ImageBitmap,
  first: RigMesh,
  size: { readonly width: number; readonly height: number },
): Scene {
  const { gl } = context;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);

  const vao = gl.createVertexArray();
  gl.bindVertexArray(vao);
  const positions = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, positions);
  gl.bufferData(gl.ARRAY_BUFFER, first.positions.byteLength, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  const surface = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, surface);
  gl.bufferData(gl.ARRAY_BUFFER, first.surface, gl.DYNAMIC_DRAW);
  const stride = SURFACE_STRIDE * 4;
  gl.enableVertexAttribArray(1);
  gl.vertexAttribPointer(1, 2, gl.FLOAT, false, stride, 0);
  gl.enableVertexAttribArray(2);
  gl.vertexAttribPointer(2, 4, gl.FLOAT, false, stride, 8);
  gl.enableVertexAttribArray(3);
  gl.vertexAttribPointer(3, 1, gl.FLOAT, false, stride, 24);
  const indices = gl.createBuffer();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, first.indices, gl.STATIC_DRAW);
  gl.bindVertexArray(null);
  context.check();

  const draw = (mesh: RigMesh, frame: OutputFrame, flip: number): void => {
    gl.viewport(0, 0, frame.width, frame.height);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(context.mesh);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(context.uniform(context.mesh, 'picture'), 0);
    gl.uniform4f(context.uniform(context.mesh, 'view'), ...viewTransform(size, frame));
    gl.uniform1f(context.uniform(context.mesh, 'flip'), flip);
    gl.bindBuffer(gl.ARRAY_BUFFER, positions);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, mesh.positions);
    gl.bindBuffer(gl.ARRAY_BUFFER, surface);
    const from = mesh.patchStart * SURFACE_STRIDE;
    gl.bufferSubData(gl.ARRAY_BUFFER, 4 * from, mesh.surface, from);
    gl.bindVertexArray(vao);
    gl.drawElements(gl.TRIANGLES, mesh.indices.length, gl.UNSIGNED_INT, 0);
  };

  return {
    planes: (mesh, frame) => {
      const target = context.frameTarget(frame.width, frame.height);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
      draw(mesh, frame, 1);
      return Promise.resolve(context.readPlanes(frame.width, frame.height));
    },
    bitmap: (mesh, frame) => {
      if (context.canvas.width !== frame.width || context.canvas.height !== frame.height) {
        context.canvas.width = frame.width;
        context.canvas.height = frame.height;
      }
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      draw(mesh, frame, -1);
      context.check();
      return Promise.resolve(context.canvas.transferToImageBitmap());
    },
    close: () => {
      gl.deleteTexture(texture);
      gl.deleteBuffer(positions);
      gl.deleteBuffer(surface);
      gl.deleteBuffer(indices);
      gl.deleteVertexArray(vao);
    },
  };
}

/** A renderer on WebGL2. @throws ERR_ENV_NO_RENDERER when there is no context, ERR_GPU_FAILED */
export function createWebGl2Renderer(): Renderer {
  const context = new Context();
  const { gl } = context;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  const adapter = typeof name === 'string' ? name : 'WebGL2';
  const limit: unknown = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  return {
    kind: 'webgl2',
    adapter,
    software: /swiftshader|llvmpipe|software|basic render/i.test(adapter),
    maxTextureSize: typeof limit === 'number' ? limit : 2048,
    lost: context.lost,
    openScene: (picture, mesh, size) => createScene(context, picture, mesh, size),
    close: () => context.close(),
  };
}
