/** What a layer shows before its effects: textures on the GPU, and the GLSL that reads them. */
import type { ColorJson } from '@fancam/protos/avatar';
import type { ColorSpaceJson, LayerJson } from '@fancam/protos/shot';
import { type Files, failure } from '@fancam/stage';
import {
	DataTexture,
	type IUniform,
	LinearFilter,
	LinearMipmapLinearFilter,
	RedFormat,
	RGFormat,
	Texture,
	Vector2,
	Vector3,
	Vector4,
} from 'three';
import { DrawnSource } from './drawn.js';
import { Ink } from './ink.js';
import { ShapeDrawing } from './shapes.js';
import type { Box } from './space.js';
import { TextDrawing } from './text.js';
import { number } from './timeline.js';
import { Video } from './video.js';

export type Uniforms = Record<string, IUniform>;

/** A layer's picture. `fetch` gives premultiplied, display-referred colour at 0-1 over `box`. */
export interface Source {
	/** Where the picture lies in the layer's own pixels. */
	readonly box: Box;
	/** The layer's centre in its own pixels. */
	readonly centre: readonly [number, number];
	/** GLSL that declares uniforms and `vec4 fetch(vec2 uv)`. */
	readonly glsl: string;
	readonly uniforms: Uniforms;
	/** Whether its alpha is 1 everywhere. */
	readonly opaque: boolean;
	/** Pixels of a video, stacked halves counted as one; a shader may leave out filtering where they meet the output's. */
	readonly texels?: readonly [number, number];
	/** Where its picture leaves anything; without it, anywhere. */
	readonly ink?: Ink;
	/** Counts its pictures: while it stays, so does what was made of them. */
	readonly version: number;
	/** Put one frame of the source on the GPU; of sources that have no time of their own, the layer's. False shows nothing. */
	show(frame: number): Promise<boolean>;
	/** Told before the first frame: how many output pixels cover one of the layer's, at least and at most. */
	prepare(least: number, most: number): void | Promise<void>;
	dispose(): void;
}

export function rgb(color: ColorJson | undefined, otherwise = 0): Vector3 {
	if (!color) return new Vector3(otherwise, otherwise, otherwise);
	return new Vector3((color.red ?? 0) / 255, (color.green ?? 0) / 255, (color.blue ?? 0) / 255);
}

function centred(box: Box): readonly [number, number] {
	return [box.left + box.width / 2, box.top + box.height / 2];
}

/** Below this many output pixels per pixel, a picture needs its smaller copies to be sampled from. */
const SHRINKS = 0.6;

