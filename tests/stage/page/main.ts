/** A page for the host's tests: draws a pattern that names its frame, and misbehaves when told to. */
import { expose, failure, type Player } from '@fancam/stage';
import {
	DataTexture,
	GLSL3,
	Mesh,
	NoBlending,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	type WebGLRenderer,
	WebGLRenderTarget,
} from 'three';

interface Pattern {
	width: number;
	height: number;
	/** Name of a file of raw premultiplied RGBA, rows from the top, shown in place of the pattern. */
	picture?: string;
	/** Frame on which drawing fails. */
	failsAt?: number;
	/** Whether its shader is one that does not compile. */
	broken?: boolean;
	/** Milliseconds that each frame takes longer. */
	slowMs?: number;
}

const VERTEX = 'in vec3 position; void main() { gl_Position = vec4(position.xy * 2.0, 0.0, 1.0); }';

// Frame number in red, its lowest bits as bars in green, rows in blue.
const FRAGMENT = `
	precision highp float;
	uniform int frame;
	uniform ivec2 size;
	uniform sampler2D picture;
	uniform bool shown;
	out vec4 colour;
	void main() {
		ivec2 here = ivec2(gl_FragCoord.xy);
		if (shown) { colour = texelFetch(picture, ivec2(here.x, size.y - 1 - here.y), 0); return; }
		float bar = float((frame >> (here.x * 8 / size.x)) & 1);
		colour = vec4(float(frame % 256) / 255.0, bar, float(here.y % 256) / 255.0, 1.0);
	}`;

class PatternPlayer implements Player<Pattern> {
	#job: Pattern | null = null;
	#target: WebGLRenderTarget | null = null;
	readonly #uniforms = {
		frame: { value: 0 },
		size: { value: [0, 0] },
		picture: { value: null as DataTexture | null },
		shown: { value: false },
	};
	readonly #mesh: Mesh;
	readonly #scene: Scene;

	constructor(readonly renderer: WebGLRenderer) {
		this.#mesh = new Mesh(new PlaneGeometry(1, 1));
		this.#mesh.frustumCulled = false;
		this.#scene = new Scene().add(this.#mesh);
	}

	#material(fragmentShader: string): RawShaderMaterial {
		return new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader,
			uniforms: this.#uniforms,
			blending: NoBlending,
			depthTest: false,
		});
	}

	async load(job: Pattern, files: import('@fancam/stage').Files): Promise<WebGLRenderTarget> {
		if (job.width > 4096) throw failure('TooWide', `width ${job.width} is above 4096`);
		this.#job = job;
		this.#mesh.material = this.#material(job.broken ? FRAGMENT.replace('vec4(', 'vec5(') : FRAGMENT);
		this.#target = new WebGLRenderTarget(job.width, job.height, { depthBuffer: false });
		this.#uniforms.size.value = [job.width, job.height];
		if (job.picture) {
			const texture = new DataTexture(new Uint8Array(await files.bytes(job.picture)), job.width, job.height);
			texture.needsUpdate = true;
			this.#uniforms.picture.value = texture;
			this.#uniforms.shown.value = true;
		}
		return this.#target;
	}

	async draw(frame: number): Promise<void> {
		if (frame === this.#job?.failsAt) throw failure('BadFrame', `frame ${frame} cannot be drawn`);
		if (this.#job?.slowMs) await new Promise((wake) => setTimeout(wake, this.#job?.slowMs));
		this.#uniforms.frame.value = frame;
		this.renderer.setRenderTarget(this.#target);
		this.renderer.render(this.#scene, new OrthographicCamera());
	}

	unload(): void {
		(this.#mesh.material as RawShaderMaterial).dispose();
		this.#target?.dispose();
		this.#target = null;
		this.#uniforms.picture.value?.dispose();
		this.#uniforms.picture.value = null;
		this.#uniforms.shown.value = false;
		this.#job = null;
	}
}

expose((renderer) => new PatternPlayer(renderer));
