/**
 * Turning a drawn picture into the bytes an encoder wants, on the GPU: 4:2:0 planes in BT.709, limited range.
 *
 * Measured at 720x1280 in llvmpipe: planes of a picture 4 ms, and of one whose last step is done on the way 9 ms less than that step and
 * the planes apart. Reading RGBA and converting with swscale takes 10 to 17 ms over drawing alone, and 2.7 times the bytes.
 */
import {
	GLSL3,
	type IUniform,
	Mesh,
	NearestFilter,
	NoBlending,
	NoColorSpace,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	type Texture,
	Vector2,
	type WebGLRenderer,
	WebGLRenderTarget,
} from 'three';

/** Buffers that one drawing fills: luma of two rows, chroma, and alpha of two rows. WebGL 2 promises four; llvmpipe and SwiftShader have eight. */
export const PLANES_AT_ONCE = 5;

/**
 * How frames leave.
 *
 * - `opaque`: planes of the picture.
 * - `stacked`: planes of a picture twice as high: colour premultiplied by alpha, above alpha as luma.
 * - `pixels`: premultiplied RGBA, 8 bits, rows from the top.
 */
export type Layout = 'opaque' | 'stacked' | 'pixels';

/** How a frame lies in memory; `host.py` cuts it by these numbers. */
export interface Geometry {
	layout: Layout;
	/** Pixels of the picture. */
	width: number;
	height: number;
	/** Bytes from one row to the next. */
	strideBytes: number;
	/** Bytes of the frame. */
	bytes: number;
}

const VERTEX = /* glsl */ `
	in vec3 position;
	void main() { gl_Position = vec4(position.xy * 2.0, 0.0, 1.0); }`;

/**
 * A picture whose last step is still to be drawn: it needs nothing but its own pixel, so that whoever takes the picture out can do it
 * on the way.
 */
export interface Finish {
	/** GLSL that declares `vec4 finished(ivec2 pixel)`, display-referred, 0 to 1; rows count from the bottom. */
	readonly glsl: string;
	readonly uniforms: Record<string, IUniform>;
}

const HEAD = /* glsl */ `
	precision highp float;
	precision highp int;
	precision highp sampler2D;
	uniform ivec2 pictureSize; // pixels`;

/** Reads a picture that is finished. */
const FINISHED = /* glsl */ `
	uniform sampler2D picture;
	vec4 finished(ivec2 pixel) { return texelFetch(picture, pixel, 0); }`;

// The picture's rows count from the bottom, an encoder's from the top. A fragment is worth four columns of two rows, since software
// GL pays for each fragment, and reads or finishes each pixel once, but for the one column that its chroma shares with the next.
// H.264's default siting: a chroma sample lies on the even column, between two rows.
// Blue and red lie side by side, since both come from the same pixels; filtered readings in their place are off by up to 3.
const planes = (finish: string, stacked: boolean): string => /* glsl */ `${HEAD}
	layout(location = 0) out vec4 upperLuma;
	layout(location = 1) out vec4 lowerLuma;
	layout(location = 2) out vec4 chroma;
	${stacked ? 'layout(location = 3) out vec4 upperAlpha; layout(location = 4) out vec4 lowerAlpha;' : ''}
	${finish}
	const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722) * 219.0 / 255.0;
	const vec3 BLUE = (vec3(0.0, 0.0, 1.0) - vec3(0.2126, 0.7152, 0.0722)) / 1.8556 * 224.0 / 255.0;
	const vec3 RED = (vec3(1.0, 0.0, 0.0) - vec3(0.2126, 0.7152, 0.0722)) / 1.5748 * 224.0 / 255.0;
	vec4 pixelAt(int x, int y) { return finished(ivec2(clamp(x, 0, pictureSize.x - 1), pictureSize.y - 1 - y)); }
	vec4 luma(vec4 a, vec4 b, vec4 c, vec4 d) {
		return vec4(dot(a.rgb, LUMA), dot(b.rgb, LUMA), dot(c.rgb, LUMA), dot(d.rgb, LUMA)) + 16.0 / 255.0;
	}
	vec4 alpha(vec4 a, vec4 b, vec4 c, vec4 d) { return vec4(a.a, b.a, c.a, d.a) * 219.0 / 255.0 + 16.0 / 255.0; }
	void main() {
		int x = int(gl_FragCoord.x) * 4, y = int(gl_FragCoord.y) * 2;
		vec4 a = pixelAt(x, y), b = pixelAt(x + 1, y), c = pixelAt(x + 2, y), d = pixelAt(x + 3, y);
		vec4 e = pixelAt(x, y + 1), f = pixelAt(x + 1, y + 1), g = pixelAt(x + 2, y + 1), h = pixelAt(x + 3, y + 1);
		upperLuma = luma(a, b, c, d);
		lowerLuma = luma(e, f, g, h);
		${stacked ? 'upperAlpha = alpha(a, b, c, d); lowerAlpha = alpha(e, f, g, h);' : ''}
		vec3 before = (pixelAt(x - 1, y) + pixelAt(x - 1, y + 1)).rgb, shared = (b + f).rgb;
		vec3 first = (before + 2.0 * (a + e).rgb + shared) / 8.0;
		vec3 second = (shared + 2.0 * (c + g).rgb + (d + h).rgb) / 8.0;
		chroma = vec4(dot(first, BLUE), dot(first, RED), dot(second, BLUE), dot(second, RED)) + 128.0 / 255.0;
	}`;

/** Programs of finishes that are kept, since the next job mostly wants the same: compiling one takes tenths of a second. */
const KEPT_PROGRAMS = 16;

