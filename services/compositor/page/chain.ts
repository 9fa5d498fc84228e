/**
 * The effects of one layer in order: those that look around run as passes beforehand, the rest joins the layer's own pass.
 *
 * A picture that effects look at has its top in its first row, also the one below an adjustment, which the output holds the
 * other way up. What has not changed since the frame before is not drawn again.
 */
import type { EffectJson } from '@fancam/protos/effect';
import type { MaskJson } from '@fancam/protos/shot';
import { CanvasTexture, Color, HalfFloatType, type Texture, UnsignedByteType, type WebGLRenderTarget } from 'three';
import { BloomBlur } from './bloom.js';
import { GaussianBlur, PLAIN } from './blur.js';
import { Brush, filling, type Input, type Look, type Studio, textured, UNIT } from './brush.js';
import { colourEffect, paint } from './colour.js';
import { around, aroundEffect, type Surroundings } from './distort.js';
import { glowing, grain, type Inline, threshold, vignette } from './effects.js';
import { placeEffect } from './generate.js';
import { contourOf, lengthOf, penPath, stretchOf } from './paths.js';
import { grown } from './reach.js';
import { plain } from './source.js';
import type { Box } from './space.js';
import { number, pathAt, Signature, scalarAt } from './timeline.js';

const TRANSPARENT = new Color(0, 0, 0);

/** A step that runs before the layer's own pass. */
type Step = (frame: number) => void | Promise<void>;

/** What a chain needs of the composition around it. */
export interface Setting {
	/** An adjustment's picture below, which lies where the output lies; null for a layer of its own. */
	screen: { texture: { value: Texture | null }; width: number; height: number; opaque: boolean } | null;
	/** Pixels that a pixel of the layer is worth while effects look around. */
	scale: number;
	/** Frames on which the layer is seen. */
	span: readonly [number, number];
	masks: readonly MaskJson[];
	/** Another layer's picture, before its effects. */
	picture(layer: string): { value: Texture | null };
	/** Put the layer's picture of another frame on the GPU; false when it shows nothing. */
	show(frame: number): Promise<boolean>;
	/** What the layer's picture is a picture of: equal while it stays. */
	version(): string;
}

/** The effects of a layer, ready to run. */
export class Chain {
	/** What the layer's own pass reads, and does to what it reads. */
	readonly input: Input;
	readonly inlines: Inline[] = [];
	/** The layer's box, grown by what its effects spill. */
	readonly box: Box;
	readonly #studio: Studio;
	readonly #setting: Setting;
	readonly #steps: Step[] = [];
	readonly #disposables: { dispose(): void }[] = [];
	readonly #signature: Signature;
	readonly #size: { width: number; height: number };
	/** The layer's box without what effects spill. */
	readonly #own: Box;
	/** What comes before the next effect; `#texture` where it is a texture over `box`, its top first. */
	#current: Input;
	#texture: { value: Texture | null } | null = null;
	/** Where `#current` lies: the layer's own box until it is flat. */
	#room: Box;
	#done: string | null = null;
	/** Whether pictures differ from frame to frame although nothing in the layer moves. */
	readonly #timed: boolean;

	/** @param input The layer's picture, or for an adjustment the picture below it. */
	constructor(studio: Studio, input: Input, box: Box, effects: readonly EffectJson[], setting: Setting) {
		this.#studio = studio;
		this.#setting = setting;
		this.#own = box;
		this.#signature = new Signature([effects, setting.masks]);
		this.#timed =
			setting.screen !== null || effects.some(({ echo, grain, displacementMap }) => echo || grain || displacementMap);
		const { screen, scale, span } = setting;
		this.box = screen ? box : grown(box, effects, span);
		const size = screen ?? { width: this.box.width * scale, height: this.box.height * scale };
		this.#size = { width: Math.max(1, Math.ceil(size.width)), height: Math.max(1, Math.ceil(size.height)) };
		this.#current = input;
		this.#room = box;
		const last = effects.findLastIndex(({ echo }) => echo !== undefined);
		if (last >= 0) this.#echo(effects[last]?.echo ?? {}, input, effects.slice(0, last));
		for (const [index, effect] of effects.slice(last + 1).entries()) this.#add(effect, `effect${index}`);
		this.input = this.#current;
	}

