/** Masks: the share of each of a layer's pixels that is left, drawn by the browser's own rasteriser, mixed mask by mask. */
import type { MaskJson, MaskModeJson } from '@fancam/protos/shot';
import { CanvasTexture } from 'three';
import { contourOf, penPath } from './paths.js';
import { plain } from './source.js';
import type { Box } from './space.js';
import { pathAt, Signature, scalarAt, valueAt } from './timeline.js';

/** How a canvas of black and white mixes a mask with those before it; see `MaskMode` in the contract. */
const MIXING: Record<MaskModeJson, GlobalCompositeOperation | null> = {
	MASK_MODE_UNSPECIFIED: 'screen',
	MASK_MODE_NONE: null,
	MASK_MODE_ADD: 'screen',
	MASK_MODE_SUBTRACT: 'multiply', // of the inverse
	MASK_MODE_INTERSECT: 'multiply',
	MASK_MODE_LIGHTEN: 'lighten',
	MASK_MODE_DARKEN: 'darken',
	MASK_MODE_DIFFERENCE: 'difference',
};

const STARTS_FULL: ReadonlySet<MaskModeJson> = new Set([
	'MASK_MODE_SUBTRACT',
	'MASK_MODE_INTERSECT',
	'MASK_MODE_DARKEN',
]);

/** Standard deviation of a feather, as a share of its width: that of two boxes of half the width. */
const FEATHER = 1 / Math.sqrt(24);

/** Whether any mask of a layer takes something away. */
export function cutsAway(masks: readonly MaskJson[] | undefined): boolean {
	return (masks ?? []).some((mask) => MIXING[mask.mode ?? 'MASK_MODE_UNSPECIFIED'] !== null);
}

/** The masks of a layer as one picture of what is left, white where all is. */
export class Masks {
	readonly texture: CanvasTexture<OffscreenCanvas>;
	/** Counts the pictures. */
	version = 0;
	readonly #masks: readonly MaskJson[];
	readonly #box: Box;
	readonly #signature: Signature;
	readonly #all: OffscreenCanvasRenderingContext2D;
	readonly #one: OffscreenCanvasRenderingContext2D;
	#drawn: string | null = null;

	/**
	 * @param box What of the layer the picture covers.
	 * @param scale Its pixels per pixel of the layer.
	 */
	constructor(masks: readonly MaskJson[], box: Box, scale: number) {
		this.#masks = masks.filter((mask) => MIXING[mask.mode ?? 'MASK_MODE_UNSPECIFIED'] !== null);
		this.#box = box;
		this.#signature = new Signature(this.#masks);
		const width = Math.max(1, Math.ceil(box.width * scale));
		const height = Math.max(1, Math.ceil(box.height * scale));
		this.#all = pen(width, height);
		this.#one = pen(width, height);
		this.texture = plain(new CanvasTexture(this.#all.canvas));
	}

	/** Bring the picture to a frame. */
	show(frame: number): void {
		const wanted = this.#signature.at(frame);
		if (wanted === this.#drawn) return;
		this.#drawn = wanted;
		const first = this.#masks[0]?.mode ?? 'MASK_MODE_UNSPECIFIED';
		fill(this.#all, STARTS_FULL.has(first) ? 'white' : 'black');
		for (const mask of this.#masks) {
			this.#draw(mask, frame);
			this.#all.globalCompositeOperation = MIXING[mask.mode ?? 'MASK_MODE_UNSPECIFIED'] ?? 'source-over';
			this.#all.drawImage(this.#one.canvas, 0, 0);
		}
		this.texture.needsUpdate = true;
		this.version++;
	}

	dispose(): void {
		this.texture.dispose();
	}

	/** One mask alone, black and white; of one that subtracts, the inverse. */
	#draw(mask: MaskJson, frame: number): void {
		const { width, height } = this.#one.canvas;
		const [across, down] = [width / this.#box.width, height / this.#box.height];
		const share = Math.min(1, Math.max(0, scalarAt(mask.opacity, 100, frame) / 100));
		const grey = (level: number): string => `rgb(${level * 100}% ${level * 100}% ${level * 100}%)`;
		const subtracts = mask.mode === 'MASK_MODE_SUBTRACT';
		const inside = subtracts ? 1 - share : share;
		const outside = subtracts ? 1 : 0;
		const [within, beyond] = mask.inverted ? [outside, inside] : [inside, outside];
		const [featherX = 0, featherY = featherX] = valueAt(mask.feather, [], frame);
		const [x, y] = [featherX * FEATHER * across, featherY * FEATHER * down];
		// What lies beyond the layer softens its edge too.
		const [marginX, marginY] = [Math.ceil(3 * x), Math.ceil(3 * y)];
		const shape = pen(width + 2 * marginX, height + 2 * marginY);
		const { left, top } = this.#box;
		shape.setTransform(across, 0, 0, down, marginX - left * across, marginY - top * down);
		const path = penPath([contourOf({ ...pathAt(mask.path, frame), closed: true })]);
		const expansion = scalarAt(mask.expansion, 0, frame);
		fill(this.#one, grey(beyond));
		shape.fillStyle = grey(within);
		shape.strokeStyle = grey(within);
		shape.fill(path);
		if (expansion !== 0) {
			shape.lineWidth = 2 * Math.abs(expansion);
			shape.lineJoin = 'round';
			if (expansion < 0) shape.globalCompositeOperation = 'destination-out';
			shape.stroke(path);
		}
		if (x < 0.05 && y < 0.05) this.#one.drawImage(shape.canvas, -marginX, -marginY);
		else feathered(this.#one, shape.canvas, x, y, marginX, marginY);
	}
}

/** Draw a picture softened by a Gaussian of its own deviation per axis, in pixels, so that its margins fall outside. */
function feathered(
	onto: OffscreenCanvasRenderingContext2D,
	shape: OffscreenCanvas,
	x: number,
	y: number,
	marginX: number,
	marginY: number,
): void {
	// A canvas blurs both axes alike, so the axis that is softer is made small beforehand.
	const deviation = Math.max(0.05, Math.min(x, y));
	const width = Math.ceil(shape.width / Math.max(1, x / deviation));
	const height = Math.ceil(shape.height / Math.max(1, y / deviation));
	const soft = pen(width, height);
	soft.filter = `blur(${deviation}px)`;
	soft.imageSmoothingQuality = 'high';
	soft.drawImage(shape, 0, 0, width, height);
	onto.imageSmoothingQuality = 'high';
	onto.drawImage(soft.canvas, -marginX, -marginY, shape.width, shape.height);
}

function pen(width: number, height: number): OffscreenCanvasRenderingContext2D {
	const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
	if (!context) throw new Error('this browser draws no masks');
	return context;
}

function fill(context: OffscreenCanvasRenderingContext2D, colour: string): void {
	context.globalCompositeOperation = 'source-over';
	context.fillStyle = colour;
	context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}
