/** Pictures that a canvas draws: writing and shapes. They are drawn again only when something in them moved. */
import { CanvasTexture } from 'three';
import { PICTURE, plain, type Source, shrinking, type Uniforms } from './source.js';
import type { Box } from './space.js';

/** Something that a canvas can draw at any scale. */
export interface Drawing {
	/** Where it may leave ink at any time, in the layer's own pixels. */
	readonly box: Box;
	readonly centre: readonly [number, number];
	/** Whether it never leaves any. */
	readonly empty: boolean;
	/** Equal for frames that look equal. */
	signature(frame: number): string;
	/** @param pen Takes the layer's own pixels; its canvas is clear. */
	draw(pen: OffscreenCanvasRenderingContext2D, frame: number): void;
}

/** Widest picture of a drawing, in pixels; more is drawn smaller and enlarged. */
const WIDEST_PX = 4096;

/** A drawing as a layer's source, as large as it is ever seen. */
export class DrawnSource implements Source {
	readonly opaque = false;
	readonly glsl = PICTURE;
	readonly uniforms: Uniforms = { picture: { value: null } };
	version = 0;
	readonly #drawing: Drawing;
	readonly #release: () => void;
	#texture: CanvasTexture<OffscreenCanvas> | null = null;
	#pen: OffscreenCanvasRenderingContext2D | null = null;
	#drawn: string | null = null;

	/** @param release Lets go of what the drawing holds. */
	constructor(drawing: Drawing, release: () => void = () => undefined) {
		this.#drawing = drawing;
		this.#release = release;
	}

	get box(): Box {
		return this.#drawing.box;
	}

	get centre(): readonly [number, number] {
		return this.#drawing.centre;
	}

	prepare(least: number, most: number): void {
		const { width, height } = this.#drawing.box;
		const scale = Math.min(Math.max(most, 0.01), WIDEST_PX / width, WIDEST_PX / height);
		const canvas = new OffscreenCanvas(Math.max(1, Math.ceil(width * scale)), Math.max(1, Math.ceil(height * scale)));
		this.#pen = canvas.getContext('2d', { willReadFrequently: true });
		if (!this.#pen) throw new Error('this browser draws neither text nor shapes');
		this.#texture = plain(new CanvasTexture(canvas));
		this.#texture.premultiplyAlpha = true; // a canvas hands out straight alpha unless told otherwise
		shrinking(this.#texture, least / Math.max(most, 0.01));
		this.uniforms.picture = { value: this.#texture };
	}

	async show(frame: number): Promise<boolean> {
		if (this.#drawing.empty || !this.#pen || !this.#texture) return false;
		const wanted = this.#drawing.signature(frame);
		if (wanted === this.#drawn) return true;
		const { width, height } = this.#pen.canvas;
		const { box } = this.#drawing;
		this.#pen.resetTransform();
		this.#pen.clearRect(0, 0, width, height);
		this.#pen.scale(width / box.width, height / box.height);
		this.#pen.translate(-box.left, -box.top);
		this.#drawing.draw(this.#pen, frame);
		this.#texture.needsUpdate = true;
		this.#drawn = wanted;
		this.version++;
		return true;
	}

	dispose(): void {
		this.#texture?.dispose();
		this.#release();
	}
}
