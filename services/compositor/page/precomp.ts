/** A composition as a layer's source. */
import type { Texture, WebGLRenderTarget } from 'three';
import type { Source, Uniforms } from './source.js';
import type { Box } from './space.js';

/** A composition that can be drawn. */
export interface Nested {
	readonly target: WebGLRenderTarget;
	/** Counts its pictures. */
	readonly version: number;
	load(): Promise<void>;
	draw(frame: number): Promise<unknown>;
	dispose(): void;
}

/** No composition is drawn larger than this for a layer, in pixels. */
const WIDEST_PX = 4096;

/** Shows a composition, drawn as large as it is ever seen. */
export class PrecompSource implements Source {
	readonly box: Box;
	readonly centre: readonly [number, number];
	readonly opaque = false;
	// The composition's target has its top in the last row.
	readonly glsl = /* glsl */ `
		uniform sampler2D picture;
		vec4 fetch(vec2 uv) { return texture(picture, vec2(uv.x, 1.0 - uv.y)); }`;
	readonly uniforms: Uniforms = { picture: { value: null as Texture | null } };
	readonly #frames: number;
	readonly #held: boolean;
	readonly #make: (width: number, height: number) => Nested;
	#nested: Nested | null = null;

	/**
	 * @param held Whether frames before the first and after the last show those.
	 * @param make Makes the composition for an output of so many pixels.
	 */
	constructor(
		size: { width: number; height: number; frames: number },
		held: boolean,
		make: (width: number, height: number) => Nested,
	) {
		this.box = { left: 0, top: 0, width: size.width, height: size.height };
		this.centre = [size.width / 2, size.height / 2];
		this.#frames = size.frames;
		this.#held = held;
		this.#make = make;
	}

	get version(): number {
		return this.#nested?.version ?? 0;
	}

	async prepare(_least: number, most: number): Promise<void> {
		const { width, height } = this.box;
		const scale = Math.min(Math.max(most, 0.05), WIDEST_PX / width, WIDEST_PX / height);
		this.#nested = this.#make(Math.max(1, Math.ceil(width * scale)), Math.max(1, Math.ceil(height * scale)));
		await this.#nested.load();
		const picture = this.uniforms.picture;
		if (picture) picture.value = this.#nested.target.texture;
	}

	async show(frame: number): Promise<boolean> {
		const wanted = this.#held ? Math.min(Math.max(frame, 0), this.#frames - 1) : frame;
		if (!this.#nested || wanted < 0 || wanted >= this.#frames) return false;
		await this.#nested.draw(wanted);
		return true;
	}

	dispose(): void {
		this.#nested?.dispose();
	}
}
