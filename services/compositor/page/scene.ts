/**
 * A composition as a picture per frame. Layers are drawn from the bottom up into one target, by default of 8 bits in
 * display-referred sRGB, as After Effects does with its default settings; adjustment layers read it and write its twin.
 *
 * On a processor a pass over 720x1280 takes 5 to 15 ms, so layers out of sight draw nothing, neighbouring adjustments are one
 * pass, effects that need only their own pixel join the pass of their layer, and a frame that equals the one before is left.
 */
import type { BlendModeJson, CompositionJson, MotionBlurJson } from '@fancam/protos/shot';
import type { Files, Finish } from '@fancam/stage';
import { Color, type Texture, type Vector4, type WebGLRenderTarget } from 'three';
import { factors, type Ground, reachesEverywhere } from './blend.js';
import { Brush, type Input, type Look, type Studio, textured, UNIT } from './brush.js';
import { rgb } from './colour-space.js';
import { crossing } from './crossing.js';
import { type Rectangle, Rectangles, uncovered } from './ink.js';
import { DrawnLayer } from './layer.js';
import { type Caster, Lights } from './lights.js';
import { type Blurring, nearnessOf, Plane, WHOLE } from './plane.js';
import { PrecompSource } from './precomp.js';
import type { Source } from './source.js';
import { EmptySource, openSource, type PassJob } from './sources.js';
import { type Box, coversAll, defaultZoom, onGrid, partUnder, placedOn, Space, scaleOf, upright } from './space.js';
import { opacityAt, type Plan, seenAt, stack } from './stack.js';
import { number, Signature } from './timeline.js';

/** What all compositions of a job share. */
export interface Job {
	files: Files;
	/** What `{name}` becomes. */
	name: string;
	passes: Record<string, PassJob>;
	compositions: ReadonlyMap<string, CompositionJson>;
	motionBlur: MotionBlurJson | undefined;
}

/** Frames that are looked at to find out how large a layer is ever seen. */
const LOOKS = 600;

/** A layer, or the piece of it that is left between others that cut through it, in its turn. */
interface Turn {
	drawn: DrawnLayer;
	cuts: readonly Vector4[];
}

/** A composition that is loaded and can be drawn at any frame. */
export class Scene {
	readonly target: WebGLRenderTarget;
	/** Counts the pictures that differ. */
	version = 0;
	readonly #studio: Studio;
	readonly #plan: Plan;
	readonly #job: Job;
	readonly #box: Box;
	readonly #output: { width: number; height: number };
	readonly #background: Color | null;
	/** Whether the picture below a layer may be transparent. */
	readonly #transparent: boolean;
	readonly #layers: DrawnLayer[] = []; // topmost first
	readonly #byName = new Map<string, DrawnLayer>();
	readonly #matteNames = new Set<string>();
	readonly #mappedNames = new Set<string>();
	readonly #mattes = new Map<string, WebGLRenderTarget>();
	readonly #brushes = new Map<string, Brush>();
	readonly #copied = { value: null as Texture | null };
	/** What an adjustment reads: the target that was written last. */
	readonly #below = { value: null as Texture | null };
	/** Hand out the pictures of layers that are named by effects. */
	readonly #lent: (() => void)[] = [];
	readonly #plane: Plane;
	/** What is drawn of the lowest layer. */
	readonly #bare = new Rectangles();
	readonly #signature: Signature;
	#space: Space;
	#lights: Lights | null = null;
	#twin: WebGLRenderTarget | null = null;
	#backdrop: WebGLRenderTarget | null = null;
	/** Whether frames differ although nothing is keyframed: grain, dancing letters, blur between frames. */
	#timed = false;
	#done: string | null = null;
	/** What the frame that was drawn last still lacks. */
	#finish: Finish | null = null;

	/**
	 * @param background What is behind everything; null for nothing.
	 * @param output Pixels of the picture.
	 */
	constructor(
		studio: Studio,
		plan: Plan,
		job: Job,
		background: Color | null,
		output: { width: number; height: number },
	) {
		this.#studio = studio;
		this.#plan = plan;
		this.#job = job;
		this.#output = output;
		this.#box = { left: 0, top: 0, width: plan.width ?? 0, height: plan.height ?? 0 };
		this.#background = background;
		const layers = plan.layers ?? [];
		const open = layers.some(({ blendMode, preserveTransparency, collapse }) => {
			return preserveTransparency || collapse || reachesEverywhere(blendMode ?? 'BLEND_MODE_NORMAL');
		});
		this.#transparent = background === null || open;
		this.#space = new Space({ width: this.#box.width, height: this.#box.height }, new Map());
		this.#signature = new Signature(plan);
		this.#plane = new Plane(studio, output);
		this.target = studio.canvas(output.width, output.height);
	}

