/**
 * Smooths edges of a drawn picture by blurring along them, alpha included. On software GL that is cheaper than four samples per pixel:
 * drawing alone at 720x1280, llvmpipe on two busy cores, CPU ms: full body 55 against 106, close-up 94 against 240.
 */
import {
	AlwaysDepth,
	type DepthModes,
	GLSL3,
	LessDepth,
	LinearFilter,
	Mesh,
	NoBlending,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	type Texture,
	Vector2,
	type WebGLRenderer,
	WebGLRenderTarget,
} from 'three';

const VERTEX = /* glsl */ `
	in vec3 position;
	void main() { gl_Position = vec4(position.xy * 2.0, DEPTH, 1.0); }`;

const HEAD = /* glsl */ `
	precision highp float;
	uniform sampler2D drawn;
	uniform bool straight; // colour divided by alpha
	out vec4 picture;
	vec4 left(vec4 c) { return straight ? vec4(c.a > 0.0 ? min(c.rgb / c.a, 1.0) : vec3(0.0), c.a) : c; }
	float weight(vec4 c) { return dot(c, vec4(0.299, 0.587, 0.114, 0.6)); }`;

/**
 * Leaves alone what is on an edge, found with two looks: pixels are shaded in squares of four, whose differences are known, and the
 * corner that points out of the square shows what lies beyond it.
 */
const FLAT = /* glsl */ `${HEAD}
	void main() {
		ivec2 p = ivec2(gl_FragCoord.xy);
		ivec2 beyond = clamp(p + (p & 1) * 2 - 1, ivec2(0), textureSize(drawn, 0) - 1);
		vec4 middle = texelFetch(drawn, p, 0);
		float m = weight(middle), far = weight(texelFetch(drawn, beyond, 0));
		float step = max(abs(far - m), max(abs(dFdx(m)), abs(dFdy(m))));
		if (step >= 0.035 + 0.06 * max(m, far)) discard;
		picture = left(middle);
	}`;

/** Blurs along the edge: across the gradient of the four corners. */
const EDGE = /* glsl */ `${HEAD}
	uniform vec2 texel;
	void main() {
		ivec2 p = ivec2(gl_FragCoord.xy);
		ivec2 low = max(p - 1, ivec2(0)), high = min(p + 1, textureSize(drawn, 0) - 1);
		float m = weight(texelFetch(drawn, p, 0));
		vec4 corners = vec4( // from the north-west, in reading order
			weight(texelFetch(drawn, ivec2(low.x, high.y), 0)), weight(texelFetch(drawn, high, 0)),
			weight(texelFetch(drawn, low, 0)), weight(texelFetch(drawn, ivec2(high.x, low.y), 0))
		);
		float darkest = min(m, min(min(corners.x, corners.y), min(corners.z, corners.w)));
		float brightest = max(m, max(max(corners.x, corners.y), max(corners.z, corners.w)));
		vec2 along = vec2(corners.z + corners.w - corners.x - corners.y, corners.x + corners.z - corners.y - corners.w);
		float small = 1.0 / (min(abs(along.x), abs(along.y)) + dot(corners, vec4(1.0)) * 0.03 + 0.008);
		along = clamp(along * small, -6.0, 6.0) * texel;
		vec2 at = gl_FragCoord.xy * texel;
		vec4 near = 0.5 * (texture(drawn, at - along / 6.0) + texture(drawn, at + along / 6.0));
		vec4 far = 0.5 * near + 0.25 * (texture(drawn, at - along * 0.5) + texture(drawn, at + along * 0.5));
		float f = weight(far);
		picture = left(f < darkest || f > brightest ? near : far);
	}`;

/** Draws a scene through a target of its own and leaves the smoothed picture in another. Dispose at the end. */
export class EdgeSmoother {
	readonly #uniforms = {
		drawn: { value: null as Texture | null },
		texel: { value: new Vector2() },
		straight: { value: false },
	};
	// What is flat is written first and comes nearer; the depth test then spares it the blur.
	readonly #flat = this.#material(FLAT, AlwaysDepth);
	readonly #edge = this.#material(EDGE, LessDepth);
	readonly #mesh = new Mesh(new PlaneGeometry(1, 1));
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera(-1, 1, 1, -1, 0, 1);
	/** What is to be smoothed is drawn here. */
	readonly source: WebGLRenderTarget;

	/** @param width @param height Pixels. @param straight Whether the smoothed picture's colour is divided by its alpha. */
	constructor(width: number, height: number, straight = false) {
		this.#uniforms.straight.value = straight;
		this.#mesh.frustumCulled = false;
		this.source = new WebGLRenderTarget(width, height, {
			minFilter: LinearFilter,
			magFilter: LinearFilter,
			depthBuffer: true,
		});
		this.#uniforms.drawn.value = this.source.texture;
		this.#uniforms.texel.value.set(1 / width, 1 / height);
	}

	#material(fragmentShader: string, depthFunc: DepthModes): RawShaderMaterial {
		return new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader,
			uniforms: this.#uniforms,
			defines: { DEPTH: depthFunc === AlwaysDepth ? '0.0' : '0.5' },
			blending: NoBlending,
			depthFunc,
		});
	}

	/** Leave the smoothed `source` in `target`, which has its size and a cleared depth buffer; its scissor holds. */
	smooth(renderer: WebGLRenderer, target: WebGLRenderTarget): void {
		const { autoClear } = renderer;
		renderer.autoClear = false;
		renderer.setRenderTarget(target);
		for (const material of [this.#flat, this.#edge]) {
			this.#mesh.material = material;
			renderer.render(this.#scene, this.#camera);
		}
		renderer.autoClear = autoClear;
	}

	/** Let go of the target and the shaders. */
	dispose(): void {
		this.source.dispose();
		this.#flat.dispose();
		this.#edge.dispose();
		this.#mesh.geometry.dispose();
	}
}
