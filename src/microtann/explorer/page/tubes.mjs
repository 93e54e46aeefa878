// Tubes and balls in space, lit, by WebGL: one call draws all tubes, another all balls.

const TUBE = `#version 300 es
in vec3 corner; in vec3 start; in vec3 end; in float radius; in vec4 paint;
uniform mat3 turn; uniform vec4 lens; uniform float ball;
out vec3 normal; out vec3 place; out vec4 colour;
void main() {
  vec3 along = end - start;
  float size = length(along);
  vec3 axis = size > 0.0 ? along / size : vec3(0.0, 0.0, 1.0);
  vec3 helper = abs(axis.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0);
  vec3 side = normalize(cross(helper, axis)), other = cross(axis, side);
  vec3 offset = ball > 0.5 ? corner : side * corner.x + other * corner.y;
  normal = turn * offset;
  place = turn * (start + (ball > 0.5 ? vec3(0.0) : along * corner.z) + radius * offset);
  colour = paint;
  float depth = lens.z - place.z;
  gl_Position = vec4(lens.x * place.x, lens.y * place.y, (depth - lens.z) * 0.4, depth);
}`;

const LIGHT = `#version 300 es
precision highp float;
in vec3 normal; in vec3 place; in vec4 colour;
uniform vec3 back; uniform float deep; uniform vec4 lens;
out vec4 seen;
void main() {
  vec3 n = normalize(normal), eye = normalize(vec3(0.0, 0.0, lens.z) - place);
  vec3 key = normalize(vec3(-0.45, 0.75, 0.65)), fill = normalize(vec3(0.8, -0.1, 0.4));
  float sky = 0.5 + 0.5 * n.y;
  float bright = 0.34 + 0.2 * sky + 0.52 * max(dot(n, key), 0.0) + 0.14 * max(dot(n, fill), 0.0);
  float shine = pow(max(dot(reflect(-key, n), eye), 0.0), 26.0);
  float rim = pow(1.0 - max(dot(n, eye), 0.0), 3.0);
  vec3 lit = colour.rgb * bright + 0.2 * shine - 0.16 * rim * colour.rgb;
  float far = clamp(0.5 - place.z / (2.0 * deep), 0.0, 1.0);
  seen = vec4(mix(lit, back, 0.5 * far * far), 1.0) * colour.a;
}`;

/** Corners of a tube along z of unit radius and length, and of a ball, as strips of triangles. */
function tubeCorners(sides) {
  const found = [];
  for (let i = 0; i <= sides; i++) {
    const angle = (2 * Math.PI * i) / sides;
    for (const z of [0, 1]) found.push(Math.cos(angle), Math.sin(angle), z);
  }
  return new Float32Array(found);
}

function ballCorners(rings, sides) {
  const found = [];
  const at = (ring, side) => {
    const [up, around] = [(Math.PI * ring) / rings, (2 * Math.PI * side) / sides];
    return [Math.sin(up) * Math.cos(around), Math.sin(up) * Math.sin(around), Math.cos(up)];
  };
  for (let ring = 0; ring < rings; ring++) {
    for (let side = 0; side <= sides; side++) found.push(...at(ring, side), ...at(ring + 1, side));
  }
  return new Float32Array(found);
}

const BESIDE = 70; // height that the legend and the range take
const PER_TUBE = 11; // start, end, radius, colour with opacity

export class Tubes {
  /** @param canvas to draw on; throws where there is no WebGL */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
    if (!gl) throw new Error("this browser has no WebGL 2");
    Object.assign(this, { canvas, gl });
    this.build();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.build());
  }

  build() {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, TUBE], [gl.FRAGMENT_SHADER, LIGHT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    this.program = program;
    this.tubes = this.shape(tubeCorners(18));
    this.balls = this.shape(ballCorners(9, 14));
  }

  /** Corners that are drawn once for every instance. */
  shape(corners) {
    const gl = this.gl;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, corners, gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(this.program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 3, gl.FLOAT, false, 0, 0);
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    let at = 0;
    for (const [name, width] of [["start", 3], ["end", 3], ["radius", 1], ["paint", 4]]) {
      const place = gl.getAttribLocation(this.program, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, width, gl.FLOAT, false, 4 * PER_TUBE, 4 * at);
      gl.vertexAttribDivisor(place, 1);
      at += width;
    }
    return { array, buffer, corners: corners.length / 3 };
  }

  /**
   * Draw tubes and balls.
   * @param tubes, balls Float32Array of instances: start, end, radius, colour with opacity
   * @param view {turn: nine numbers, column by column; zoom; back: colour of what is far}
   */
  draw(tubes, balls, { turn, zoom, back }) {
    const { gl, canvas } = this;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.max(1, Math.round(size * ratio)));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(this.program);
    const uniform = (name) => gl.getUniformLocation(this.program, name);
    const [eye, small] = [4.2, Math.min(width, height - BESIDE * ratio)];
    const size = (zoom * eye * small) / 1.05;
    gl.uniformMatrix3fv(uniform("turn"), false, turn);
    gl.uniform4f(uniform("lens"), size / width, size / height, eye, 0);
    gl.uniform3fv(uniform("back"), back);
    gl.uniform1f(uniform("deep"), 1.0);
    for (const [shape, instances, ball] of [[this.tubes, tubes, 0], [this.balls, balls, 1]]) {
      gl.bindVertexArray(shape.array);
      gl.bindBuffer(gl.ARRAY_BUFFER, shape.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, instances, gl.DYNAMIC_DRAW);
      gl.uniform1f(uniform("ball"), ball);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, shape.corners, instances.length / PER_TUBE);
    }
  }
}
