/**
 * Effects that look around: each gives the colour of a place from other places of the picture before it.
 *
 * Their GLSL defines `vec4 effect(vec2 uv)` with the help of `AROUND`: `look(uv)` reads the picture, `toPixel` and `toUv` go
 * between 0-1 and the layer's own pixels.
 */
import type { ChannelJson, EffectJson } from '@fancam/protos/effect';
import { Matrix3, Matrix4, type Texture, Vector2, Vector3, Vector4 } from 'three';
import type { Uniforms } from './source.js';
import { type Box, localMatrix } from './space.js';
import { scalarAt, valueAt } from './timeline.js';

type Kind<K extends keyof EffectJson> = NonNullable<EffectJson[K]>;

/** An effect that looks around. */
export interface Around {
	readonly glsl: string;
	readonly uniforms: Uniforms;
	update(frame: number): void;
}

/** What an effect may ask of its layer. */
export interface Surroundings {
	/** The layer's box, without what effects spill. */
	box: Box;
	/** What of the layer the picture covers. */
	room: Box;
	/** Pixels of the picture per pixel of the layer. */
	scale: number;
	/** Another layer's picture, before its effects. */
	picture(layer: string): { value: Texture | null };
}

/** GLSL before an effect's own. Beyond its edges a layer is transparent; an adjustment's picture goes on. */
export function around(edgeless: boolean): string {
	return /* glsl */ `
		uniform sampler2D before;
		uniform vec4 room; // left, top, width, height of the picture in the layer's own pixels
		vec2 toPixel(vec2 uv) { return room.xy + uv * room.zw; }
		vec2 toUv(vec2 spot) { return (spot - room.xy) / room.zw; }
		vec4 look(vec2 uv) {
			${
				edgeless
					? 'return texture(before, uv);'
					: `vec2 texels = vec2(textureSize(before, 0));
			vec2 inside = clamp(min(uv, 1.0 - uv) * texels + 0.5, 0.0, 1.0);
			return texture(before, uv) * inside.x * inside.y;`
			}
		}
		vec4 lookAt(vec2 spot) { return look(toUv(spot)); }
		// Whether a place lies in the layer's own box, without what effects before this one spilled.
		float within(vec4 own, vec2 spot) {
			vec2 inside = step(own.xy, spot) * step(spot, own.xy + own.zw);
			return inside.x * inside.y;
		}`;
}

const DEGREE = Math.PI / 180;
/** Most places that a blur along a path reads. */
const MOST_TAPS = 64;

/** An effect that looks around, or null for any other. */
export function aroundEffect(effect: EffectJson, id: string, where: Surroundings): Around | null {
	if (effect.directionalBlur) return directionalBlur(effect.directionalBlur, id, where);
	if (effect.radialBlur) return radialBlur(effect.radialBlur, id, where);
	if (effect.displacementMap) return displacementMap(effect.displacementMap, id, where);
	if (effect.transform) return transform(effect.transform, id, where);
	if (effect.mosaic) return mosaic(effect.mosaic, id, where);
	if (effect.chromaticAberration) return chromaticAberration(effect.chromaticAberration, id, where);
	if (effect.simpleChoker) return simpleChoker(effect.simpleChoker, id, where);
	if (effect.offset) return offset(effect.offset, id, where);
	if (effect.mirror) return mirror(effect.mirror, id, where);
	if (effect.cornerPin) return cornerPin(effect.cornerPin, id, where);
	if (effect.waveWarp) return waveWarp(effect.waveWarp, id);
	if (effect.twirl) return twirl(effect.twirl, id, where);
	return null;
}

function middleOf({ left, top, width, height }: Box): [number, number] {
	return [left + width / 2, top + height / 2];
}

/** A direction in degrees clockwise from up, as x and y. */
function compass(degrees: number): [number, number] {
	return [Math.sin(degrees * DEGREE), -Math.cos(degrees * DEGREE)];
}