	/** Open all files and prepare all layers. */
	async load(): Promise<void> {
		const entries = stack(this.#plan, this.#job.compositions);
		const frames = this.#plan.frames ?? 0;
		for (const { matte, layer, name } of entries) {
			if (matte) this.#matteNames.add(matte);
			const prefix = name.slice(0, name.length - (layer.name ?? '').length);
			for (const { displacementMap } of layer.effects ?? []) {
				if (displacementMap) this.#mappedNames.add(prefix + displacementMap.layer);
			}
		}
		const settled = await Promise.allSettled(
			entries.map((entry) => this.#open(entry.layer, [entry.inFrame, entry.outFrame])),
		);
		const failed = settled.find((outcome) => outcome.status === 'rejected');
		const sources = settled.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null));
		if (failed) {
			for (const source of sources) source?.dispose();
			throw failed.reason;
		}
		this.#space = new Space(
			{
				width: this.#box.width,
				height: this.#box.height,
				camera: this.#plan.camera,
				cameras: this.#plan.cameras,
			},
			new Map(
				entries.map((entry, index) => [
					entry.name,
					{
						layer: entry.layer,
						centre: entry.centre ?? sources[index]?.centre ?? ([0, 0] as const),
						parent: entry.parent,
						home: entry.home,
						clock: entry.clock,
					},
				]),
			),
		);
		const { lights = [] } = this.#plan;
		if (lights.length) {
			const { width, height } = this.#box;
			this.#lights = new Lights(lights, this.#space, width, height, defaultZoom(width), this.#studio.linear);
		}
		for (const [index, entry] of entries.entries()) {
			const source = sources[index] ?? new EmptySource(this.#box);
			const [least, most] = this.#seen(entry.name, source.box, (frame) => seenAt(entry, frame), frames);
			const drawn = new DrawnLayer(entry, source);
			this.#layers.push(drawn); // from here on it is disposed of with the rest
			this.#byName.set(entry.name, drawn);
			await drawn.prepare(this.#studio, least, most, {
				output: this.#output,
				box: this.#box,
				below: this.#below,
				opaque: !this.#transparent,
				frames,
				picture: (name) => this.#pictureOf(entry.name, entry.layer.name ?? '', name),
				asPicture: this.#mappedNames.has(entry.name) || (entry.layer.material?.castsShadows ?? false),
			});
			this.#timed ||= drawn.timed || this.#moments(drawn, 0).length > 1 || entry.within.length > 0;
		}
		if (this.#lights) this.#light(this.#lights);
	}

