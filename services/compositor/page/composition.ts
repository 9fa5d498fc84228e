/** Plays shots: the root composition of a job, and its way from the working space to the output. */
import type { CompositionJson, ShotJson } from '@fancam/protos/shot';
import { type Files, type Finish, failure, type Player } from '@fancam/stage';
import type { WebGLRenderer, WebGLRenderTarget } from 'three';
import { PLAIN } from './blur.js';
import { Brush, canvas, Studio, UNIT } from './brush.js';
import { SRGB } from './colour-space.js';
import { WHOLE } from './plane.js';
import { backgroundOf, Scene } from './scene.js';
import type { PassJob } from './sources.js';

/** What the host asks for; see `services/compositor/job.py`. */
export interface ComposeJob {
	shot: ShotJson;
	/** Pixels of the output. */
	width: number;
	height: number;
	/** What `{name}` becomes. */
	name: string;
	passes: Record<string, PassJob>;
}

/** Plays shots. */
export class CompositionPlayer implements Player<ComposeJob> {
	readonly #studio: Studio;
	#scene: Scene | null = null;
	/** From linear light to the display, where the shot works in linear light. */
	#display: { brush: Brush; target: WebGLRenderTarget } | null = null;

	constructor(renderer: WebGLRenderer) {
		this.#studio = new Studio(renderer);
	}

	async load(job: ComposeJob, files: Files): Promise<WebGLRenderTarget> {
		const { shot, width, height, name, passes } = job;
		const linear = shot.workingSpace === 'WORKING_SPACE_LINEAR';
		this.#studio.linear = linear;
		const compositions = new Map(
			(shot.compositions ?? []).map((composition): [string, CompositionJson] => [composition.id ?? '', composition]),
		);
		const shared = { files, name, passes, compositions, motionBlur: shot.motionBlur };
		this.#scene = new Scene(this.#studio, shot, shared, backgroundOf(shot, linear), { width, height });
		await this.#scene.load();
		if (!linear) return this.#scene.target;
		const picture = { value: this.#scene.target.texture };
		const encoded = {
			glsl: /* glsl */ `
				uniform sampler2D picture;
				${SRGB}
				vec4 fetch(vec2 uv) {
					vec4 light = texelFetch(picture, ivec2(spot), 0);
					return vec4(encodeSrgb(light.rgb), 1.0);
				}`,
			uniforms: { picture },
			opaque: true,
		};
		this.#display = { brush: new Brush(this.#studio, encoded, [], PLAIN), target: canvas(width, height) };
		return this.#display.target;
	}

	async draw(frame: number): Promise<void> {
		await this.#loaded().draw(frame);
		if (!this.#display) return;
		this.#display.brush.set(frame, { toClip: WHOLE, box: UNIT, margin: 0, opacity: 1 });
		this.#studio.paint(this.#display.brush, this.#display.target);
	}

	async drawUnfinished(frame: number): Promise<Finish | null> {
		const scene = this.#loaded();
		if (!this.#display) return scene.draw(frame, true);
		await this.draw(frame);
		return null;
	}

	#loaded(): Scene {
		if (!this.#scene) throw failure('NotLoaded', 'no shot is loaded');
		return this.#scene;
	}

	get pixels(): number {
		return this.#studio.pixels;
	}

	unload(): void {
		this.#scene?.dispose();
		this.#scene = null;
		this.#display?.brush.dispose();
		this.#display?.target.dispose();
		this.#display = null;
	}
}