export const PICTURE = /* glsl */ `
	uniform sampler2D picture;
	vec4 fetch(vec2 uv) { return texture(picture, uv); }`;

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
export class ImageSource implements Source {
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

// On a processor a filtered fetch from a plane costs 4 to 5 ms over 720x1280: chroma is one texture of two channels, and luma
// is not filtered where a pixel of the layer lies on a pixel of the output (EXACT).
const DECODE = /* glsl */ `
	uniform sampler2D lumaPlane, chromaPlane;
	uniform vec2 lumaSize; // pixels of the luma plane
	uniform vec3 scaling;  // luma's black, 1 / luma's range, 1 / chroma's range
	uniform vec4 matrix;   // red from Cr, green from Cb and Cr, blue from Cb
	float level(vec2 uv) {
	#ifdef EXACT
		float luma = texelFetch(lumaPlane, ivec2(uv * lumaSize), 0).r;
	#else
		float luma = texture(lumaPlane, uv).r;
	#endif
		return (luma - scaling.x) * scaling.y;
	}
	vec3 decode(vec2 uv, vec2 chroma) {
		// A chroma sample lies on the even column: a quarter of its own width left of the middle of its two pixels.
		chroma.x += 0.5 / lumaSize.x;
		vec2 difference = (texture(chromaPlane, chroma).rg - 128.0 / 255.0) * scaling.z; // blue, red
		return clamp(
			level(uv) + vec3(matrix.x * difference.y, -dot(matrix.yz, difference), matrix.w * difference.x), 0.0, 1.0);
	}`;

const OPAQUE = /* glsl */ `${DECODE}
	vec4 fetch(vec2 uv) { return vec4(decode(uv, uv), 1.0); }`;

const STACKED = /* glsl */ `${DECODE}
	vec4 fetch(vec2 uv) {
		vec2 texel = 1.0 / lumaSize; // neither half may bleed into the other
		vec2 below = vec2(uv.x, max(uv.y, texel.y) * 0.5 + 0.5);
		vec2 above = vec2(uv.x, min(uv.y, 1.0 - texel.y) * 0.5);
		float alpha = clamp(level(below), 0.0, 1.0);
		return vec4(min(decode(above, uv), alpha), alpha); // codec noise never outshines its alpha
	}`;

/** Footage, or an avatar's pass. */
export class VideoSource implements Source {
	readonly opaque: boolean;
	readonly glsl: string;
	readonly uniforms: Uniforms;
	readonly texels: readonly [number, number];
	readonly #video: Video;
	/** Of the coded picture, with both halves. */
	readonly #height: number;
	readonly ink?: Ink;
	readonly #luma: DataTexture;
	readonly #chroma: DataTexture;
	readonly #black: number;
	#planes = new Uint8Array(0);
	readonly #held: boolean;
	#shown = -1;
	version = 0;

