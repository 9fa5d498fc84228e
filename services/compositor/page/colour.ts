/** Effects on the colour of a single pixel, with After Effects' formulas. */
import type { ColorJson } from '@fancam/protos/avatar';
import type { ChannelJson, CurvePointJson, CurvesJson, EffectJson, LevelsJson } from '@fancam/protos/effect';
import { DataTexture, type IUniform, LinearFilter, RGBAFormat, UnsignedByteType, Vector3, Vector4 } from 'three';
import { rgb } from './colour-space.js';
import type { Inline } from './effects.js';
import { number, scalarAt } from './timeline.js';

type Kind<K extends keyof EffectJson> = NonNullable<EffectJson[K]>;

/** An inline effect of a few lines; uniforms are named after the effect. */
function small(
	id: string,
	types: Record<string, string>,
	uniforms: Record<string, IUniform>,
	apply: (name: (part: string) => string) => string,
	update: (frame: number) => void = () => undefined,
): Inline {
	const name = (part: string): string => `${id}_${part}`;
	return {
		declare: Object.entries(types)
			.map(([part, type]) => `uniform ${type} ${name(part)};`)
			.join(' '),
		apply: apply(name),
		uniforms: Object.fromEntries(Object.entries(uniforms).map(([part, uniform]) => [name(part), uniform])),
		update,
	};
}

/** A colour of the working space. */
export function paint(color: ColorJson | undefined, linear: boolean, otherwise = 0): Vector3 {
	const display = rgb(color, otherwise);
	if (!linear) return display;
	const decode = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
	return new Vector3(decode(display.x), decode(display.y), decode(display.z));
}

/** Which of red, green and blue a channel means. */
function share(channel: ChannelJson | undefined): Vector3 {
	switch (channel) {
		case 'CHANNEL_RED':
			return new Vector3(1, 0, 0);
		case 'CHANNEL_GREEN':
			return new Vector3(0, 1, 0);
		case 'CHANNEL_BLUE':
			return new Vector3(0, 0, 1);
		case 'CHANNEL_ALPHA':
			return new Vector3();
		default:
			return new Vector3(1, 1, 1);
	}
}

/** The GLSL of an effect on colour alone, or null for any other. */
export function colourEffect(effect: EffectJson, id: string, linear: boolean): Inline | null {
	if (effect.levels) return levels(effect.levels, id);
	if (effect.tint) return tint(effect.tint, id, linear);
	if (effect.curves) return curves(effect.curves, id);
	if (effect.hueSaturation) return hueSaturation(effect.hueSaturation, id);
	if (effect.fill) return fill(effect.fill, id, linear);
	if (effect.invert) return invert(effect.invert, id);
	if (effect.threshold) return threshold(effect.threshold, id);
	if (effect.brightnessContrast) return brightnessContrast(effect.brightnessContrast, id);
	if (effect.exposure) return exposure(effect.exposure, id, linear);
	if (effect.posterize) return posterize(effect.posterize, id);
	if (effect.channelMixer) return channelMixer(effect.channelMixer, id);
	return null;
}

function levels({ inBlack, inWhite, gamma, outBlack, outWhite, channel }: LevelsJson, id: string): Inline {
	const black = number(inBlack);
	const white = number(inWhite) || 1;
	const low = number(outBlack);
	const high = number(outWhite, 1);
	const made = small(
		id,
		{ in: 'vec3', out: 'vec2', on: 'vec3' },
		{
			in: { value: new Vector3(black, 1 / Math.max(white - black, 1e-6), 1 / (number(gamma) || 1)) },
			out: { value: [low, high - low] },
			on: { value: share(channel) },
		},
		(name) => {
			const [given, given_, on] = [name('in'), name('out'), name('on')];
			const stretched = (what: string, type: string): string =>
				`${given_}.x + ${given_}.y * pow(clamp((${what} - ${given}.x) * ${given}.y, 0.0, 1.0), ${type}(${given}.z))`;
			return channel === 'CHANNEL_ALPHA'
				? `alpha = ${stretched('alpha', 'float')};`
				: `rgb = mix(rgb, ${stretched('rgb', 'vec3')}, ${on});`;
		},
	);
	return { ...made, spills: channel === 'CHANNEL_ALPHA' };
}

function tint({ black, white, amount }: Kind<'tint'>, id: string, linear: boolean): Inline {
	const part = { value: 1 };
	return small(
		id,
		{ black: 'vec3', white: 'vec3', amount: 'float' },
		{ black: { value: paint(black, linear, 0) }, white: { value: paint(white, linear, 1) }, amount: part },
		(name) => `rgb = mix(rgb, mix(${name('black')}, ${name('white')}, dot(rgb, LUMINANCE)), ${name('amount')});`,
		(frame) => {
			part.value = scalarAt(amount, 100, frame) / 100;
		},
	);
}

const STEPS = 256;

