/**
 * Turning a drawn picture into the bytes an encoder wants, on the GPU: 4:2:0 planes in BT.709, limited range.
 *
 * Measured at 720x1280 in llvmpipe, CPU time over drawing alone until the encoder has its frame: planes 8 ms; reading RGBA and
 * converting with swscale 10 to 17 ms, and 2.7 times the bytes.
 */
import {
	GLSL3,
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

const HEAD = /* glsl */ `
	precision highp float;
	precision highp sampler2D;
	uniform sampler2D picture;
	uniform ivec2 size;   // of the picture, pixels
	uniform ivec2 origin; // of this part in the packed target, texels
	out vec4 packedBytes;
	const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722) * 219.0 / 255.0;
	// The picture's rows count from the bottom, an encoder's from the top.
	vec4 at(int x, int y) { return texelFetch(picture, ivec2(clamp(x, 0, size.x - 1), size.y - 1 - clamp(y, 0, size.y - 1)), 0); }
	ivec2 here() { return ivec2(gl_FragCoord.xy) - origin; }`;

const LUMA = /* glsl */ `${HEAD}
	float luma(int x, int y) { return dot(at(x, y).rgb, LUMA); }
	void main() {
		int x = here().x * 4, y = here().y;
		packedBytes = vec4(luma(x, y), luma(x + 1, y), luma(x + 2, y), luma(x + 3, y)) + 16.0 / 255.0;
	}`;

const ALPHA = /* glsl */ `${HEAD}
	void main() {
		int x = here().x * 4, y = here().y;
		packedBytes = vec4(at(x, y).a, at(x + 1, y).a, at(x + 2, y).a, at(x + 3, y).a) * 219.0 / 255.0 + 16.0 / 255.0;
	}`;

// H.264's default siting: a chroma sample lies on the even column, between two rows.
// Blue and red lie side by side, since both come from the same pixels; filtered readings in their place are off by up to 3.
const CHROMA = /* glsl */ `${HEAD}
	const vec3 BLUE = (vec3(0.0, 0.0, 1.0) - vec3(0.2126, 0.7152, 0.0722)) / 1.8556 * 224.0 / 255.0;
	const vec3 RED = (vec3(1.0, 0.0, 0.0) - vec3(0.2126, 0.7152, 0.0722)) / 1.5748 * 224.0 / 255.0;
	vec3 column(int x, int y) { return at(x, y).rgb + at(x, y + 1).rgb; }
	void main() {
		int x = here().x * 4, y = here().y * 2;
		vec3 shared = column(x + 1, y);
		vec3 first = (column(x - 1, y) + 2.0 * column(x, y) + shared) / 8.0;
		vec3 second = (shared + 2.0 * column(x + 2, y) + column(x + 3, y)) / 8.0;
		packedBytes = vec4(dot(first, BLUE), dot(first, RED), dot(second, BLUE), dot(second, RED)) + 128.0 / 255.0;
	}`;

/** Converts and reads back. Holds one target, remade when the size changes. */
export class PlanePacker {
	readonly #renderer: WebGLRenderer;
	readonly #mesh = new Mesh(new PlaneGeometry(1, 1));
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera();
	readonly #uniforms = {
		picture: { value: null as Texture | null },
		size: { value: new Vector2() },
		origin: { value: new Vector2() },
	};
	readonly #luma = this.#material(LUMA);
	readonly #alpha = this.#material(ALPHA);
	readonly #chroma = this.#material(CHROMA);
	#target: WebGLRenderTarget | null = null;

	constructor(renderer: WebGLRenderer) {
		this.#renderer = renderer;
		this.#mesh.frustumCulled = false;
	}

	#material(fragmentShader: string): RawShaderMaterial {
		return new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader,
			uniforms: this.#uniforms,
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

	/** Read `picture` into `into`, which holds `geometry.bytes`. */
	read(picture: WebGLRenderTarget, geometry: Geometry, into: Uint8Array): void {
		const { layout, width, height, strideBytes } = geometry;
		if (layout === 'pixels') {
			this.#readPixels(picture, width, height, into);
			return;
		}
		const stacked = layout === 'stacked';
		const across = strideBytes / 4;
		const rows = (stacked ? 2 : 1) * height;
		const target = this.#packed(across, (rows * 3) / 2);
		const before = this.#renderer.getRenderTarget();
		const { autoClear } = this.#renderer;
		this.#renderer.autoClear = false;
		this.#uniforms.picture.value = picture.texture;
		this.#uniforms.size.value.set(width, height);
		this.#draw(target, this.#luma, 0, height, across);
		if (stacked) this.#draw(target, this.#alpha, height, height, across);
		this.#draw(target, this.#chroma, rows, height / 2, across);
		this.#renderer.readRenderTargetPixels(target, 0, 0, across, (rows * 3) / 2, into);
		// Alpha has no colour. Written here, as a clear of part of a target costs as much as this.
		if (stacked) into.fill(128, strideBytes * (rows + height / 2));
		this.#renderer.autoClear = autoClear;
		this.#renderer.setRenderTarget(before);
	}

	#draw(target: WebGLRenderTarget, material: RawShaderMaterial, top: number, height: number, across: number): void {
		target.viewport.set(0, top, across, height);
		this.#uniforms.origin.value.set(0, top);
		this.#mesh.material = material;
		this.#renderer.setRenderTarget(target);
		this.#renderer.render(this.#scene, this.#camera);
	}

	#readPixels(picture: WebGLRenderTarget, width: number, height: number, into: Uint8Array): void {
		const upsideDown = new Uint8Array(width * height * 4);
		this.#renderer.readRenderTargetPixels(picture, 0, 0, width, height, upsideDown);
		const row = width * 4;
		for (let y = 0; y < height; y++) into.set(upsideDown.subarray((height - 1 - y) * row, (height - y) * row), y * row);
	}

	#packed(width: number, height: number): WebGLRenderTarget {
		if (this.#target?.width !== width || this.#target.height !== height) {
			this.#target?.dispose();
			this.#target = new WebGLRenderTarget(width, height, {
				depthBuffer: false,
				minFilter: NearestFilter,
				magFilter: NearestFilter,
				colorSpace: NoColorSpace,
			});
		}
		return this.#target;
	}
}
