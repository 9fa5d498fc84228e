/** The compositor's player on a canvas that people see: any frame on demand, the newest wish first. */
import { Files } from '@fancam/stage';
import {
	GLSL3,
	LinearSRGBColorSpace,
	Mesh,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	type Texture,
	WebGLRenderer,
	type WebGLRenderTarget,
} from 'three';
import { type ComposeJob, CompositionPlayer } from '../composition.js';

const VERTEX = /* glsl */ `
	in vec3 position;
	out vec2 at;
	void main() {
		at = position.xy + 0.5;
		gl_Position = vec4(position.xy * 2.0, 0.0, 1.0);
	}`;

const FRAGMENT = /* glsl */ `
	precision highp float;
	uniform sampler2D picture;
	in vec2 at;
	out vec4 color;
	void main() {
		color = vec4(texture(picture, at).rgb, 1.0);
	}`;

/** Shows frames of one job at a time. */
export class Projector {
	readonly #renderer: WebGLRenderer;
	readonly #player: CompositionPlayer;
	readonly #picture = { value: null as Texture | null };
	readonly #screen = new Scene();
	readonly #eye = new OrthographicCamera();
	#target: WebGLRenderTarget | null = null;
	#wanted: number | null = null;
	#busy: Promise<void> = Promise.resolve();

	/** @param shown Told each frame that is on the canvas. */
	constructor(
		readonly canvas: HTMLCanvasElement,
		readonly shown: (frame: number) => void,
	) {
		this.#renderer = new WebGLRenderer({
			canvas,
			antialias: false,
			depth: false,
			stencil: false,
			preserveDrawingBuffer: true, // so that a frame can be saved whenever the designer likes
		});
		this.#renderer.outputColorSpace = LinearSRGBColorSpace; // as on the stage: what shaders wrote stays
		this.#player = new CompositionPlayer(this.#renderer);
		const material = new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader: FRAGMENT,
			uniforms: { picture: this.#picture },
			depthTest: false,
			depthWrite: false,
		});
		const quad = new Mesh(new PlaneGeometry(1, 1), material);
		quad.frustumCulled = false;
		this.#screen.add(quad);
	}

	/**
	 * Take a job in place of the last one.
	 *
	 * @throws Error with the compositor's own name for what is wrong with the job.
	 */
	async load(job: ComposeJob, files: Record<string, string>): Promise<void> {
		this.#wanted = null;
		const before = this.#busy;
		const loading = (async () => {
			await before.catch(() => undefined);
			this.#player.unload();
			this.#target = null;
			this.#target = await this.#player.load(job, new Files(files));
			this.#renderer.setPixelRatio(1);
			this.#renderer.setSize(job.width, job.height, false);
		})();
		this.#busy = loading.catch(() => undefined);
		await loading;
	}

	/** Draw a frame; of several wishes only the newest is carried out. */
	async show(frame: number): Promise<void> {
		const waiting = this.#wanted !== null;
		this.#wanted = frame;
		if (waiting) return;
		const before = this.#busy;
		const drawing = (async () => {
			await before.catch(() => undefined);
			const now = this.#wanted;
			this.#wanted = null;
			if (now === null || !this.#target) return;
			await this.#player.draw(now);
			this.#picture.value = this.#target.texture;
			this.#renderer.setRenderTarget(null);
			this.#renderer.render(this.#screen, this.#eye);
			this.shown(now);
		})();
		this.#busy = drawing.catch(() => undefined);
		await drawing;
	}

	/** The frame on the canvas as a PNG. */
	async png(): Promise<Blob> {
		return new Promise((give, refuse) => {
			this.canvas.toBlob((blob) => (blob ? give(blob) : refuse(new Error('the canvas is empty'))), 'image/png');
		});
	}
}
