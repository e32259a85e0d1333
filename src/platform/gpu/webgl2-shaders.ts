/** GLSL of the mesh pass and of the conversion to video planes; `webgpu-shaders.ts` says the same in WGSL. */

export const MESH_VERTEX = `#version 300 es
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 paint;
layout(location = 3) in float alpha;
uniform vec4 view;
uniform float flip;
out vec2 at;
out vec4 colour;
out float cover;
void main() {
  vec2 clip = position * view.xy + view.zw;
  gl_Position = vec4(clip.x, clip.y * flip, 0.0, 1.0);
  at = uv;
  colour = paint;
  cover = alpha;
}`;

export const MESH_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D picture;
in vec2 at;
in vec4 colour;
in float cover;
out vec4 result;
void main() {
  result = vec4(mix(texture(picture, at).rgb, colour.rgb, colour.a), cover);
}`;

export const PLANES_VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** @source ITU-R BT.709 (matrix) with 8-bit limited range: luma 16 … 235, chroma 16 … 240. */
export const PLANES_FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
uniform sampler2D frame;
/** width, height, stride in bytes, texel rows of a chroma plane */
uniform ivec4 plane;
out vec4 result;
const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);
vec3 pixel(ivec2 at) {
  return texelFetch(frame, min(at, plane.xy - 1), 0).rgb;
}
float luma(ivec2 at) {
  return (16.0 + 219.0 * dot(pixel(at), LUMA)) / 255.0;
}
float chroma(ivec2 at, bool blue) {
  vec3 c = 0.25 * (pixel(at) + pixel(at + ivec2(1, 0)) + pixel(at + ivec2(0, 1)) + pixel(at + ivec2(1, 1)));
  float y = dot(c, LUMA);
  float d = blue ? (c.b - y) / 1.8556 : (c.r - y) / 1.5748;
  return (128.0 + 224.0 * d) / 255.0;
}
void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy);
  int byte = texel.x * 4;
  if (texel.y < plane.y) {
    result = vec4(
      luma(ivec2(byte, texel.y)), luma(ivec2(byte + 1, texel.y)),
      luma(ivec2(byte + 2, texel.y)), luma(ivec2(byte + 3, texel.y)));
    return;
  }
  int row = texel.y - plane.y;
  bool blue = row < plane.w;
  if (!blue) row -= plane.w;
  int side = plane.z / 2;
  int line = 2 * row + (byte >= side ? 1 : 0);
  int column = byte >= side ? byte - side : byte;
  ivec2 at = ivec2(2 * column, 2 * line);
  result = vec4(
    chroma(at, blue), chroma(at + ivec2(2, 0), blue), chroma(at + ivec2(4, 0), blue), chroma(at + ivec2(6, 0), blue));
}`;
