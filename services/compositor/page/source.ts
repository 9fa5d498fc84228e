/** What any layer shows before its effects: a picture on the GPU, and the GLSL that reads it. */
import { type IUniform, LinearFilter, LinearMipmapLinearFilter, type Texture } from 'three';
import type { Ink } from './ink.js';
import type { Box } from './space.js';

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

/** The middle of a box. */
export function centred(box: Box): readonly [number, number] {
	return [box.left + box.width / 2, box.top + box.height / 2];
}

/** Below this many output pixels per pixel, a picture needs its smaller copies to be sampled from. */
const SHRINKS = 0.6;

/** Reads the one texture of a source that has no planes. */
export const PICTURE = /* glsl */ `
	uniform sampler2D picture;
	vec4 fetch(vec2 uv) { return texture(picture, uv); }`;

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