/** Means over a path around the place: `path` is GLSL for the place at -1 to 1. */
function smear(id: string, path: string): string {
	return /* glsl */ `
		uniform int ${id}_taps;
		vec4 effect(vec2 uv) {
			vec2 spot = toPixel(uv);
			vec4 sum = vec4(0.0);
			for (int tap = 0; tap < ${id}_taps; tap++) {
				float t = (2.0 * float(tap) + 1.0) / float(${id}_taps) - 1.0;
				sum += lookAt(${path});
			}
			return sum / float(${id}_taps);
		}`;
}

/** Places that are read along a path this long, in the picture's pixels. */
function taps(lengthPx: number): number {
	return Math.min(MOST_TAPS, Math.max(1, Math.ceil(lengthPx)));
}

function directionalBlur(blur: Kind<'directionalBlur'>, id: string, { scale }: Surroundings): Around {
	const way = { value: new Vector2() };
	const count = { value: 1 };
	return {
		glsl: `uniform vec2 ${id}_way; ${smear(id, `spot + ${id}_way * t`)}`,
		uniforms: { [`${id}_way`]: way, [`${id}_taps`]: count },
		update(frame) {
			const [x, y] = compass(scalarAt(blur.direction, 0, frame));
			const length = scalarAt(blur.length, 0, frame);
			way.value.set(x * length, y * length);
			count.value = taps(2 * length * scale);
		},
	};
}

function radialBlur(blur: Kind<'radialBlur'>, id: string, { box, scale }: Surroundings): Around {
	const place = { value: new Vector3() };
	const count = { value: 1 };
	const zoom = blur.kind === 'RADIAL_BLUR_KIND_ZOOM';
	const reach = Math.hypot(box.width, box.height) / 2;
	const path = zoom
		? `${id}_place.xy + (spot - ${id}_place.xy) * (1.0 + ${id}_place.z * t)`
		: `${id}_place.xy + mat2(cos(${id}_place.z * t), sin(${id}_place.z * t), -sin(${id}_place.z * t), cos(${id}_place.z * t)) * (spot - ${id}_place.xy)`;
	return {
		glsl: `uniform vec3 ${id}_place; ${smear(id, path)}`,
		uniforms: { [`${id}_place`]: place, [`${id}_taps`]: count },
		update(frame) {
			const [x = 0, y = 0] = valueAt(blur.center, middleOf(box), frame);
			const amount = scalarAt(blur.amount, 10, frame);
			const half = zoom ? amount / 200 : (amount / 2) * DEGREE;
			place.value.set(x, y, half);
			count.value = taps(2 * Math.abs(half) * reach * scale);
		},
	};
}

function channelOf(channel: ChannelJson | undefined, otherwise: string): string {
	const read: Partial<Record<ChannelJson, string>> = {
		CHANNEL_RED: 'straight.r',
		CHANNEL_GREEN: 'straight.g',
		CHANNEL_BLUE: 'straight.b',
		CHANNEL_ALPHA: 'map.a',
		CHANNEL_LUMINANCE: 'dot(straight, LUMINANCE)',
		CHANNEL_RGB: 'dot(straight, LUMINANCE)',
	};
	return read[channel ?? 'CHANNEL_UNSPECIFIED'] ?? otherwise;
}

