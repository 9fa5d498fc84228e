/** Footage and avatars' passes as layers' sources: planes of luma and chroma on the GPU, and the GLSL that decodes them. */
import { DataTexture, RedFormat, RGFormat, Vector2, Vector3, Vector4 } from 'three';
import { Ink } from './ink.js';
import { plain, type Source, shrinking, type Uniforms } from './source.js';
import type { Box } from './space.js';
import type { Video } from './video.js';

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

/** Luma of white in limited range. */
const WHITE = 235;

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
			full: this.#black ? WHITE : 255,
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
		for (const plane of [this.#luma, this.#chroma]) {
			plane.dispose();
			plane.image = { data: null, width: 0, height: 0 }; // a shader that is kept for the next job still knows its planes
		}
	}
}
