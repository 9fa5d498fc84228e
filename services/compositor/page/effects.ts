/**
 * What effects are made of, and the project's own ones: grain, vignette and bloom.
 *
 * Effects that need nothing but their pixel are a few lines of GLSL that join the pass which draws their layer, because on a
 * processor a pass over the picture costs more than what is computed in it; see colour.ts and generate.ts. Those that look
 * around read a picture of what comes before them; see distort.ts and chain.ts.
 */
import type { EffectJson } from '@fancam/protos/effect';
import type { Texture } from 'three';
import { Vector2 } from 'three';
import type { Uniforms } from './source.js';
import { number, scalarAt } from './timeline.js';

/** An effect that needs nothing but its own pixel. */
export interface Inline {
	/** GLSL that declares `uniforms`. */
	readonly declare: string;
	/**
	 * GLSL that changes `vec3 rgb` (straight) and `float alpha`; `uv` is 0-1 over the layer, `pixel` the layer's own pixel,
	 * `spot` the output's, from its lower left.
	 */
	readonly apply: string;
	readonly uniforms: Uniforms;
	/** Whether it may leave something where its layer leaves nothing. */
	readonly spills?: boolean;
	/** Set the uniforms for a frame. */
	update(frame: number): void;
}

/** Reach of a threshold's shoulder, in luminance: pixels begin to glow softly. */
const KNEE = 0.15;

/** GLSL shared by all shaders. */
export const LIBRARY = /* glsl */ `
	const vec3 LUMINANCE = vec3(0.2126, 0.7152, 0.0722);
	uniform vec2 outputSize;

	// PCG's output permutation over a pixel and a frame (Jarzynski and Olano 2020): equal on every machine.
	uint scramble(uint state) {
		state = state * 747796405u + 2891336453u;
		uint word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
		return (word >> 22u) ^ word;
	}`;

export function grain(amount: number, id: string): Inline {
	const seed = { value: 0 };
	return {
		declare: `uniform uint ${id}_seed; uniform float ${id}_amount;`,
		// Four bytes of one hash add up to nearly a normal distribution.
		apply: `
			uvec2 ${id}_at = uvec2(spot.x, outputSize.y - spot.y);
			uint ${id}_hash = scramble(${id}_at.x + scramble(${id}_at.y + ${id}_seed));
			uvec4 ${id}_bytes = (uvec4(${id}_hash) >> uvec4(0u, 8u, 16u, 24u)) & 255u;
			float ${id}_sum = float(${id}_bytes.x + ${id}_bytes.y + ${id}_bytes.z + ${id}_bytes.w);
			rgb += (${id}_sum / 255.0 - 2.0) * ${id}_amount;`,
		uniforms: { [`${id}_seed`]: seed, [`${id}_amount`]: { value: amount / DEVIATION } },
		update(frame) {
			seed.value = (frame * 0x9e3779b1) >>> 0;
		},
	};
}

/** Standard deviation of the sum of four independent bytes, as shares of 255. */
const DEVIATION = (2 * Math.sqrt((256 ** 2 - 1) / 12)) / 255;

export function vignette({ darkness, offset }: NonNullable<EffectJson['vignette']>, id: string): Inline {
	return {
		declare: `uniform vec2 ${id};`, // darkness, offset; equal to those of postprocessing's VignetteEffect
		apply: `rgb *= smoothstep(0.8, ${id}.y * 0.799, distance(uv, vec2(0.5)) * (${id}.x + ${id}.y));`,
		uniforms: { [id]: { value: [number(darkness), number(offset)] } },
		update() {},
	};
}

/** Adds a glow that is already blurred, by screening it over the layer, so that white stays white. */
export function glowing(
	effect: NonNullable<EffectJson['bloom']>,
	glow: () => Texture | null,
	uv: string,
	id: string,
): Inline {
	const texture = { value: null as Texture | null };
	const intensity = { value: 1 };
	return {
		declare: `uniform sampler2D ${id}_glow; uniform float ${id}_intensity;`,
		apply: `
			vec3 ${id}_light = clamp(texture(${id}_glow, ${uv}).rgb * ${id}_intensity, 0.0, 1.0);
			float ${id}_alpha = max(alpha, max(${id}_light.r, max(${id}_light.g, ${id}_light.b)));
			rgb = (rgb * alpha + ${id}_light - rgb * alpha * ${id}_light) / max(${id}_alpha, 1e-4);
			alpha = ${id}_alpha;`,
		uniforms: { [`${id}_glow`]: texture, [`${id}_intensity`]: intensity },
		spills: true,
		update(frame) {
			texture.value = glow();
			intensity.value = scalarAt(effect.intensity, 1, frame);
		},
	};
}

/** Keeps what is brighter than a threshold; the first step of a bloom. */
export function threshold(effect: NonNullable<EffectJson['bloom']>, id: string): Inline {
	const edges = { value: new Vector2() };
	return {
		declare: `uniform vec2 ${id};`,
		apply: `rgb *= smoothstep(${id}.x, ${id}.y, dot(rgb, LUMINANCE));`,
		uniforms: { [id]: edges },
		update(frame) {
			const from = scalarAt(effect.threshold, 0.8, frame);
			edges.value.set(from, from + KNEE);
		},
	};
}
