/** What each kind of layer shows: which source a layer opens, and those of still pictures. */
import type { ColorJson } from '@fancam/protos/avatar';
import type { LayerJson } from '@fancam/protos/shot';
import { type Files, failure } from '@fancam/stage';
import { Texture } from 'three';
import { rgb } from './colour-space.js';
import { DrawnSource } from './drawn.js';
import { VideoSource } from './footage.js';
import { Ink } from './ink.js';
import { ShapeDrawing } from './shapes.js';
import { centred, PICTURE, plain, type Source, shrinking, type Uniforms } from './source.js';
import type { Box } from './space.js';
import { TextDrawing } from './text.js';
import { number } from './timeline.js';
import { Video } from './video.js';

/** A rectangle of one colour. */
export class SolidSource implements Source {
	readonly box: Box;
	readonly centre;
	readonly version = 0;
	readonly opaque = true;
	readonly glsl = /* glsl */ `
		uniform vec3 solid;
		vec4 fetch(vec2 uv) { return vec4(solid, 1.0); }`;
	readonly uniforms: Uniforms;

	constructor(width: number, height: number, color: ColorJson | undefined) {
		this.box = { left: 0, top: 0, width, height };
		this.centre = centred(this.box);
		this.uniforms = { solid: { value: rgb(color) } };
	}

	async show(): Promise<boolean> {
		return true;
	}
	prepare(): void {}
	dispose(): void {}
}

/** A still picture. */
class ImageSource implements Source {
	readonly box: Box;
	readonly centre;
	readonly version = 0;
	readonly opaque = false;
	readonly glsl = PICTURE;
	readonly uniforms: Uniforms;
	ink?: Ink;
	readonly #texture: Texture;

	private constructor(bitmap: ImageBitmap) {
		this.box = { left: 0, top: 0, width: bitmap.width, height: bitmap.height };
		this.centre = centred(this.box);
		this.#texture = plain(new Texture(bitmap));
		this.uniforms = { picture: { value: this.#texture } };
	}

	/** @throws BadFootage if the file is no picture. */
	static async open(path: string, file: string, files: Files): Promise<ImageSource> {
		const bytes = await files.bytes(file);
		try {
			return new ImageSource(
				await createImageBitmap(new Blob([bytes]), { premultiplyAlpha: 'premultiply', colorSpaceConversion: 'none' }),
			);
		} catch (error) {
			throw failure('BadFootage', `${path} is not a picture: ${error instanceof Error ? error.message : error}`);
		}
	}

	async show(): Promise<boolean> {
		return true;
	}

	prepare(least: number): void {
		// Smaller copies mix pixels from far away.
		if (!shrinking(this.#texture, least)) this.ink = inkOf(this.#texture.image as ImageBitmap);
	}

	dispose(): void {
		this.ink?.dispose();
		this.#texture.dispose();
		(this.#texture.image as ImageBitmap).close();
	}
}
/** Draws nothing: a null or an adjustment layer. */
export class EmptySource implements Source {
	readonly version = 0;
	readonly opaque = true;
	readonly glsl = '';
	readonly uniforms: Uniforms = {};
	readonly centre;

	constructor(readonly box: Box) {
		this.centre = centred(box);
	}

	async show(): Promise<boolean> {
		return false;
	}
	prepare(): void {}
	dispose(): void {}
}

/** Where a still picture leaves anything. */
function inkOf(bitmap: ImageBitmap): Ink | undefined {
	const { width, height } = bitmap;
	const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
	if (!pen) return undefined;
	pen.drawImage(bitmap, 0, 0);
	const ink = new Ink();
	ink.find({ bytes: pen.getImageData(0, 0, width, height).data, first: 3, step: 4, width, height, none: 0, full: 255 });
	return ink;
}

/** A pass as the host describes it. */
export interface PassJob {
	/** Where its region lies, in the shot's pixels. */
	box: Box;
}

/** A text layer's source. */
async function openText(
	layer: LayerJson,
	name: string,
	span: readonly [number, number],
	files: Files,
): Promise<DrawnSource> {
	const text = layer.text ?? {};
	if (!text.font) return new DrawnSource(new TextDrawing(text, name, '', span));
	const font = new FontFace(`campaign ${text.font.replaceAll('"', '')}`, await files.bytes(`font:${text.font}`));
	try {
		await font.load();
	} catch (error) {
		throw failure('BadFootage', `${text.font} is not a font: ${error instanceof Error ? error.message : error}`);
	}
	document.fonts.add(font);
	return new DrawnSource(new TextDrawing(text, name, font.family, span), () => document.fonts.delete(font));
}

/**
 * What a layer shows.
 *
 * @param span First of the layer's frames that are seen, and the first that is not.
 * @throws BadFootage if a file cannot be decoded.
 */
export async function openSource(
	layer: LayerJson,
	composition: Box,
	name: string,
	passes: Record<string, PassJob>,
	span: readonly [number, number],
	files: Files,
): Promise<Source> {
	if (layer.solid) return new SolidSource(layer.solid.width ?? 0, layer.solid.height ?? 0, layer.solid.color);
	if (layer.image) return ImageSource.open(layer.image.path ?? '', `image:${layer.image.path}`, files);
	if (layer.text) return openText(layer, name, span, files);
	if (layer.shapes) return new DrawnSource(new ShapeDrawing(layer.shapes, span));
	if (layer.footage) {
		const { path = '' } = layer.footage;
		const video = await Video.open(path, `footage:${path}`, files);
		const width = number(layer.footage.width) || video.index.width;
		const height = number(layer.footage.height) || video.index.height;
		const box = { left: 0, top: 0, width, height };
		return new VideoSource(video, box, centred(box), layer.timeRemap !== undefined, false);
	}
	if (layer.avatar) {
		const pass = passes[layer.name ?? ''];
		if (!pass) throw failure('MissingPass', `layer ${layer.name} has no pass`);
		const video = await Video.open(`the pass of ${layer.name}`, `pass:${layer.name}`, files);
		return new VideoSource(video, pass.box, centred(composition), false, true);
	}
	return new EmptySource(layer.adjustment ? composition : { left: 0, top: 0, width: 0, height: 0 });
}
