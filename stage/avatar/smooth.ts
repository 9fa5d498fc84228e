/**
 * Smooths edges of a drawn picture by blurring along them, alpha included. On software GL that is cheaper than four samples per pixel:
 * whole 720x1280 frames with packing, llvmpipe, CPU ms: full body 73 against 104, close-up 113 against 190.
 */
import {
	GLSL3,
	LinearFilter,
	Mesh,
	NoBlending,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	Vector2,
	type WebGLRenderer,
	WebGLRenderTarget,
} from 'three';

const VERTEX = /* glsl */ `
	in vec3 position;
	void main() { gl_Position = vec4(position.xy * 2.0, 0.0, 1.0); }`;

const FRAGMENT = /* glsl */ `
	precision highp float;
	uniform sampler2D drawn;
	uniform vec2 texel;
	uniform bool straight; // colour divided by alpha
	out vec4 picture;
	vec4 left(vec4 c) { return straight ? vec4(c.a > 0.0 ? min(c.rgb / c.a, 1.0) : vec3(0.0), c.a) : c; }
	float weight(vec4 c) { return dot(c, vec4(0.299, 0.587, 0.114, 0.6)); }
	void main() {
		ivec2 p = ivec2(gl_FragCoord.xy);
		ivec2 last = textureSize(drawn, 0) - 1;
		ivec2 low = max(p - 1, ivec2(0)), high = min(p + 1, last);
		vec4 middle = texelFetch(drawn, p, 0);
		float m = weight(middle);
		float nw = weight(texelFetch(drawn, ivec2(low.x, high.y), 0)), ne = weight(texelFetch(drawn, high, 0));
		float sw = weight(texelFetch(drawn, low, 0)), se = weight(texelFetch(drawn, ivec2(high.x, low.y), 0));
		float darkest = min(m, min(min(nw, ne), min(sw, se)));
		float brightest = max(m, max(max(nw, ne), max(sw, se)));
		picture = left(middle);
		if (brightest - darkest < 0.035 + 0.06 * brightest) return;
		// Along the edge: across the gradient of the four corners.
		vec2 along = vec2((sw + se) - (nw + ne), (nw + sw) - (ne + se));
		float small = 1.0 / (min(abs(along.x), abs(along.y)) + (nw + ne + sw + se) * 0.03 + 0.008);
		along = clamp(along * small, -6.0, 6.0) * texel;
		vec2 at = gl_FragCoord.xy * texel;
		vec4 near = 0.5 * (texture(drawn, at - along / 6.0) + texture(drawn, at + along / 6.0));
		vec4 far = 0.5 * near + 0.25 * (texture(drawn, at - along * 0.5) + texture(drawn, at + along * 0.5));
		float f = weight(far);
		picture = left(f < darkest || f > brightest ? near : far);
	}`;

/** Draws a scene through a target of its own and leaves the smoothed picture in another. Dispose at the end. */
export class EdgeSmoother {
	readonly #material = new RawShaderMaterial({
		glslVersion: GLSL3,
		vertexShader: VERTEX,
		fragmentShader: FRAGMENT,
		uniforms: { drawn: { value: null }, texel: { value: new Vector2() }, straight: { value: false } },
		blending: NoBlending,
		depthTest: false,
		depthWrite: false,
	});
	readonly #mesh = new Mesh(new PlaneGeometry(1, 1), this.#material);
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera();
	/** What is to be smoothed is drawn here. */
	readonly source: WebGLRenderTarget;

	/** @param width @param height Pixels. @param straight Whether the smoothed picture's colour is divided by its alpha. */
	constructor(width: number, height: number, straight = false) {
		(this.#material.uniforms.straight as { value: boolean }).value = straight;
		this.#mesh.frustumCulled = false;
		this.source = new WebGLRenderTarget(width, height, {
			minFilter: LinearFilter,
			magFilter: LinearFilter,
			depthBuffer: true,
		});
		(this.#material.uniforms.drawn as { value: unknown }).value = this.source.texture;
		(this.#material.uniforms.texel as { value: Vector2 }).value.set(1 / width, 1 / height);
	}

	/** Leave the smoothed `source` in `target`, which has its size. */
	smooth(renderer: WebGLRenderer, target: WebGLRenderTarget): void {
		renderer.setRenderTarget(target);
		const { autoClear } = renderer;
		renderer.autoClear = false;
		renderer.render(this.#scene, this.#camera);
		renderer.autoClear = autoClear;
	}

	/** Let go of the target and the shader. */
	dispose(): void {
		this.source.dispose();
		this.#material.dispose();
		this.#mesh.geometry.dispose();
	}
}
