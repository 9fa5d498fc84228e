/** Effects that paint from a pixel's place alone: ramps, noise and wipes. */
import type { EffectJson } from '@fancam/protos/effect';
import { Vector2, Vector3, Vector4 } from 'three';
import { paint } from './colour.js';
import type { Inline } from './effects.js';
import type { Box } from './space.js';
import { number, scalarAt, valueAt } from './timeline.js';

type Kind<K extends keyof EffectJson> = NonNullable<EffectJson[K]>;

const DEGREE = Math.PI / 180;

/** The GLSL of an effect that needs only its pixel's place, or null for any other. `box` is the layer's. */
export function placeEffect(effect: EffectJson, id: string, box: Box, linear: boolean): Inline | null {
	if (effect.gradientRamp) return gradientRamp(effect.gradientRamp, id, linear);
	if (effect.turbulentNoise) return turbulentNoise(effect.turbulentNoise, id);
	if (effect.linearWipe) return linearWipe(effect.linearWipe, id, box);
	if (effect.radialWipe) return radialWipe(effect.radialWipe, id, box);
	return null;
}

function gradientRamp(ramp: Kind<'gradientRamp'>, id: string, linear: boolean): Inline {
	const line = { value: new Vector4() };
	const part = { value: 1 };
	const radial = ramp.kind === 'GRADIENT_RAMP_KIND_RADIAL';
	return {
		declare: `uniform vec4 ${id}_line; uniform float ${id}_part; uniform vec3 ${id}_from, ${id}_to;`,
		apply: `{
			vec2 way = ${id}_line.zw - ${id}_line.xy;
			float along = ${radial ? `length(pixel - ${id}_line.xy) / max(length(way), 1e-4)` : `dot(pixel - ${id}_line.xy, way) / max(dot(way, way), 1e-4)`};
			rgb = mix(rgb, mix(${id}_from, ${id}_to, clamp(along, 0.0, 1.0)), ${id}_part);
		}`,
		uniforms: {
			[`${id}_line`]: line,
			[`${id}_part`]: part,
			[`${id}_from`]: { value: paint(ramp.startColor, linear) },
			[`${id}_to`]: { value: paint(ramp.endColor, linear) },
		},
		update(frame) {
			const [x0 = 0, y0 = 0] = valueAt(ramp.start, [0, 0], frame);
			const [x1 = 0, y1 = 0] = valueAt(ramp.end, [0, 0], frame);
			line.value.set(x0, y0, x1, y1);
			part.value = 1 - scalarAt(ramp.blendWithOriginal, 0, frame) / 100;
		},
	};
}

/** Width of the coarsest cells at a scale of 100 percent, in pixels. */
const CELL_PX = 64;

/**
 * Value noise on a lattice of hashes, smoothed by 3t^2 - 2t^3, in octaves of half the size and half the strength. The third
 * dimension is the evolution.
 */