function curves({ rgb: all, red, green, blue }: CurvesJson, id: string): Inline {
	const table = new Uint8Array(4 * STEPS);
	const [whole, ...single] = [all, red, green, blue].map(spline) as [Curve, Curve, Curve, Curve];
	for (let step = 0; step < STEPS; step++) {
		for (const [channel, curve] of single.entries()) {
			table[4 * step + channel] = Math.round(255 * whole(curve(step / (STEPS - 1))));
		}
	}
	const texture = new DataTexture(table, STEPS, 1, RGBAFormat, UnsignedByteType);
	texture.minFilter = LinearFilter;
	texture.magFilter = LinearFilter;
	texture.needsUpdate = true;
	return small(id, { table: 'sampler2D' }, { table: { value: texture } }, (name) => {
		const look = (channel: string): string =>
			`texture(${name('table')}, vec2((clamp(rgb.${channel}, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).${channel}`;
		return `rgb = vec3(${look('r')}, ${look('g')}, ${look('b')});`;
	});
}

type Curve = (value: number) => number;

/** A natural cubic spline through points, held at its ends and between 0 and 1; of fewer than two points, the identity. */
export function spline(points: readonly CurvePointJson[] | undefined): Curve {
	const sorted = (points ?? [])
		.map((point): [number, number] => [number(point.in), number(point.out)])
		.toSorted(([a], [b]) => a - b)
		.filter(([at], index, all) => index === 0 || at > (all[index - 1]?.[0] ?? 0));
	const count = sorted.length;
	if (count < 2) return (value) => value;
	const x = sorted.map(([at]) => at);
	const y = sorted.map(([, to]) => to);
	const at = (list: readonly number[], index: number): number => list[index] ?? 0;
	// Second derivatives by the tridiagonal system of the natural spline.
	const bend = new Array<number>(count).fill(0);
	const carry = new Array<number>(count).fill(0);
	for (let index = 1; index < count - 1; index++) {
		const share = (at(x, index) - at(x, index - 1)) / (at(x, index + 1) - at(x, index - 1));
		const pivot = share * at(bend, index - 1) + 2;
		const slope =
			(at(y, index + 1) - at(y, index)) / (at(x, index + 1) - at(x, index)) -
			(at(y, index) - at(y, index - 1)) / (at(x, index) - at(x, index - 1));
		bend[index] = (share - 1) / pivot;
		carry[index] = ((6 * slope) / (at(x, index + 1) - at(x, index - 1)) - share * at(carry, index - 1)) / pivot;
	}
	bend[count - 1] = 0;
	for (let index = count - 2; index >= 0; index--)
		bend[index] = at(bend, index) * at(bend, index + 1) + at(carry, index);
	bend[0] = 0;
	return (value) => {
		if (value <= at(x, 0)) return clamped(at(y, 0));
		if (value >= at(x, count - 1)) return clamped(at(y, count - 1));
		const next = x.findIndex((edge) => edge > value);
		const width = at(x, next) - at(x, next - 1);
		const [b, a] = [(value - at(x, next - 1)) / width, (at(x, next) - value) / width];
		return clamped(
			a * at(y, next - 1) +
				b * at(y, next) +
				(((a ** 3 - a) * at(bend, next - 1) + (b ** 3 - b) * at(bend, next)) * width ** 2) / 6,
		);
	};
}

function clamped(value: number): number {
	return Math.min(1, Math.max(0, value));
}

function hueSaturation({ hue, saturation, lightness, colorize }: Kind<'hueSaturation'>, id: string): Inline {
	const shift = { value: new Vector3() };
	return small(
		id,
		{ shift: 'vec3' },
		{ shift },
		(name) => `{
			float most = max(rgb.r, max(rgb.g, rgb.b)), least = min(rgb.r, min(rgb.g, rgb.b));
			float spread = most - least, light = (most + least) * 0.5;
			float hue = 0.0, sat = spread > 1e-5 ? spread / (1.0 - abs(2.0 * light - 1.0) + 1e-6) : 0.0;
			if (spread > 1e-5) {
				hue = most == rgb.r ? (rgb.g - rgb.b) / spread
					: most == rgb.g ? (rgb.b - rgb.r) / spread + 2.0 : (rgb.r - rgb.g) / spread + 4.0;
				hue /= 6.0;
			}
			${
				colorize
					? `hue = ${name('shift')}.x; sat = ${name('shift')}.y;`
					: `hue += ${name('shift')}.x; sat = clamp(sat * (1.0 + ${name('shift')}.y), 0.0, 1.0);`
			}
			vec3 wheel = clamp(abs(mod(hue * 6.0 + vec3(0.0, 4.0, 2.0), 6.0) - 3.0) - 1.0, 0.0, 1.0);
			rgb = light + sat * (wheel - 0.5) * (1.0 - abs(2.0 * light - 1.0));
			rgb = ${name('shift')}.z < 0.0 ? rgb * (1.0 + ${name('shift')}.z) : mix(rgb, vec3(1.0), ${name('shift')}.z);
		}`,
		(frame) => {
			shift.value.set(
				scalarAt(hue, 0, frame) / 360,
				scalarAt(saturation, 0, frame) / 100,
				scalarAt(lightness, 0, frame) / 100,
			);
		},
	);
}

