/** The effects of one layer in order: those that look around run as passes beforehand, the rest joins the layer's own pass. */
import type { EffectJson } from '@fancam/protos/effect';
import { MipmapBlurPass } from 'postprocessing';
import { Color, type Texture, UnsignedByteType, Vector2, type WebGLRenderTarget } from 'three';
import { Brush, canvas, filling, type Input, type Look, type Studio, textured, UNIT } from './brush.js';
import { glowing, type Inline, inline, threshold } from './effects.js';
import type { Box } from './space.js';
import { number, scalarAt, valueAt } from './timeline.js';

const PLAIN: Look = { mode: 'replace', matte: 'MATTE_KIND_UNSPECIFIED', edges: false };
const TRANSPARENT = new Color(0, 0, 0);

/** Widest deviation that the kernel holds, in its own pixels; wider blurs run on smaller copies. */
const WIDEST_DEVIATION = 4;
/** Pairs of taps on each side of the kernel: three deviations. */
const PAIRS = 6;
/** How far a layer's glow may reach beyond its box, as a share of the box's shorter side. */
const GLOW_REACH = 0.35;

/** A step that runs before the layer's own pass. */
type Step = (frame: number) => void;

/** The effects of a layer, ready to run. */
export class Chain {
	/** What the layer's own pass reads, and does to what it reads. */
	readonly input: Input;
	readonly inlines: Inline[] = [];
	/** The layer's box, grown by what its effects spill. */
	readonly box: Box;
	readonly #studio: Studio;
	readonly #steps: Step[] = [];
	readonly #disposables: { dispose(): void }[] = [];

	/**
	 * @param input The layer's picture, or for an adjustment the picture below it.
	 * @param screen An adjustment's picture below, which lies where the output lies; null for a layer of its own.
	 * @param scale Pixels that a pixel of the layer is worth while effects look around.
	 */
	constructor(
		studio: Studio,
		input: Input,
		box: Box,
		effects: readonly EffectJson[],
		screen: { texture: { value: Texture | null }; width: number; height: number } | null,
		scale: number,
	) {
		this.#studio = studio;
		let current = input;
		this.box = screen ? box : grown(box, effects);
		// What a shader that does not write to the output reads in place of `current`.
		let source = screen ? textured(screen.texture, true) : null;
		let size = screen ?? { width: this.box.width * scale, height: this.box.height * scale };
		size = { width: Math.ceil(size.width), height: Math.ceil(size.height) };
		const where = screen ? 'gl_FragCoord.xy / outputSize' : 'uv';
		for (const [index, effect] of effects.entries()) {
			const id = `effect${index}`;
			const simple = inline(effect, id);
			if (simple) {
				this.inlines.push(simple);
				continue;
			}
			if (!source || (effect.gaussianBlur && this.inlines.length)) {
				const flat = this.#flatten(source ?? current, source ? UNIT : box, source ? UNIT : this.box, size);
				source = textured({ value: flat.texture }, input.opaque && screen !== null);
				current = screen ? textured({ value: flat.texture }, true, where) : source;
				this.inlines.length = 0;
			}
			if (effect.bloom) {
				const glow = this.#glow(effect.bloom, source, size, id);
				this.inlines.push(glowing(effect.bloom, () => glow, where, id));
			} else if (effect.gaussianBlur) {
				const blurred = this.#blur(effect.gaussianBlur, source, size, scale);
				source = textured(blurred, source.opaque);
				current = screen ? textured(blurred, true, where) : source;
			}
		}
		this.input = current;
	}

	/** Run what comes before the layer's own pass. */
	run(frame: number): void {
		for (const step of this.#steps) step(frame);
	}

	dispose(): void {
		for (const held of this.#disposables) held.dispose();
	}

	#keep<T extends { dispose(): void }>(held: T): T {
		this.#disposables.push(held);
		return held;
	}

	#brush(input: Input, inlines: readonly Inline[], look: Look = PLAIN): Brush {
		return this.#keep(new Brush(input, inlines, look, this.#studio.outputSize));
	}