	/** Run what comes before the layer's own pass; what did not change is left. */
	async run(frame: number): Promise<void> {
		if (!this.#steps.length) return;
		const wanted = `${this.#setting.version()} ${this.#signature.at(frame)}`;
		if (!this.#timed && wanted === this.#done) return;
		for (const step of this.#steps) {
			const running = step(frame);
			if (running) await running;
		}
		this.#done = wanted;
	}

	dispose(): void {
		for (const held of this.#disposables) held.dispose();
	}

	#add(effect: EffectJson, id: string): void {
		const linear = this.#studio.linear;
		const simple =
			colourEffect(effect, id, linear) ??
			placeEffect(effect, id, this.#own, linear) ??
			(effect.grain && grain(number(effect.grain.amount), id)) ??
			(effect.vignette && vignette(effect.vignette, id));
		if (simple) this.inlines.push(simple);
		else if (effect.bloom) this.#bloom(effect.bloom, id);
		else if (effect.gaussianBlur) this.#blur(effect.gaussianBlur);
		else if (effect.glow) this.#glow(effect.glow);
		else if (effect.dropShadow) this.#dropShadow(effect.dropShadow);
		else if (effect.unsharpMask) this.#unsharpMask(effect.unsharpMask);
		else if (effect.stroke) this.#stroke(effect.stroke, id);
		else this.#around(effect, id);
	}

	#keep<T extends { dispose(): void }>(held: T): T {
		this.#disposables.push(held);
		return held;
	}

	#brush(input: Input, inlines: readonly Inline[] = [], look: Look = PLAIN): Brush {
		return this.#keep(new Brush(this.#studio, input, inlines, look));
	}

	/** The place in the picture, 0-1 from its top left, that is drawn now. */
	get #where(): string {
		return this.#setting.screen ? 'vec2(spot.x, outputSize.y - spot.y) / outputSize' : 'uv';
	}

	/** What a pass over all of `box` reads in place of `#current`, which may be the output at the very pixel. */
	get #readable(): Input {
		const { screen } = this.#setting;
		if (this.#texture) return textured(this.#texture, this.#current.opaque);
		return screen ? textured(screen.texture, screen.opaque, 'vec2(uv.x, 1.0 - uv.y)') : this.#current;
	}