function fill({ color, opacity }: Kind<'fill'>, id: string, linear: boolean): Inline {
	const part = { value: 1 };
	return small(
		id,
		{ color: 'vec3', opacity: 'float' },
		{ color: { value: paint(color, linear) }, opacity: part },
		(name) => `rgb = mix(rgb, ${name('color')}, ${name('opacity')});`,
		(frame) => {
			part.value = scalarAt(opacity, 100, frame) / 100;
		},
	);
}

function invert({ channel, blendWithOriginal }: Kind<'invert'>, id: string): Inline {
	const part = { value: 1 };
	const made = small(
		id,
		{ part: 'float', on: 'vec3' },
		{ part, on: { value: share(channel) } },
		(name) =>
			channel === 'CHANNEL_ALPHA'
				? `alpha = mix(alpha, 1.0 - alpha, ${name('part')});`
				: `rgb = mix(rgb, 1.0 - rgb, ${name('part')} * ${name('on')});`,
		(frame) => {
			part.value = 1 - scalarAt(blendWithOriginal, 0, frame) / 100;
		},
	);
	return { ...made, spills: channel === 'CHANNEL_ALPHA' };
}

function threshold({ level }: Kind<'threshold'>, id: string): Inline {
	const edge = { value: 0.5 };
	return small(
		id,
		{ edge: 'float' },
		{ edge },
		(name) => `rgb = vec3(step(${name('edge')}, dot(rgb, LUMINANCE)));`,
		(frame) => {
			edge.value = scalarAt(level, 128, frame) / 255 - 1e-4;
		},
	);
}

function brightnessContrast({ brightness, contrast }: Kind<'brightnessContrast'>, id: string): Inline {
	const change = { value: [0, 1] };
	return small(
		id,
		{ change: 'vec2' },
		{ change },
		(name) => `rgb = clamp((rgb + ${name('change')}.x - 0.5) * ${name('change')}.y + 0.5, 0.0, 1.0);`,
		(frame) => {
			change.value = [scalarAt(brightness, 0, frame) / 100, 1 + scalarAt(contrast, 0, frame) / 100];
		},
	);
}

function exposure({ exposure: stops, offset, gamma }: Kind<'exposure'>, id: string, linear: boolean): Inline {
	const change = { value: new Vector3(1, 0, 1) };
	const { decode, encode } = linear
		? { decode: 'rgb', encode: 'lit' }
		: {
				decode: 'mix(rgb / 12.92, pow((max(rgb, 0.0) + 0.055) / 1.055, vec3(2.4)), step(0.04045, rgb))',
				encode: 'mix(12.92 * lit, 1.055 * pow(min(lit, 1.0), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, lit))',
			};
	return small(
		id,
		{ change: 'vec3' },
		{ change },
		(name) => `{
			vec3 lit = max((${decode}) * ${name('change')}.x + ${name('change')}.y, 0.0);
			lit = pow(lit, vec3(${name('change')}.z));
			rgb = ${encode};
		}`,
		(frame) => {
			change.value.set(
				2 ** scalarAt(stops, 0, frame),
				scalarAt(offset, 0, frame),
				1 / (scalarAt(gamma, 1, frame) || 1),
			);
		},
	);
}

function posterize({ levels: count }: Kind<'posterize'>, id: string): Inline {
	const steps = { value: 7 };
	return small(
		id,
		{ steps: 'float' },
		{ steps },
		(name) =>
			`rgb = min(floor(clamp(rgb, 0.0, 1.0) * ${name('steps')}), ${name('steps')} - 1.0) / (${name('steps')} - 1.0);`,
		(frame) => {
			steps.value = Math.max(2, Math.round(scalarAt(count, 7, frame)));
		},
	);
}

function channelMixer({ red, green, blue }: Kind<'channelMixer'>, id: string): Inline {
	const row = (given: readonly (number | string)[] | undefined, own: number): Vector4 => {
		const percent = given?.length
			? given.map((part) => number(part))
			: [0, 1, 2].map((axis) => (axis === own ? 100 : 0));
		return new Vector4(...[0, 1, 2, 3].map((axis) => (percent[axis] ?? 0) / 100));
	};
	return small(
		id,
		{ rows: 'vec4[3]' },
		{ rows: { value: [row(red, 0), row(green, 1), row(blue, 2)] } },
		(name) => `{
			vec4 given = vec4(rgb, 1.0);
			rgb = clamp(vec3(dot(${name('rows')}[0], given), dot(${name('rows')}[1], given), dot(${name('rows')}[2], given)), 0.0, 1.0);
		}`,
	);
}