function displacementMap(map: Kind<'displacementMap'>, id: string, { box, picture }: Surroundings): Around {
	const most = { value: new Vector2() };
	const size = { value: new Vector4(box.left, box.top, box.width, box.height) };
	return {
		glsl: /* glsl */ `
			uniform vec2 ${id}_most; uniform vec4 ${id}_size; uniform sampler2D ${id}_map;
			vec4 effect(vec2 uv) {
				vec2 spot = toPixel(uv);
				vec4 map = texture(${id}_map, clamp((spot - ${id}_size.xy) / ${id}_size.zw, 0.0, 1.0));
				vec3 straight = map.rgb / max(map.a, 1e-4);
				if (map.a < 1e-4) straight = vec3(0.5);
				vec2 moved = (vec2(${channelOf(map.horizontalChannel, 'straight.r')}, ${channelOf(map.verticalChannel, 'straight.g')}) - 0.5) * 2.0;
				vec2 from = spot - moved * ${id}_most;
				${map.wrap ? `from = mod(from - ${id}_size.xy, ${id}_size.zw) + ${id}_size.xy;` : ''}
				return lookAt(from) * within(${id}_size, spot);
			}`,
		uniforms: { [`${id}_most`]: most, [`${id}_size`]: size, [`${id}_map`]: picture(map.layer ?? '') },
		update(frame) {
			most.value.set(scalarAt(map.horizontal, 0, frame), scalarAt(map.vertical, 0, frame));
		},
	};
}

function transform({ transform: given }: Kind<'transform'>, id: string, { box }: Surroundings): Around {
	const back = { value: new Matrix4() };
	const opacity = { value: 1 };
	return {
		glsl: `uniform mat4 ${id}_back; uniform float ${id}_opacity;
			vec4 effect(vec2 uv) { return lookAt((${id}_back * vec4(toPixel(uv), 0.0, 1.0)).xy) * ${id}_opacity; }`,
		uniforms: { [`${id}_back`]: back, [`${id}_opacity`]: opacity },
		update(frame) {
			back.value.copy(localMatrix(given, middleOf(box), middleOf(box), false, frame).invert());
			opacity.value = scalarAt(given?.opacity, 100, frame) / 100;
		},
	};
}

/** Places that a block's mean is taken of, across and down. */
const BLOCK_TAPS = 8;

function mosaic(effect: Kind<'mosaic'>, id: string, { box }: Surroundings): Around {
	const size = { value: new Vector4(box.left, box.top, box.width, box.height) };
	const blocks = { value: new Vector2() };
	const mean = `vec4 sum = vec4(0.0);
			for (int y = 0; y < ${BLOCK_TAPS}; y++) for (int x = 0; x < ${BLOCK_TAPS}; x++)
				sum += lookAt(corner + block * (vec2(x, y) + 0.5) / ${BLOCK_TAPS}.0);
			return sum / ${BLOCK_TAPS * BLOCK_TAPS}.0;`;
	return {
		glsl: /* glsl */ `
			uniform vec4 ${id}_size; uniform vec2 ${id}_blocks;
			vec4 effect(vec2 uv) {
				vec2 block = ${id}_size.zw / ${id}_blocks;
				vec2 spot = toPixel(uv);
				vec2 corner = floor((spot - ${id}_size.xy) / block) * block + ${id}_size.xy;
				${effect.sharpColors ? 'return lookAt(corner + block * 0.5);' : mean}
			}`,
		uniforms: { [`${id}_size`]: size, [`${id}_blocks`]: blocks },
		update(frame) {
			blocks.value.set(
				Math.max(1, scalarAt(effect.horizontalBlocks, 10, frame)),
				Math.max(1, scalarAt(effect.verticalBlocks, 10, frame)),
			);
		},
	};
}

function chromaticAberration(effect: Kind<'chromaticAberration'>, id: string, { box }: Surroundings): Around {
	const way = { value: new Vector4() };
	const shift = effect.direction ? `${id}_way.xy` : `(spot - ${id}_way.zw) * ${id}_way.x`;
	return {
		glsl: /* glsl */ `
			uniform vec4 ${id}_way;
			vec4 effect(vec2 uv) {
				vec2 spot = toPixel(uv), shift = ${shift};
				vec4 red = lookAt(spot - shift), green = look(uv), blue = lookAt(spot + shift);
				return vec4(red.r, green.g, blue.b, max(green.a, max(red.a, blue.a)));
			}`,
		uniforms: { [`${id}_way`]: way },
		update(frame) {
			const distance = scalarAt(effect.distance, 0, frame);
			if (effect.direction) {
				const [x, y] = compass(scalarAt(effect.direction, 0, frame));
				way.value.set(x * distance, y * distance, 0, 0);
			} else {
				way.value.set(distance / (Math.hypot(box.width, box.height) / 2), 0, ...middleOf(box));
			}
		},
	};
}