	/** The input with the effects so far, as a picture of its own. */
	#flatten(input: Input, box: Box, room: Box, size: { width: number; height: number }): WebGLRenderTarget {
		const target = this.#keep(canvas(size.width, size.height));
		const brush = this.#brush(input, [...this.inlines], { ...PLAIN, edges: box !== UNIT });
		const pass = { toClip: filling(room), box, margin: room.width / size.width, opacity: 1 };
		this.#steps.push((frame) => {
			if (box !== UNIT) this.#studio.wash(target, TRANSPARENT, 0);
			brush.set(frame, box === UNIT ? { ...pass, margin: 0 } : pass);
			this.#studio.paint(brush, target);
		});
		return target;
	}

	/** What is bright, at half the size, blurred by `postprocessing`. */
	#glow(
		bloom: NonNullable<EffectJson['bloom']>,
		input: Input,
		size: { width: number; height: number },
		id: string,
	): Texture {
		const half = this.#keep(canvas(size.width / 2, size.height / 2));
		const bright = this.#brush({ ...input }, [...this.inlines, threshold(bloom, `${id}_edges`)]);
		const blur = this.#keep(new MipmapBlurPass());
		blur.levels = Math.max(2, Math.round(Math.log2(Math.min(half.width, half.height)) - 2.5));
		blur.radius = 0.5 + 0.45 * Math.min(1, Math.max(0, number(bloom.radius)));
		blur.setSize(half.width, half.height);
		blur.initialize(this.#studio.renderer, true, UnsignedByteType);
		this.#steps.push((frame) => {
			bright.set(frame, { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1 });
			this.#studio.paint(bright, half);
			blur.render(this.#studio.renderer, half, null);
		});
		return blur.texture;
	}

	/** A Gaussian blur in two passes, on a copy that is halved until the kernel is wide enough. */
	#blur(
		effect: NonNullable<EffectJson['gaussianBlur']>,
		input: Input,
		size: { width: number; height: number },
		scale: number,
	): { value: Texture | null } {
		const result = { value: null as Texture | null };
		const original = input.uniforms.picture as { value: Texture | null };
		const read = { value: null as Texture | null };
		const taps = Array.from({ length: PAIRS + 1 }, () => new Vector2());
		const direction = new Vector2();
		const copy = this.#brush(textured(read, false), []);
		const kernel = this.#brush(
			{
				glsl: /* glsl */ `
					uniform sampler2D picture;
					uniform vec2 taps[${PAIRS + 1}]; // distance in texels, weight
					uniform vec2 direction;
					vec4 fetch(vec2 uv) {
						vec4 sum = texture(picture, uv) * taps[0].y;
						for (int i = 1; i <= ${PAIRS}; i++) {
							vec2 away = direction * taps[i].x;
							sum += (texture(picture, uv + away) + texture(picture, uv - away)) * taps[i].y;
						}
						return sum;
					}`,
				uniforms: { picture: read, taps: { value: taps }, direction: { value: direction } },
				opaque: false,
			},
			[],
		);
		const levels: [WebGLRenderTarget, WebGLRenderTarget][] = [];
		const level = (number: number): [WebGLRenderTarget, WebGLRenderTarget] => {
			levels[number] ??= [0, 1].map(() => this.#keep(canvas(size.width / 2 ** number, size.height / 2 ** number))) as [
				WebGLRenderTarget,
				WebGLRenderTarget,
			];
			return levels[number];
		};
		const pass = { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1 };
		this.#steps.push((frame) => {
			const deviation = scalarAt(effect.radiusPx, 0, frame) * scale;
			result.value = original.value;
			if (deviation < 0.05) return;
			const halvings = Math.max(0, Math.ceil(Math.log2(deviation / WIDEST_DEVIATION)));
			for (let step = 1; step <= halvings; step++) {
				read.value = result.value;
				copy.set(frame, pass);
				this.#studio.paint(copy, level(step)[0]);
				result.value = level(step)[0].texture;
			}
			weigh(taps, deviation / 2 ** halvings);
			const [first, second] = level(halvings);
			// The way there goes through `second`, as `first` may be what is read.
			for (const [target, x, y] of [
				[second, 1 / second.width, 0],
				[first, 0, 1 / first.height],
			] as const) {
				read.value = result.value;
				direction.set(x, y);
				kernel.set(frame, pass);
				this.#studio.paint(kernel, target);
				result.value = target.texture;
			}
		});
		return result;
	}
}

/** Distances and weights of a Gaussian whose taps are read two at a time, between texels. */
function weigh(taps: Vector2[], deviation: number): void {
	const weight = (distance: number): number => Math.exp(-(distance ** 2) / (2 * deviation ** 2));
	let sum = 1;
	for (let pair = 1; pair < taps.length; pair++) {
		const near = weight(2 * pair - 1);
		const far = weight(2 * pair);
		taps[pair]?.set(near + far > 0 ? 2 * pair - 1 + far / (near + far) : 2 * pair - 1, near + far);
		sum += 2 * (near + far);
	}
	taps[0]?.set(0, 1);
	for (const tap of taps) tap.y /= sum;
}

/** A box with room for what effects spill over its edges. */
function grown(box: Box, effects: readonly EffectJson[]): Box {
	let reach = 0;
	for (const { bloom, gaussianBlur } of effects) {
		if (bloom) reach += GLOW_REACH * Math.min(box.width, box.height);
		if (gaussianBlur) {
			const keyframes = gaussianBlur.radiusPx?.keyframes ?? [];
			const radii = [
				...valueAt(gaussianBlur.radiusPx, [0], 0),
				...keyframes.map((keyframe) => number(keyframe.value?.[0])),
			];
			reach += 3 * Math.max(...radii);
		}
	}
	reach = Math.ceil(reach);
	return {
		left: box.left - reach,
		top: box.top - reach,
		width: box.width + 2 * reach,
		height: box.height + 2 * reach,
	};
}