	/**
	 * @param held Whether frames before the first and after the last show those.
	 * @param stacked Whether alpha lies below colour.
	 */
	constructor(
		video: Video,
		readonly box: Box,
		readonly centre: readonly [number, number],
		held: boolean,
		stacked: boolean,
	) {
		this.#video = video;
		this.#held = held;
		this.opaque = !stacked;
		if (stacked) this.ink = new Ink();
		this.glsl = stacked ? STACKED : OPAQUE;
		const { width, height, fullRange, bt601 } = video.index;
		this.#luma = plain(new DataTexture(new Uint8Array(width * height), width, height, RedFormat));
		const shown = stacked ? height / 2 : height; // alpha has no colour
		const [across, down] = [Math.ceil(width / 2), Math.ceil(shown / 2)];
		this.#chroma = plain(new DataTexture(new Uint8Array(2 * across * down), across, down, RGFormat));
		for (const texture of [this.#luma, this.#chroma]) texture.unpackAlignment = 1;
		this.#height = height;
		this.#black = fullRange ? 0 : 16;
		this.texels = [width, shown];
		const [red, blue] = bt601 ? [0.299, 0.114] : [0.2126, 0.0722];
		const green = 1 - red - blue;
		this.uniforms = {
			lumaPlane: { value: this.#luma },
			chromaPlane: { value: this.#chroma },
			lumaSize: { value: new Vector2(width, height) },
			scaling: { value: fullRange ? new Vector3(0, 1, 1) : new Vector3(16 / 255, 255 / 219, 255 / 224) },
			matrix: {
				value: new Vector4(
					2 * (1 - red),
					(2 * blue * (1 - blue)) / green,
					(2 * red * (1 - red)) / green,
					2 * (1 - blue),
				),
			},
		};
	}

	async show(frame: number): Promise<boolean> {
		// A frame lasts until the next: what falls between two shows the first.
		let wanted = Math.floor(frame + 1e-6);
		if (this.#held) wanted = Math.min(Math.max(wanted, 0), this.#video.frames - 1);
		if (wanted < 0) return false; // it has not begun
		if (wanted === this.#shown) return true;
		this.#planes = await this.#video.planes(wanted, this.#planes);
		const pixels = this.texels[0] * this.#height;
		(this.#luma.image as { data: Uint8Array }).data = this.#planes.subarray(0, pixels);
		const pairs = new Uint16Array((this.#chroma.image as { data: Uint8Array }).data.buffer);
		const red = pixels + Math.ceil(this.texels[0] / 2) * Math.ceil(this.#height / 2);
		for (let sample = 0; sample < pairs.length; sample++) {
			pairs[sample] = (this.#planes[pixels + sample] ?? 0) | ((this.#planes[red + sample] ?? 0) << 8);
		}
		this.ink?.find({
			bytes: this.#planes,
			first: pixels / 2,
			step: 1,
			width: this.texels[0],
			height: this.texels[1],
			none: this.#black,
		});
		this.#luma.needsUpdate = true;
		this.#chroma.needsUpdate = true;
		this.#shown = wanted;
		this.version++;
		return true;
	}

	prepare(least: number): void {
		// Stacked halves would bleed into each other's smaller copies.
		if (!this.opaque) return;
		const shown = least * Math.min(this.box.width / this.texels[0], this.box.height / this.texels[1]);
		for (const plane of [this.#luma, this.#chroma]) shrinking(plane, shown);
	}

	dispose(): void {
		this.#video.close();
		this.ink?.dispose();
		this.#luma.dispose();
		this.#chroma.dispose();
	}
}

/** GLSL that takes a straight colour of a space to another's numbers: `vec3 convert(vec3 c)`; null where nothing changes. */
export function conversion(from: ColorSpaceJson | undefined, linear: boolean): string | null {
	const space = from ?? 'COLOR_SPACE_UNSPECIFIED';
	const plainSpace = space === 'COLOR_SPACE_UNSPECIFIED' || space === 'COLOR_SPACE_SRGB';
	if (plainSpace && !linear) return null;
	const decoded: Record<ColorSpaceJson, string> = {
		COLOR_SPACE_UNSPECIFIED: 'decodeSrgb(c)',
		COLOR_SPACE_SRGB: 'decodeSrgb(c)',
		COLOR_SPACE_REC709: 'pow(max(c, 0.0), vec3(2.4))',
		// Display P3 to sRGB's primaries, both of white D65 (SMPTE EG 432-1; IEC 61966-2-1).
		COLOR_SPACE_DISPLAY_P3: `mat3(1.2249401, -0.0420569, -0.0196376, -0.2249404, 1.0420571, -0.0786361,
			0.0, 0.0, 1.0982735) * decodeSrgb(c)`,
		COLOR_SPACE_LINEAR_SRGB: 'c',
	};
	return /* glsl */ `
		${SRGB}
		vec3 convert(vec3 c) { return ${linear ? decoded[space] : `encodeSrgb(${decoded[space]})`}; }`;
}

/** sRGB's curve, both ways (IEC 61966-2-1). */
export const SRGB = /* glsl */ `
	vec3 decodeSrgb(vec3 c) { return mix(c / 12.92, pow((max(c, 0.0) + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
	vec3 encodeSrgb(vec3 c) {
		c = clamp(c, 0.0, 1.0);
		return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
	}`;

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

/** Sampled as it is: no flip, no colour management, no smaller copies. */
export function plain<T extends Texture>(texture: T): T {
	texture.flipY = false;
	texture.generateMipmaps = false;
	texture.minFilter = LinearFilter;
	texture.magFilter = LinearFilter;
	texture.needsUpdate = true;
	return texture;
}

/** Sampled from smaller copies where it is ever seen smaller than it is; whether that is so. */
export function shrinking(texture: Texture, least: number): boolean {
	if (least >= SHRINKS) return false;
	texture.generateMipmaps = true;
	texture.minFilter = LinearMipmapLinearFilter;
	texture.needsUpdate = true;
	return true;
}

/** Where a still picture leaves anything. */
function inkOf(bitmap: ImageBitmap): Ink | undefined {
	const { width, height } = bitmap;
	const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
	if (!pen) return undefined;
	pen.drawImage(bitmap, 0, 0);
	const ink = new Ink();
	ink.find({ bytes: pen.getImageData(0, 0, width, height).data, first: 3, step: 4, width, height, none: 0 });
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