/** Converts and reads back. Holds one target, remade when the size changes. */
export class PlanePacker {
	readonly #renderer: WebGLRenderer;
	readonly #mesh = new Mesh(new PlaneGeometry(1, 1));
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera();
	readonly #pictureSize = { value: new Vector2() };
	readonly #picture = { value: null as Texture | null };
	readonly #opaque = this.#material(planes(FINISHED, false), { picture: this.#picture });
	readonly #stacked = this.#material(planes(FINISHED, true), { picture: this.#picture });
	/** The same behind a last step, newest last. */
	readonly #finishing = new Map<Finish, RawShaderMaterial>();
	#target: WebGLRenderTarget | null = null;

	constructor(renderer: WebGLRenderer) {
		this.#renderer = renderer;
		this.#mesh.frustumCulled = false;
	}

	#material(fragmentShader: string, uniforms: Finish['uniforms']): RawShaderMaterial {
		return new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader,
			uniforms: { ...uniforms, pictureSize: this.#pictureSize },
			blending: NoBlending,
			depthTest: false,
			depthWrite: false,
		});
	}

	/**
	 * How a picture of this size will lie in memory.
	 *
	 * @throws RangeError if planes are wanted of an odd size.
	 */
	geometry(width: number, height: number, layout: Layout): Geometry {
		if (layout === 'pixels') return { layout, width, height, strideBytes: width * 4, bytes: width * height * 4 };
		if (width % 2 || height % 2) throw new RangeError(`4:2:0 needs an even size, not ${width}x${height}`);
		const strideBytes = Math.ceil(width / 8) * 8;
		const rows = (layout === 'stacked' ? 2 : 1) * height;
		return { layout, width, height, strideBytes, bytes: (strideBytes * rows * 3) / 2 };
	}

	/**
	 * Read a picture into `into`, which holds `geometry.bytes`.
	 *
	 * @param finish Its last step, where that is still to be drawn; of layout `opaque` alone, and `picture` is not looked at then.
	 */
	read(picture: WebGLRenderTarget, geometry: Geometry, into: Uint8Array, finish: Finish | null = null): void {
		const { layout, width, height, strideBytes } = geometry;
		if (layout === 'pixels') {
			this.#readPixels(picture, width, height, into);
			return;
		}
		const across = strideBytes / 4;
		const before = this.#renderer.getRenderTarget();
		const { autoClear } = this.#renderer;
		this.#renderer.autoClear = false;
		this.#picture.value = picture.texture;
		this.#pictureSize.value.set(width, height);
		const stacked = layout === 'stacked';
		const target = this.#packed(across, height / 2, stacked ? PLANES_AT_ONCE : 3);
		this.#draw(target, finish ? this.#finished(finish) : stacked ? this.#stacked : this.#opaque);
		const rows = (stacked ? 2 : 1) * height;
		this.#readRows(target, 0, into, 2);
		this.#readRows(target, 1, into.subarray(strideBytes), 2);
		this.#readRows(target, 2, into.subarray(strideBytes * rows), 1);
		if (stacked) {
			this.#readRows(target, 3, into.subarray(strideBytes * height), 2);
			this.#readRows(target, 4, into.subarray(strideBytes * (height + 1)), 2);
			into.fill(128, strideBytes * (rows + height / 2)); // alpha has no colour
		}
		this.#renderer.autoClear = autoClear;
		this.#renderer.setRenderTarget(before);
	}

	#draw(target: WebGLRenderTarget, material: RawShaderMaterial): void {
		this.#mesh.material = material;
		this.#renderer.setRenderTarget(target);
		this.#renderer.render(this.#scene, this.#camera);
	}

	#finished(finish: Finish): RawShaderMaterial {
		const known = this.#finishing.get(finish);
		if (known) return known;
		const made = this.#material(planes(finish.glsl, false), finish.uniforms);
		this.#finishing.set(finish, made);
		const [oldest] = this.#finishing;
		if (oldest && this.#finishing.size > KEPT_PROGRAMS) {
			oldest[1].dispose();
			this.#finishing.delete(oldest[0]);
		}
		return made;
	}

	/** Read all of one of a target's textures, into every row of `into` or into every other one. */
	#readRows(target: WebGLRenderTarget, texture: number, into: Uint8Array, every: 1 | 2): void {
		const { width, height } = target;
		const gl = this.#renderer.getContext() as WebGL2RenderingContext;
		gl.pixelStorei(gl.PACK_ROW_LENGTH, width * every);
		this.#renderer.readRenderTargetPixels(target, 0, 0, width, height, into, undefined, texture);
		gl.pixelStorei(gl.PACK_ROW_LENGTH, 0);
	}

	#readPixels(picture: WebGLRenderTarget, width: number, height: number, into: Uint8Array): void {
		const upsideDown = new Uint8Array(width * height * 4);
		this.#renderer.readRenderTargetPixels(picture, 0, 0, width, height, upsideDown);
		const row = width * 4;
		for (let y = 0; y < height; y++) into.set(upsideDown.subarray((height - 1 - y) * row, (height - y) * row), y * row);
	}

	#packed(width: number, height: number, count: number): WebGLRenderTarget {
		const held = this.#target;
		if (held?.width === width && held.height === height && held.textures.length === count) return held;
		held?.dispose();
		this.#target = new WebGLRenderTarget(width, height, {
			count,
			depthBuffer: false,
			minFilter: NearestFilter,
			magFilter: NearestFilter,
			colorSpace: NoColorSpace,
		});
		return this.#target;
	}
}