	async #open(layer: DrawnLayer['layer'], span: readonly [number, number]): Promise<Source> {
		const composition = layer.collapse ? undefined : this.#job.compositions.get(layer.precomp?.composition ?? '');
		if (composition) {
			const { width = 0, height = 0, frames = 0 } = composition;
			const held = layer.timeRemap !== undefined;
			return new PrecompSource({ width, height, frames }, held, (across, down) => {
				return new Scene(this.#studio, composition, this.#job, null, { width: across, height: down });
			});
		}
		return openSource(layer, this.#box, this.#job.name, this.#job.passes, span, this.#job.files);
	}

	/** The picture that a layer's effect names; it is made when it is first drawn. */
	#pictureOf(fullName: string, ownName: string, named: string): { value: Texture | null } {
		const prefix = fullName.slice(0, fullName.length - ownName.length);
		const wanted = prefix + named;
		const picture = { value: null as Texture | null };
		this.#lent.push(() => {
			picture.value = this.#byName.get(wanted)?.picture.value ?? null;
		});
		return picture;
	}

	#light(lights: Lights): void {
		const casters = this.#layers.flatMap((drawn): (Caster & { drawn: DrawnLayer })[] =>
			drawn.layer.threeD && drawn.layer.material?.castsShadows
				? [{ drawn, name: drawn.name, picture: drawn.picture, box: drawn.source.box }]
				: [],
		);
		for (const drawn of this.#layers) {
			if (!drawn.layer.threeD || drawn.layer.material?.acceptsLights === false) continue;
			drawn.lit(
				lights,
				this.#space,
				casters.filter((caster) => caster.drawn !== drawn),
			);
		}
	}

	/** How many output pixels one of the layer's covers, at least and at most, over the time it is seen. */
	#seen(name: string, box: Box, seen: (frame: number) => boolean, frames: number): [least: number, most: number] {
		let [least, most] = [Number.POSITIVE_INFINITY, 0];
		const stride = Math.max(1, Math.ceil(frames / LOOKS));
		for (let frame = 0; frame < frames; frame += stride) {
			if (!seen(frame)) continue;
			const scale = scaleOf(this.#space.clip(name, frame), box, this.#output.width, this.#output.height);
			least = Math.min(least, scale);
			most = Math.max(most, scale);
		}
		return [least === Number.POSITIVE_INFINITY ? 1 : least, most];
	}

	/**
	 * Draw a frame, whichever was drawn before; fractions are fine.
	 *
	 * @param unfinished Leave out an adjustment of the whole picture that comes last, and give it instead.
	 */
	async draw(frame: number, unfinished = false): Promise<Finish | null> {
		const shown = await this.#shown(frame);
		const names = [...shown].map((drawn) => `${drawn.name} ${drawn.version}`);
		const wanted = `${names.join()} ${unfinished} ${this.#signature.at(frame)}`;
		if (!this.#timed && wanted === this.#done) return this.#finish;
		this.#done = null;
		this.version++;
		const turns = this.#turns(frame, shown);
		const top = turns.at(-1)?.drawn;
		const finishing = unfinished && top && this.#finishes(top, frame) ? top : null;
		if (finishing) turns.pop();
		// Adjustments write the twin; the first target is chosen so that the last is the one that is read.
		const swaps = turns.filter(({ drawn }) => drawn.adjusts).length;
		let [target, other] = swaps % 2 ? [this.#other(), this.target] : [this.target, swaps ? this.#other() : this.target];
		for (const drawn of this.#layers) if (drawn.asPicture && shown.has(drawn)) drawn.paintPicture();
		for (const lend of this.#lent) lend();
		this.#lights?.show(frame);
		const mattes = new Map<string, Texture>();
		for (const { drawn } of turns)
			if (drawn.entry.matte) await this.#drawMatte(drawn.entry.matte, frame, shown, mattes);
		const opaque = !this.#transparent && this.#background;
		this.#studio.wash(target, opaque || new Color(0, 0, 0), opaque ? 1 : 0);
		const hidden = this.#hidden(turns, frame);
		for (const [index, { drawn, cuts }] of turns.entries()) {
			if (drawn.adjusts) {
				await this.#adjust(drawn, frame, target, other, mattes);
				[target, other] = [other, target];
			} else {
				await this.#paint(drawn, frame, target, mattes, drawn.mode, cuts, index ? [] : hidden);
			}
		}
		if (this.#transparent && this.#background) this.#putBehind(target, this.#background);
		this.#finish = finishing && (await this.#finishBy(finishing, frame));
		this.#done = wanted;
		return this.#finish;
	}

	/** Whether a layer is an adjustment that replaces the whole picture, pixel by pixel. */
	#finishes(drawn: DrawnLayer, frame: number): boolean {
		const { layer, entry, masks, mode } = drawn;
		const placed = layer.transform || layer.parent || layer.threeD || entry.within.length > 0;
		const normal = mode === 'BLEND_MODE_NORMAL' || mode === 'BLEND_MODE_UNSPECIFIED';
		return (
			drawn.adjusts &&
			!placed &&
			normal &&
			!masks &&
			!entry.matte &&
			!this.#transparent &&
			opacityAt(entry, frame) === 1
		);
	}

	/** Run what an adjustment does before its own pass, and give that. */
	async #finishBy(drawn: DrawnLayer, frame: number): Promise<Finish> {
		this.#below.value = this.target.texture;
		await drawn.run(frame);
		const brush = drawn.brush(this.#studio, { mode: 'replace', matte: drawn.matte, edges: false });
		brush.set(drawn.time(frame), { toClip: WHOLE, box: drawn.source.box, margin: 0, opacity: 1 });
		this.#studio.outputSize.value.set(this.target.width, this.target.height);
		return brush.finish;
	}

	/** Layers whose picture of this frame is on the GPU. */
	async #shown(frame: number): Promise<Set<DrawnLayer>> {
		const wanted = this.#layers.filter((drawn) => {
			if (drawn.empty) return false;
			if (this.#mappedNames.has(drawn.name)) return true;
			return seenAt(drawn.entry, frame) && (this.#matteNames.has(drawn.name) || opacityAt(drawn.entry, frame) > 0);
		});
		const shown = await Promise.all(wanted.map((drawn) => drawn.adjusts || drawn.show(frame)));
		return new Set(wanted.filter((_, index) => shown[index]));
	}

	/** Layers to draw, bottom first. Neighbours in 3D go by their distance, as in After Effects, or cut through each other. */
	#turns(frame: number, shown: Set<DrawnLayer>): Turn[] {
		const turns: Turn[] = [];
		let group: DrawnLayer[] = [];
		const close = (): void => {
			const flats = group.map((drawn) => ({
				what: drawn,
				box: drawn.source.box,
				world: this.#space.world(drawn.name, frame),
			}));
			const pieces = group.length > 1 ? crossing(flats, this.#space.eye(frame)) : null;
			if (pieces) {
				turns.push(...pieces.map(({ what, cuts }) => ({ drawn: what, cuts })));
			} else {
				const depths = group.map((drawn) => ({ drawn, depth: this.#space.depth(drawn.name, frame) }));
				depths.sort((a, b) => b.depth - a.depth);
				turns.push(...depths.map(({ drawn }) => ({ drawn, cuts: [] })));
			}
			group = [];
		};
		for (const drawn of this.#layers.toReversed()) {
			if (!shown.has(drawn) || this.#matteNames.has(drawn.name) || !seenAt(drawn.entry, frame)) continue;
			if (opacityAt(drawn.entry, frame) === 0) continue;
			if (drawn.layer.threeD && !drawn.adjusts) {
				group.push(drawn);
			} else {
				close();
				turns.push({ drawn, cuts: [] });
			}
		}
		close();
		return turns;
	}

	/** What of the output the layers over the lowest hide, 0 to 1, up to the first that may look beside its own pixel. */
	#hidden(turns: readonly Turn[], frame: number): Rectangle[] {
		const { width, height } = this.#output;
		const hidden: Rectangle[] = [];
		for (const { drawn, cuts } of turns.slice(1)) {
			if (drawn.adjusts) break;
			const { solid, chain } = drawn;
			if (!solid.length || cuts.length || opacityAt(drawn.entry, frame) < 1) continue;
			const clip = this.#space.clip(drawn.name, frame);
			if (!drawn.exactOn(onGrid(clip, chain.box, width, height))) continue;
			const whole = (share: number, pixels: number): number => Math.round(share * pixels) / pixels;
			for (const each of solid) {
				const [left, top, right, bottom] = placedOn(clip, chain.box, each);
				hidden.push([whole(left, width), whole(top, height), whole(right, width), whole(bottom, height)]);
			}
		}
		return hidden;
	}

	/** What of a layer is drawn: where it has ink, or where it is not hidden; null for all. */
	#where(drawn: DrawnLayer, clip: ReturnType<Space['clip']>, hidden: readonly Rectangle[]): Rectangles | null {
		if (!upright(clip)) return null;
		if (drawn.ink) return drawn.ink.seen;
		if (!hidden.length) return null;
		this.#bare.put(uncovered(hidden).flatMap((each) => partUnder(clip, drawn.chain.box, each) ?? []));
		return this.#bare;
	}

	/** Draw the layer that is a matte, and first the one that is its own. */
	async #drawMatte(name: string, frame: number, shown: Set<DrawnLayer>, mattes: Map<string, Texture>): Promise<void> {
		if (mattes.has(name)) return;
		const drawn = this.#byName.get(name);
		if (drawn?.entry.matte) await this.#drawMatte(drawn.entry.matte, frame, shown, mattes);
		let target = this.#mattes.get(name);
		if (!target) {
			target = this.#studio.canvas(this.#output.width, this.#output.height);
			this.#mattes.set(name, target);
		}
		this.#studio.wash(target, new Color(0, 0, 0), 0);
		if (drawn && shown.has(drawn) && !drawn.adjusts) {
			await this.#paint(drawn, frame, target, mattes, 'BLEND_MODE_NORMAL', []);
		}
		mattes.set(name, target.texture);
	}

	/** The moments at which a layer's place is looked at for a frame: one, or many while the shutter is open. */
	#moments(drawn: DrawnLayer, frame: number): number[] {
		const blur = this.#job.motionBlur;
		if (!drawn.layer.motionBlur || drawn.adjusts) return [frame];
		const angle = number(blur?.shutterAngleDeg) || 180;
		const phase = number(blur?.shutterPhaseDeg, -angle / 2);
		const samples = blur?.samples || 16;
		return Array.from({ length: samples }, (_, index) => frame + (phase + (angle * (index + 0.5)) / samples) / 360);
	}

	async #paint(
		drawn: DrawnLayer,
		frame: number,
		target: WebGLRenderTarget,
		mattes: Map<string, Texture>,
		mode: BlendModeJson,
		cuts: readonly Vector4[],
		hidden: readonly Rectangle[] = [],
	): Promise<void> {
		await drawn.run(frame);
		const own = mode === drawn.mode;
		const ground: Ground = {
			transparent: this.#transparent || target !== this.target,
			preserve: own && (drawn.layer.preserveTransparency ?? false),
		};
		if (this.#twin && target === this.#twin) ground.transparent = this.#transparent;
		const opacity = opacityAt(drawn.entry, frame);
		const matte = mattes.get(drawn.entry.matte ?? '') ?? null;
		const backdrop = factors(mode, ground) ? null : this.#backdropOf(target);
		const clips = this.#moments(drawn, frame).map((moment) => this.#space.clip(drawn.name, moment));
		const [still] = clips;
		if (!still) return;
		const moving = clips.some((clip) => !clip.equals(still));
		const blurring = drawn.layer.threeD ? this.#blurring(drawn, frame) : null;
		if (!moving && !blurring && !reachesEverywhere(mode)) {
			const look: Look = { mode, matte: drawn.matte, ground, edges: false };
			this.#stroke(drawn, frame, still, target, look, cuts, { opacity, matte, backdrop }, hidden);
			return;
		}
		const plane = this.#plane.begin(moving);
		for (const clip of moving ? clips : [still]) {
			const look: Look = { mode: moving ? 'sum' : 'BLEND_MODE_NORMAL', matte: 'MATTE_KIND_UNSPECIFIED', edges: false };
			const rest = { opacity: moving ? 1 / clips.length : 1, matte: null, backdrop: null };
			this.#stroke(drawn, frame, clip, plane, { ...look, ground: { transparent: true, preserve: false } }, cuts, rest);
		}
		this.#plane.lay(frame, target, { mode, matteKind: drawn.matte, ground, opacity, matte, backdrop, blurring });
	}

	/** Draw a layer once, seen from somewhere. */
	#stroke(
		drawn: DrawnLayer,
		frame: number,
		clip: ReturnType<Space['clip']>,
		target: WebGLRenderTarget,
		look: Look,
		cuts: readonly Vector4[],
		rest: { opacity: number; matte: Texture | null; backdrop: Texture | null },
		hidden: readonly Rectangle[] = [],
	): void {
		const { box } = drawn.chain;
		const { width, height } = this.#output;
		const scale = scaleOf(clip, box, width, height);
		if (scale === 0) return; // edge-on, or behind the camera
		const grid = onGrid(clip, box, width, height);
		const edges = !grid && !coversAll(clip, box);
		const replaces =
			!edges &&
			!cuts.length &&
			rest.opacity === 1 &&
			!rest.matte &&
			look.mode === 'BLEND_MODE_NORMAL' &&
			!look.ground?.preserve &&
			drawn.opaque;
		const full: Look = {
			...look,
			mode: replaces ? 'replace' : look.mode,
			edges,
			exact: drawn.exactOn(grid),
			cuts: cuts.length,
			lighting: drawn.lighting ?? undefined,
		};
		const world = drawn.lighting ? this.#space.world(drawn.name, frame) : undefined;
		if (world) drawn.lighting?.show(frame, world, drawn.entry.clock(frame));
		const brush = drawn.brush(this.#studio, full);
		brush.set(drawn.time(frame), {
			toClip: clip,
			world,
			box,
			margin: edges ? 1 / scale : 0,
			cuts,
			...rest,
		});
		this.#studio.paint(brush, target, this.#where(drawn, clip, hidden));
	}

	/** How the camera's lens blurs a layer; null when it is sharp. */
	#blurring(drawn: DrawnLayer, frame: number): Blurring | null {
		const lens = this.#space.lens(frame);
		const nearness = lens && nearnessOf(this.#space.clip(drawn.name, frame));
		if (!lens || !nearness || lens.aperture <= 0 || lens.focus <= 0) return null;
		const pixels = this.#output.width / this.#box.width;
		return { strength: (lens.aperture / lens.focus) * lens.zoom * pixels, focus: lens.focus, nearness };
	}

	/** Draw what is below with an adjustment's effects into the twin. */
	async #adjust(
		drawn: DrawnLayer,
		frame: number,
		from: WebGLRenderTarget,
		to: WebGLRenderTarget,
		mattes: Map<string, Texture>,
	): Promise<void> {
		this.#below.value = from.texture;
		await drawn.run(frame);
		const clip = this.#space.clip(drawn.name, frame);
		const { box } = drawn.source;
		const edges = !coversAll(clip, box);
		const opacity = opacityAt(drawn.entry, frame);
		const normal = drawn.mode === 'BLEND_MODE_NORMAL' || drawn.mode === 'BLEND_MODE_UNSPECIFIED';
		const matte = mattes.get(drawn.entry.matte ?? '') ?? null;
		const whole = !edges && opacity === 1 && !matte && normal && !drawn.masks;
		if (edges || !normal) this.#duplicate(from, to);
		const scale = scaleOf(clip, box, this.#output.width, this.#output.height);
		const brush = drawn.brush(this.#studio, {
			mode: whole ? 'replace' : normal ? 'mix' : drawn.mode,
			matte: drawn.matte,
			edges,
			masked: drawn.masks !== null,
			ground: { transparent: this.#transparent, preserve: false },
		});
		brush.set(drawn.time(frame), {
			toClip: clip,
			box,
			margin: edges && scale ? 1 / scale : 0,
			opacity,
			matte,
			mask: drawn.masks?.texture ?? null,
			backdrop: from.texture,
		});
		this.#studio.paint(brush, to);
	}

	#other(): WebGLRenderTarget {
		this.#twin ??= this.#studio.canvas(this.#output.width, this.#output.height);
		return this.#twin;
	}

	#backdropOf(target: WebGLRenderTarget): Texture {
		this.#backdrop ??= this.#studio.canvas(this.#output.width, this.#output.height);
		this.#duplicate(target, this.#backdrop);
		return this.#backdrop.texture;
	}

	#duplicate(from: WebGLRenderTarget, to: WebGLRenderTarget): void {
		this.#copied.value = from.texture;
		this.#fill('copy', textured(this.#copied, true), 'replace', to);
	}

	#putBehind(target: WebGLRenderTarget, colour: Color): void {
		const glsl = 'uniform vec3 behind; vec4 fetch(vec2 uv) { return vec4(behind, 1.0); }';
		this.#fill('behind', { glsl, uniforms: { behind: { value: colour } }, opaque: true }, 'behind', target);
	}

	/** One pass over all of a target. */
	#fill(key: string, input: Input, mode: 'replace' | 'behind', target: WebGLRenderTarget): void {
		let brush = this.#brushes.get(key);
		if (!brush) {
			brush = new Brush(this.#studio, input, [], { mode, matte: 'MATTE_KIND_UNSPECIFIED', edges: false });
			this.#brushes.set(key, brush);
		}
		brush.set(0, { toClip: WHOLE, box: UNIT, margin: 0, opacity: 1 });
		this.#studio.paint(brush, target);
	}

	dispose(): void {
		for (const drawn of this.#layers) drawn.dispose();
		for (const matte of this.#mattes.values()) matte.dispose();
		for (const brush of this.#brushes.values()) brush.dispose();
		this.#plane.dispose();
		this.#bare.dispose();
		this.#backdrop?.dispose();
		this.#twin?.dispose();
		this.target.dispose();
	}
}

/** The colour behind a shot. */
export function backgroundOf(plan: Plan, linear: boolean): Color {
	const { x, y, z } = rgb(plan.background);
	const colour = new Color().setRGB(x, y, z);
	return linear ? colour.convertSRGBToLinear() : colour;
}