/** Widest reach of a choker, in the picture's pixels. */
const MOST_CHOKE = 24;

function simpleChoker({ choke }: Kind<'simpleChoker'>, id: string, { scale }: Surroundings): Around {
	const reach = { value: new Vector3() };
	return {
		glsl: /* glsl */ `
			uniform vec3 ${id}_reach; // in the picture's pixels, sign, the layer's pixels per one of them
			vec4 effect(vec2 uv) {
				vec2 spot = toPixel(uv);
				vec4 here = look(uv), best = here;
				int far = int(ceil(${id}_reach.x)) + 1;
				for (int y = -far; y <= far; y++) for (int x = -far; x <= far; x++) {
					// Places on the rim count by the share of them that is within reach.
					float within = clamp(${id}_reach.x + 1.0 - length(vec2(x, y)), 0.0, 1.0);
					vec4 there = lookAt(spot + vec2(x, y) * ${id}_reach.z);
					if (${id}_reach.y > 0.0) there.a = mix(1.0, there.a, within); else there *= within;
					if ((there.a - best.a) * ${id}_reach.y < 0.0) best = there;
				}
				return ${id}_reach.y > 0.0 ? here * (min(best.a, here.a) / max(here.a, 1e-4)) : best;
			}`,
		uniforms: { [`${id}_reach`]: reach },
		update(frame) {
			const wanted = scalarAt(choke, 0, frame);
			reach.value.set(Math.min(Math.abs(wanted) * scale, MOST_CHOKE), wanted < 0 ? -1 : 1, 1 / scale);
		},
	};
}

function offset({ shiftCenterTo }: Kind<'offset'>, id: string, { box }: Surroundings): Around {
	const shift = { value: new Vector2() };
	const size = { value: new Vector4(box.left, box.top, box.width, box.height) };
	return {
		glsl: `uniform vec2 ${id}_shift; uniform vec4 ${id}_size;
			vec4 effect(vec2 uv) {
				vec2 from = mod(toPixel(uv) - ${id}_shift - ${id}_size.xy, ${id}_size.zw) + ${id}_size.xy;
				return texture(before, toUv(from)) * within(${id}_size, toPixel(uv));
			}`,
		uniforms: { [`${id}_shift`]: shift, [`${id}_size`]: size },
		update(frame) {
			const middle = middleOf(box);
			const [x = 0, y = 0] = valueAt(shiftCenterTo, middle, frame);
			shift.value.set(x - middle[0], y - middle[1]);
		},
	};
}

function mirror(effect: Kind<'mirror'>, id: string, { box }: Surroundings): Around {
	const line = { value: new Vector4() };
	return {
		glsl: `uniform vec4 ${id}_line; // a point, and the side that is not shown
			vec4 effect(vec2 uv) {
				vec2 spot = toPixel(uv);
				float beyond = max(dot(spot - ${id}_line.xy, ${id}_line.zw), 0.0);
				return lookAt(spot - 2.0 * beyond * ${id}_line.zw);
			}`,
		uniforms: { [`${id}_line`]: line },
		update(frame) {
			const [x = 0, y = 0] = valueAt(effect.center, middleOf(box), frame);
			const angle = scalarAt(effect.angle, 0, frame) * DEGREE;
			line.value.set(x, y, Math.cos(angle), Math.sin(angle));
		},
	};
}

