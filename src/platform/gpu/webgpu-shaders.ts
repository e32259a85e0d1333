/** WGSL of the mesh pass and of the conversion to video planes; `webgl2-shaders.ts` says the same in GLSL. */

export const MESH_WGSL = /* wgsl */ `
struct View { transform: vec4f };
@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var smooth_sampler: sampler;
struct Corner {
  @builtin(position) position: vec4f,
  @location(0) uv: vec2f,
  @location(1) paint: vec4f,
  @location(2) cover: f32,
};
@vertex fn vertex_main(
  @location(0) position: vec2f,
  @location(1) uv: vec2f,
  @location(2) paint: vec4f,
  @location(3) cover: f32,
) -> Corner {
  let clip = position * view.transform.xy + view.transform.zw;
  return Corner(vec4f(clip.x, -clip.y, 0.0, 1.0), uv, paint, cover);
}
@fragment fn fragment_main(corner: Corner) -> @location(0) vec4f {
  let colour = textureSample(picture, smooth_sampler, corner.uv).rgb;
  return vec4f(mix(colour, corner.paint.rgb, corner.paint.a), corner.cover);
}`;

/** @source ITU-R BT.709 (matrix) with 8-bit limited range: luma 16 … 235, chroma 16 … 240. */
export const PLANES_WGSL = /* wgsl */ `
/** width, height, row of the output in 32-bit words, texel rows of a chroma plane; then the stride in bytes */
struct Plane { size: vec4u, stride: vec4u };
@group(0) @binding(0) var<uniform> plane: Plane;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<u32>;
const LUMA = vec3f(0.2126, 0.7152, 0.0722);
fn pixel(at: vec2u) -> vec3f {
  return textureLoad(frame, min(at, plane.size.xy - vec2u(1u)), 0).rgb;
}
fn luma(at: vec2u) -> f32 {
  return (16.0 + 219.0 * dot(pixel(at), LUMA)) / 255.0;
}
fn chroma(at: vec2u, blue: bool) -> f32 {
  let c = 0.25 * (pixel(at) + pixel(at + vec2u(1u, 0u)) + pixel(at + vec2u(0u, 1u)) + pixel(at + vec2u(1u, 1u)));
  let y = dot(c, LUMA);
  let d = select((c.r - y) / 1.5748, (c.b - y) / 1.8556, blue);
  return (128.0 + 224.0 * d) / 255.0;
}
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
  let words = plane.size.z;
  let chroma_rows = plane.size.w;
  let height = plane.size.y;
  if (id.x >= words || id.y >= height + 2u * chroma_rows) { return; }
  let byte = id.x * 4u;
  var value: vec4f;
  if (id.y < height) {
    value = vec4f(
      luma(vec2u(byte, id.y)), luma(vec2u(byte + 1u, id.y)),
      luma(vec2u(byte + 2u, id.y)), luma(vec2u(byte + 3u, id.y)));
  } else {
    var row = id.y - height;
    let blue = row < chroma_rows;
    if (!blue) { row -= chroma_rows; }
    let side = plane.stride.x / 2u;
    let second = byte >= side;
    let line = 2u * row + select(0u, 1u, second);
    let column = select(byte, byte - side, second);
    let at = vec2u(2u * column, 2u * line);
    value = vec4f(
      chroma(at, blue), chroma(at + vec2u(2u, 0u), blue),
      chroma(at + vec2u(4u, 0u), blue), chroma(at + vec2u(6u, 0u), blue));
  }
  packed[id.y * words + id.x] = pack4x8unorm(value);
}`;