function turbulentNoise(noise: Kind<'turbulentNoise'>, id: string): Inline {
	const frequency = { value: new Vector3() };
	const tone = { value: new Vector3() };
	const octaves = { value: 6 };
	const offset = { value: new Vector2() };
	return {
		declare: `
			uniform vec3 ${id}_frequency, ${id}_tone; uniform int ${id}_octaves; uniform vec2 ${id}_offset;
			float ${id}_corner(ivec3 at) {
				return float(scramble(uint(at.x) + scramble(uint(at.y) + scramble(uint(at.z) + ${number(noise.randomSeed) >>> 0}u))) >> 8) / 16777215.0;
			}
			float ${id}_lattice(vec3 at) {
				ivec3 cell = ivec3(floor(at));
				vec3 t = fract(at); t = t * t * (3.0 - 2.0 * t);
				float near = mix(mix(${id}_corner(cell), ${id}_corner(cell + ivec3(1, 0, 0)), t.x),
					mix(${id}_corner(cell + ivec3(0, 1, 0)), ${id}_corner(cell + ivec3(1, 1, 0)), t.x), t.y);
				float far = mix(mix(${id}_corner(cell + ivec3(0, 0, 1)), ${id}_corner(cell + ivec3(1, 0, 1)), t.x),
					mix(${id}_corner(cell + ivec3(0, 1, 1)), ${id}_corner(cell + ivec3(1, 1, 1)), t.x), t.y);
				return mix(near, far, t.z);
			}`,
		apply: `{
			vec3 place = vec3((pixel - ${id}_offset) * ${id}_frequency.x, ${id}_frequency.z);
			float sum = 0.0, weight = 1.0, all = 0.0;
			for (int octave = 0; octave < ${id}_octaves; octave++) {
				sum += weight * ${id}_lattice(place + float(octave) * 17.0);
				all += weight; weight *= 0.5; place.xy *= 2.0;
			}
			float grey = clamp((sum / all - 0.5) * ${id}_tone.x + 0.5 + ${id}_tone.y, 0.0, 1.0);
			rgb = mix(rgb, vec3(grey), ${id}_tone.z);
		}`,
		uniforms: {
			[`${id}_frequency`]: frequency,
			[`${id}_tone`]: tone,
			[`${id}_octaves`]: octaves,
			[`${id}_offset`]: offset,
		},
		update(frame) {
			const scale = Math.max(1e-3, scalarAt(noise.scale, 100, frame) / 100);
			frequency.value.set(1 / (CELL_PX * scale), 0, scalarAt(noise.evolution, 0, frame) / 360);
			tone.value.set(
				scalarAt(noise.contrast, 100, frame) / 100,
				scalarAt(noise.brightness, 0, frame) / 100,
				scalarAt(noise.opacity, 100, frame) / 100,
			);
			octaves.value = Math.min(10, Math.max(1, Math.round(scalarAt(noise.complexity, 6, frame))));
			const [x = 0, y = 0] = valueAt(noise.offsetTurbulence, [0, 0], frame);
			offset.value.set(x, y);
		},
	};
}

function linearWipe(wipe: Kind<'linearWipe'>, id: string, box: Box): Inline {
	const plane = { value: new Vector4() };
	return {
		declare: `uniform vec4 ${id}_plane;`, // direction, edge along it, 1 / feather
		apply: `alpha *= clamp((dot(pixel, ${id}_plane.xy) - ${id}_plane.z) * ${id}_plane.w + 0.5, 0.0, 1.0);`,
		uniforms: { [`${id}_plane`]: plane },
		update(frame) {
			const angle = scalarAt(wipe.angle, 90, frame) * DEGREE;
			const [x, y] = [Math.sin(angle), -Math.cos(angle)];
			const along = [
				[box.left, box.top],
				[box.left + box.width, box.top],
				[box.left, box.top + box.height],
				[box.left + box.width, box.top + box.height],
			].map(([px = 0, py = 0]) => px * x + py * y);
			const feather = Math.max(scalarAt(wipe.feather, 0, frame), 1e-3);
			const [from, to] = [Math.min(...along) - feather / 2, Math.max(...along) + feather / 2];
			plane.value.set(x, y, from + ((to - from) * scalarAt(wipe.completion, 0, frame)) / 100, 1 / feather);
		},
	};
}

function radialWipe(wipe: Kind<'radialWipe'>, id: string, box: Box): Inline {
	const place = { value: new Vector4() };
	return {
		declare: `uniform vec4 ${id}_place;`, // center, start in turns, share that is gone
		apply: `{
			vec2 way = pixel - ${id}_place.xy;
			float turn = fract(atan(way.x, -way.y) / 6.283185307 - ${id}_place.z + 1.0);
			${wipe.counterclockwise ? 'turn = 1.0 - turn;' : ''}
			alpha *= step(${id}_place.w, turn);
		}`,
		uniforms: { [`${id}_place`]: place },
		update(frame) {
			const [x = 0, y = 0] = valueAt(wipe.center, [box.left + box.width / 2, box.top + box.height / 2], frame);
			const start = scalarAt(wipe.startAngle, 0, frame) / 360;
			place.value.set(x, y, start - Math.floor(start), scalarAt(wipe.completion, 0, frame) / 100);
		},
	};
}