/** From a quadrilateral's pixels to the unit square (Heckbert 1989): upper left, upper right, lower right, lower left. */
export function fromCorners(corners: readonly (readonly number[])[]): Matrix3 {
	const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = [], [x3 = 0, y3 = 0] = []] = corners;
	const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
	const [sx, sy] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
	const scale = dx1 * dy2 - dx2 * dy1 || 1e-9;
	const g = (sx * dy2 - dx2 * sy) / scale;
	const h = (dx1 * sy - sx * dy1) / scale;
	return new Matrix3()
		.set(x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1)
		.invert();
}

function cornerPin(pin: Kind<'cornerPin'>, id: string, { box }: Surroundings): Around {
	const back = { value: new Matrix3() };
	const size = { value: new Vector4(box.left, box.top, box.width, box.height) };
	return {
		glsl: `uniform mat3 ${id}_back; uniform vec4 ${id}_size;
			vec4 effect(vec2 uv) {
				vec3 place = ${id}_back * vec3(toPixel(uv), 1.0);
				if (place.z <= 0.0) return vec4(0.0);
				vec2 square = place.xy / place.z;
				// Edges are softened in the pixels that are drawn: the corners may be far apart.
				vec2 across = max(vec2(length(vec2(dFdx(square.x), dFdy(square.x))), length(vec2(dFdx(square.y), dFdy(square.y)))), 1e-6);
				vec2 inside = clamp(min(square, 1.0 - square) / across + 0.5, 0.0, 1.0);
				return texture(before, toUv(${id}_size.xy + clamp(square, 0.0, 1.0) * ${id}_size.zw)) * inside.x * inside.y;
			}`,
		uniforms: { [`${id}_back`]: back, [`${id}_size`]: size },
		update(frame) {
			const corners = [pin.upperLeft, pin.upperRight, pin.lowerRight, pin.lowerLeft];
			back.value.copy(fromCorners(corners.map((corner) => valueAt(corner, [0, 0], frame))));
		},
	};
}

function waveWarp(wave: Kind<'waveWarp'>, id: string): Around {
	const way = { value: new Vector4() };
	const phase = { value: 0 };
	return {
		glsl: `uniform vec4 ${id}_way; uniform float ${id}_phase; // direction, height, 1 / width
			vec4 effect(vec2 uv) {
				vec2 spot = toPixel(uv);
				float along = dot(spot, ${id}_way.xy) * ${id}_way.w - ${id}_phase;
				vec2 across = vec2(-${id}_way.y, ${id}_way.x);
				return lookAt(spot + across * ${id}_way.z * sin(6.283185307 * along));
			}`,
		uniforms: { [`${id}_way`]: way, [`${id}_phase`]: phase },
		update(frame) {
			const [x, y] = compass(scalarAt(wave.direction, 90, frame));
			way.value.set(x, y, scalarAt(wave.height, 10, frame), 1 / Math.max(1e-3, scalarAt(wave.width, 40, frame)));
			phase.value = scalarAt(wave.phase, 0, frame) / 360;
		},
	};
}

function twirl(effect: Kind<'twirl'>, id: string, { box }: Surroundings): Around {
	const place = { value: new Vector4() };
	return {
		glsl: `uniform vec4 ${id}_place; // center, radius, angle
			vec4 effect(vec2 uv) {
				vec2 way = toPixel(uv) - ${id}_place.xy;
				float near = max(1.0 - length(way) / ${id}_place.z, 0.0);
				float turn = -${id}_place.w * near * near;
				return lookAt(${id}_place.xy + mat2(cos(turn), sin(turn), -sin(turn), cos(turn)) * way);
			}`,
		uniforms: { [`${id}_place`]: place },
		update(frame) {
			const [x = 0, y = 0] = valueAt(effect.center, middleOf(box), frame);
			place.value.set(
				x,
				y,
				Math.max(1e-3, scalarAt(effect.radius, Math.min(box.width, box.height) / 2, frame)),
				scalarAt(effect.angle, 0, frame) * DEGREE,
			);
		},
	};
}