	/** Everything so far as a picture over `box`. */
	#flat(): { value: Texture | null } {
		if (this.#texture && !this.inlines.length) return this.#texture;
		const target = this.#keep(this.#studio.canvas(this.#size.width, this.#size.height));
		// Until it is flat, a layer is drawn from its own box into the grown one.
		const placed = !this.#texture && !this.#setting.screen;
		const smaller = placed && this.#room !== this.box;
		const brush = this.#brush(this.#readable, [...this.inlines], { ...PLAIN, edges: smaller });
		const pass = placed
			? { toClip: filling(this.box), box: this.#room, margin: smaller ? this.box.width / this.#size.width : 0 }
			: { toClip: filling(UNIT), box: UNIT, margin: 0, region: this.box };
		this.#steps.push((frame) => {
			if (smaller) this.#studio.wash(target, TRANSPARENT, 0);
			brush.set(frame, { ...pass, opacity: 1 });
			this.#studio.paint(brush, target);
		});
		this.#become({ value: target.texture }, this.#current.opaque && !smaller);
		return this.#texture ?? { value: null };
	}

	/** Go on from a picture over `box`. */
	#become(texture: { value: Texture | null }, opaque: boolean): void {
		this.#texture = texture;
		this.#room = this.box;
		this.#current = textured(texture, opaque, this.#where);
		this.inlines.length = 0;
	}

	/** Go on from GLSL that defines `vec4 effect(vec2 uv)` over `box`. */
	#from(glsl: string, uniforms: Input['uniforms'], opaque = false): void {
		this.#texture = null;
		this.#room = this.box;
		const read = this.#where;
		this.#current = { glsl: `${glsl} vec4 fetch(vec2 uv) { return effect(${read}); }`, uniforms, opaque };
		this.inlines.length = 0;
		if (!this.#setting.screen) return;
		// The next pass over an adjustment's picture does not lie where the output lies.
		const target = this.#keep(this.#studio.canvas(this.#size.width, this.#size.height));
		const brush = this.#brush({ glsl: `${glsl} vec4 fetch(vec2 uv) { return effect(uv); }`, uniforms, opaque });
		const pass = { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1, region: this.box };
		this.#steps.push((frame) => {
			brush.set(frame, pass);
			this.#studio.paint(brush, target);
		});
		this.#become({ value: target.texture }, opaque);
	}

	#around(effect: EffectJson, id: string): void {
		const { screen, scale, picture } = this.#setting;
		const where: Surroundings = { box: this.#own, room: this.box, scale, picture };
		const found = aroundEffect(effect, id, where);
		if (!found) return; // it acts on the layer's time, see composition.ts
		const before = this.#flat();
		this.#steps.push((frame) => found.update(frame));
		const { left, top, width, height } = this.box;
		this.#from(
			`${around(screen !== null)} ${found.glsl}`,
			{ ...found.uniforms, before, room: { value: [left, top, width, height] } },
			(screen?.opaque ?? false) && !effect.transform && !effect.cornerPin,
		);
	}

	/** What is bright, at half the size, blurred by `postprocessing`. */
	#bloom(bloom: NonNullable<EffectJson['bloom']>, id: string): void {
		if (!this.#setting.screen) this.#flat();
		const { width, height } = this.#size;
		const half = this.#keep(this.#studio.canvas(width / 2, height / 2));
		const bright = this.#brush(this.#readable, [...this.inlines, threshold(bloom, `${id}_edges`)]);
		const blur = this.#keep(new BloomBlur());
		blur.levels = Math.max(2, Math.round(Math.log2(Math.min(half.width, half.height)) - 2.5));
		blur.radius = 0.5 + 0.45 * Math.min(1, Math.max(0, number(bloom.radius)));
		blur.setSize(half.width, half.height);
		blur.initialize(this.#studio.renderer, true, this.#studio.linear ? HalfFloatType : UnsignedByteType);
		this.#steps.push((frame) => {
			bright.set(frame, { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1, region: this.box });
			this.#studio.paint(bright, half);
			blur.render(this.#studio.renderer, half, null);
		});
		this.inlines.push(glowing(bloom, () => blur.texture, this.#where, id));
	}

	/** A blurred copy of everything so far, by a deviation in the layer's pixels that may change. */
	#blurred(deviation: (frame: number) => number): { value: Texture | null } {
		const { screen, scale } = this.#setting;
		const raw = screen !== null && !this.#texture && !this.inlines.length ? screen.texture : null;
		const original = raw ?? this.#flat();
		const blur = this.#keep(new GaussianBlur(this.#studio, this.#size));
		const result = { value: null as Texture | null };
		this.#steps.push((frame) => {
			result.value = blur.run(original.value, deviation(frame) * scale, raw !== null);
		});
		return result;
	}

	#blur({ radiusPx }: NonNullable<EffectJson['gaussianBlur']>): void {
		const blurred = this.#blurred((frame) => scalarAt(radiusPx, 0, frame));
		this.#become(blurred, this.#setting.screen?.opaque ?? false);
	}

	#glow(glow: NonNullable<EffectJson['glow']>): void {
		const before = this.#flat();
		const { scale, screen } = this.#setting;
		const bright = this.#keep(this.#studio.canvas(this.#size.width, this.#size.height));
		const edge = { value: 0.6 };
		const picked = this.#brush({
			glsl: /* glsl */ `
				uniform sampler2D before; uniform float edge;
				vec4 fetch(vec2 uv) {
					vec4 c = texture(before, uv);
					float most = max(c.r, max(c.g, c.b)) / max(c.a, 1e-4);
					return c * clamp((most - edge) / max(1.0 - edge, 1e-3), 0.0, 1.0);
				}`,
			uniforms: { before, edge },
			opaque: false,
		});
		const blur = this.#keep(new GaussianBlur(this.#studio, this.#size));
		const light = { value: null as Texture | null };
		const intensity = { value: 1 };
		this.#steps.push((frame) => {
			edge.value = scalarAt(glow.threshold, 60, frame) / 100;
			intensity.value = scalarAt(glow.intensity, 1, frame);
			picked.set(frame, { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1 });
			this.#studio.paint(picked, bright);
			light.value = blur.run(bright.texture, (scalarAt(glow.radius, 10, frame) / 2) * scale, false);
		});
		this.#from(
			/* glsl */ `
				uniform sampler2D before, light; uniform float intensity;
				vec4 effect(vec2 uv) {
					vec4 c = texture(before, uv), l = texture(light, uv) * intensity;
					float alpha = clamp(c.a + l.a, 0.0, 1.0);
					return vec4(min(c.rgb + l.rgb, alpha), alpha);
				}`,
			{ before, light, intensity },
			screen?.opaque ?? false,
		);
	}

	#dropShadow(shadow: NonNullable<EffectJson['dropShadow']>): void {
		const before = this.#flat();
		const soft = this.#blurred((frame) => scalarAt(shadow.softness, 0, frame) / 2);
		const away = { value: [0, 0] };
		const tone = { value: [0, 0, 0, 0.5] };
		const colour = paint(shadow.color, this.#studio.linear);
		this.#steps.push((frame) => {
			const angle = (scalarAt(shadow.direction, 135, frame) * Math.PI) / 180;
			const distance = scalarAt(shadow.distance, 5, frame);
			away.value = [(Math.sin(angle) * distance) / this.box.width, (-Math.cos(angle) * distance) / this.box.height];
			tone.value = [colour.x, colour.y, colour.z, scalarAt(shadow.opacity, 50, frame) / 100];
		});
		this.#from(
			/* glsl */ `
				uniform sampler2D before, soft; uniform vec2 away; uniform vec4 tone;
				vec4 effect(vec2 uv) {
					float shade = texture(soft, uv - away).a * tone.a;
					vec4 c = texture(before, uv);
					return ${shadow.shadowOnly ? 'vec4(tone.rgb, 1.0) * shade' : 'c + vec4(tone.rgb, 1.0) * shade * (1.0 - c.a)'};
				}`,
			{ before, soft, away, tone },
		);
	}

	#unsharpMask(mask: NonNullable<EffectJson['unsharpMask']>): void {
		const before = this.#flat();
		const soft = this.#blurred((frame) => scalarAt(mask.radius, 1, frame));
		const amount = { value: 0 };
		this.#steps.push((frame) => {
			amount.value = scalarAt(mask.amount, 50, frame) / 100;
		});
		this.#from(
			/* glsl */ `
				uniform sampler2D before, soft; uniform float amount;
				vec4 effect(vec2 uv) {
					vec4 c = texture(before, uv);
					return vec4(clamp(c.rgb + (c.rgb - texture(soft, uv).rgb) * amount, 0.0, c.a), c.a);
				}`,
			{ before, soft, amount },
			this.#setting.screen?.opaque ?? false,
		);
	}

	/** Masks' paths, stroked by a canvas and laid over the layer. */
	#stroke(stroke: NonNullable<EffectJson['stroke']>, id: string): void {
		const { left, top, width, height } = this.box;
		const masks = this.#setting.masks.filter(({ name }) => !stroke.mask || name === stroke.mask);
		const canvas = new OffscreenCanvas(this.#size.width, this.#size.height);
		const pen = canvas.getContext('2d', { willReadFrequently: true });
		if (!pen) throw new Error('this browser draws no strokes');
		const texture = this.#keep(plain(new CanvasTexture(canvas)));
		const signature = new Signature([stroke, masks]);
		let drawn: string | null = null;
		this.#steps.push((frame) => {
			const wanted = signature.at(frame);
			if (wanted === drawn) return;
			drawn = wanted;
			pen.resetTransform();
			pen.clearRect(0, 0, canvas.width, canvas.height);
			pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
			pen.translate(-left, -top);
			pen.strokeStyle = 'white';
			pen.lineCap = 'round';
			pen.lineJoin = 'round';
			pen.lineWidth = scalarAt(stroke.brushSize, 2, frame);
			const [start, end] = [scalarAt(stroke.start, 0, frame) / 100, scalarAt(stroke.end, 100, frame) / 100];
			for (const mask of masks) {
				const contour = contourOf(pathAt(mask.path, frame));
				const whole = lengthOf(contour);
				if (end > start) pen.stroke(penPath([stretchOf(contour, start * whole, end * whole)]));
			}
			texture.needsUpdate = true;
		});
		const opacity = { value: 1 };
		this.inlines.push({
			declare: `uniform sampler2D ${id}_line; uniform vec3 ${id}_color; uniform float ${id}_opacity;`,
			apply: `{
				float over = texture(${id}_line, (pixel - vec2(${left.toFixed(3)}, ${top.toFixed(3)})) / vec2(${width.toFixed(3)}, ${height.toFixed(3)})).a * ${id}_opacity;
				float all = over + ${stroke.onTransparent ? '0.0' : 'alpha * (1.0 - over)'};
				rgb = (${id}_color * over + ${stroke.onTransparent ? 'vec3(0.0)' : 'rgb * alpha * (1.0 - over)'}) / max(all, 1e-4);
				alpha = all;
			}`,
			uniforms: {
				[`${id}_line`]: { value: texture },
				[`${id}_color`]: { value: paint(stroke.color, this.#studio.linear, 1) },
				[`${id}_opacity`]: opacity,
			},
			spills: true,
			update(frame) {
				opacity.value = scalarAt(stroke.opacity, 100, frame) / 100;
			},
		});
	}

	/** The layer's pictures of other frames, with the effects before this one, over its present one. */
	#echo(echo: NonNullable<EffectJson['echo']>, input: Input, effects: readonly EffectJson[]): void {
		const { show } = this.#setting;
		const inner = this.#keep(new Chain(this.#studio, input, this.#own, effects, this.#setting));
		const targets = [0, 1].map(() => this.#keep(this.#studio.canvas(this.#size.width, this.#size.height)));
		const [sum, other] = targets as [WebGLRenderTarget, WebGLRenderTarget];
		const result = { value: sum.texture as Texture | null };
		const gathered = { value: null as Texture | null };
		const weight = { value: 1 };
		const fresh = { value: true };
		const mixing: Record<string, string> = {
			ECHO_OPERATOR_UNSPECIFIED: 'min(a + b, 1.0)',
			ECHO_OPERATOR_ADD: 'min(a + b, 1.0)',
			ECHO_OPERATOR_MAXIMUM: 'max(a, b)',
			ECHO_OPERATOR_MINIMUM: 'min(a, b)',
			ECHO_OPERATOR_SCREEN: 'a + b - a * b',
			ECHO_OPERATOR_COMPOSITE_IN_BACK: 'a + b * (1.0 - a.a)',
			ECHO_OPERATOR_COMPOSITE_IN_FRONT: 'b + a * (1.0 - b.a)',
		};
		const smaller = inner.box !== this.box;
		const alone = this.#keep(this.#studio.canvas(this.#size.width, this.#size.height));
		const single = this.#brush(inner.input, inner.inlines, { ...PLAIN, edges: smaller });
		const adding = this.#brush({
			glsl: /* glsl */ `
				uniform sampler2D gathered, alone; uniform float weight; uniform bool fresh;
				vec4 fetch(vec2 uv) {
					vec4 a = texture(gathered, uv), b = texture(alone, uv) * weight;
					return fresh ? b : ${mixing[echo.operator ?? 'ECHO_OPERATOR_UNSPECIFIED']};
				}`,
			uniforms: { gathered, alone: { value: alone.texture }, weight, fresh },
			opaque: false,
		});
		const draw = async (frame: number): Promise<void> => {
			await inner.run(frame);
			this.#studio.wash(alone, TRANSPARENT, 0);
			single.set(frame, {
				toClip: filling(this.box),
				box: inner.box,
				margin: smaller ? this.box.width / this.#size.width : 0,
				opacity: 1,
			});
			this.#studio.paint(single, alone);
		};
		this.#steps.push(async (frame) => {
			const [step, count] = [number(echo.timeFrames), echo.echoes ?? 0];
			const [first, decay] = [number(echo.startingIntensity) || 1, number(echo.decay) || 1];
			let [from, to] = [other, sum];
			for (let index = 0; index <= count; index++) {
				const moment = frame + index * step;
				if (index > 0 && !(await show(moment))) continue;
				await draw(moment);
				gathered.value = from.texture;
				weight.value = first * decay ** index;
				fresh.value = index === 0;
				adding.set(frame, { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1 });
				this.#studio.paint(adding, to);
				[from, to] = [to, from];
			}
			result.value = from.texture;
			if (count > 0) await show(frame);
		});
		this.#become(result, false);
	}
}
