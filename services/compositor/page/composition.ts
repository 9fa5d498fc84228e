/**
 * A shot as a picture per frame. Layers are drawn from the bottom up into one target of 8 bits, in display-referred sRGB, as
 * After Effects does with its default settings; adjustment layers read that target and write its twin.
 *
 * On a processor a pass over 720x1280 takes 5 to 15 ms, so layers out of sight draw nothing, neighbouring adjustments are one
 * pass, and effects that need only their own pixel join the pass of their layer.
 */
import type { BlendModeJson, LayerJson, MatteKindJson, ShotJson } from '@fancam/protos/shot';
import { type Files, failure, type Player } from '@fancam/stage';
import { Color, Matrix4, type Texture, type WebGLRenderer, type WebGLRenderTarget } from 'three';
import { Brush, below, canvas, type Look, needsBackdrop, Studio, textured, UNIT } from './brush.js';
import { Chain } from './chain.js';
import { EmptySource, openSource, type PassJob, rgb, type Source } from './sources.js';
import { type Box, coversAll, onGrid, Space, scaleOf } from './space.js';
import { scalarAt } from './timeline.js';

/** What the host asks for; see `services/compositor/job.py`. */
export interface ComposeJob {
	shot: ShotJson;
	/** Pixels of the output. */
	width: number;
	height: number;
	/** What `{name}` becomes. */
	name: string;
	passes: Record<string, PassJob>;
}

/** Frames that are looked at to find out how large a layer is ever seen. */
const LOOKS = 600;
/** Most pixels that a layer's pixel is worth while its effects look around. */
const FINEST = 2;

/** A layer with all it needs to be drawn. */
interface Drawn {
	layer: LayerJson;
	name: string;
	source: Source;
	chain: Chain;
	mode: BlendModeJson;
	matte: MatteKindJson;
	/** By whether edges are softened. */
	brushes: Map<string, Brush>;
	inFrame: number;
	outFrame: number;
}

/** Plays shots. */
export class CompositionPlayer implements Player<ComposeJob> {
	readonly #studio: Studio;
	#composition: Composition | null = null;

	constructor(renderer: WebGLRenderer) {
		this.#studio = new Studio(renderer);
	}

	async load(job: ComposeJob, files: Files): Promise<WebGLRenderTarget> {
		this.#composition = new Composition(this.#studio, job);
		await this.#composition.load(files);
		return this.#composition.target;
	}

	async draw(frame: number): Promise<void> {
		if (!this.#composition) throw failure('NotLoaded', 'no shot is loaded');
		await this.#composition.draw(frame);
	}

	unload(): void {
		this.#composition?.dispose();
		this.#composition = null;
	}
}

class Composition {
	readonly target: WebGLRenderTarget;
	readonly #studio: Studio;
	readonly #job: ComposeJob;
	readonly #box: Box;
	readonly #frames: number;
	readonly #background: Color;
	readonly #matteNames: ReadonlySet<string>;
	/** Topmost first. */
	readonly #layers: Drawn[] = [];
	readonly #byName = new Map<string, Drawn>();
	readonly #mattes = new Map<string, WebGLRenderTarget>();
	readonly #copy: Brush;
	readonly #copied = { value: null as Texture | null };
	/** What an adjustment reads: the target that was written last. */
	readonly #below = { value: null as Texture | null };
	#space: Space;
	#twin: WebGLRenderTarget | null = null;
	#backdrop: WebGLRenderTarget | null = null;

	constructor(studio: Studio, job: ComposeJob) {
		const { shot } = job;
		this.#studio = studio;
		this.#job = job;
		this.#box = { left: 0, top: 0, width: shot.width ?? 0, height: shot.height ?? 0 };
		this.#frames = shot.frames ?? 0;
		const background = rgb(shot.background);
		this.#background = new Color().setRGB(background.x, background.y, background.z);
		this.#matteNames = new Set(shot.layers?.flatMap((layer) => layer.matte?.layer ?? []));
		this.#space = new Space(this.#box.width, this.#box.height, shot.camera, new Map());
		this.target = canvas(job.width, job.height);
		this.#copy = new Brush(
			textured(this.#copied, true),
			[],
			{ mode: 'replace', matte: 'MATTE_KIND_UNSPECIFIED', edges: false },
			studio.outputSize,
		);
	}

	async load(files: Files): Promise<void> {
		const { shot, name, passes } = this.#job;
		const layers = merged(shot.layers ?? [], this.#frames);
		const sources = await Promise.allSettled(layers.map((layer) => openSource(layer, this.#box, name, passes, files)));
		const opened = sources.map((settled) => (settled.status === 'fulfilled' ? settled.value : null));
		const failed = sources.find((settled) => settled.status === 'rejected');
		if (failed) {
			for (const source of opened) source?.dispose();
			throw failed.reason;
		}
		this.#space = new Space(
			this.#box.width,
			this.#box.height,
			shot.camera,
			new Map(
				layers.map((layer, index) => [layer.name ?? '', { layer, centre: opened[index]?.centre ?? ([0, 0] as const) }]),
			),
		);
		for (const [index, layer] of layers.entries()) this.#add(layer, opened[index] ?? new EmptySource(this.#box));
	}

	#add(layer: LayerJson, source: Source): void {
		const name = layer.name ?? '';
		const inFrame = layer.inFrame ?? 0;
		const outFrame = layer.outFrame || this.#frames;
		const [least, most] = this.#seen(name, source.box, inFrame, outFrame);
		source.prepare(least, most);
		const adjusts = layer.adjustment !== undefined;
		const { width, height } = this.#job;
		const chain = new Chain(
			this.#studio,
			adjusts ? below(this.#below) : source,
			source.box,
			layer.effects ?? [],
			adjusts ? { texture: this.#below, width, height } : null,
			adjusts ? height / this.#box.height : Math.min(FINEST, Math.max(most, 1e-3)),
		);
		const drawn: Drawn = {
			layer,
			name,
			source,
			chain,
			mode: layer.blendMode ?? 'BLEND_MODE_NORMAL',
			matte: layer.matte?.kind ?? 'MATTE_KIND_UNSPECIFIED',
			brushes: new Map(),
			inFrame,
			outFrame,
		};
		this.#layers.push(drawn);
		this.#byName.set(name, drawn);
	}

	/** How many output pixels one of the layer's covers, at least and at most, over the time it is seen. */
	#seen(name: string, box: Box, inFrame: number, outFrame: number): [least: number, most: number] {
		let [least, most] = [Number.POSITIVE_INFINITY, 0];
		const stride = Math.max(1, Math.ceil((outFrame - inFrame) / LOOKS));
		for (let frame = inFrame; frame < outFrame; frame += stride) {
			const scale = scaleOf(this.#space.clip(name, frame), box, this.#job.width, this.#job.height);
			least = Math.min(least, scale);
			most = Math.max(most, scale);
		}
		return [least === Number.POSITIVE_INFINITY ? 1 : least, most];
	}

	async draw(frame: number): Promise<void> {
		const shown = await this.#shown(frame);
		const order = this.#order(frame, shown);
		// Adjustments write the twin; the first target is chosen so that the last is the one the stage reads.
		const swaps = order.filter(({ layer }) => layer.adjustment !== undefined).length;
		let [target, other] = swaps % 2 ? [this.#other(), this.target] : [this.target, swaps ? this.#other() : this.target];
		const mattes = new Map<string, Texture>();
		for (const drawn of order) {
			const matte = drawn.layer.matte?.layer;
			if (matte) this.#drawMatte(matte, frame, shown, mattes);
		}
		this.#studio.wash(target, this.#background, 1);
		for (const drawn of order) {
			if (drawn.layer.adjustment !== undefined) {
				this.#adjust(drawn, frame, target, other, mattes);
				[target, other] = [other, target];
			} else {
				this.#paint(drawn, frame, target, mattes, drawn.mode);
			}
		}
	}

	/** Layers whose picture of this frame is on the GPU. */
	async #shown(frame: number): Promise<Set<Drawn>> {
		const wanted = this.#layers.filter(
			(drawn) =>
				frame >= drawn.inFrame &&
				frame < drawn.outFrame &&
				drawn.layer.null === undefined &&
				(this.#matteNames.has(drawn.name) || this.#opacity(drawn, frame) > 0),
		);
		const shown = await Promise.all(
			wanted.map(async (drawn) => (drawn.layer.adjustment !== undefined ? true : drawn.source.show(frame))),
		);
		return new Set(wanted.filter((_, index) => shown[index]));
	}

	/** Layers to draw, bottom first. Neighbouring 3D layers go by their distance, as in After Effects. */
	#order(frame: number, shown: Set<Drawn>): Drawn[] {
		const order: Drawn[] = [];
		let group: { drawn: Drawn; depth: number }[] = [];
		const close = (): void => {
			group.sort((a, b) => b.depth - a.depth);
			order.push(...group.map(({ drawn }) => drawn));
			group = [];
		};
		for (const drawn of this.#layers.toReversed()) {
			if (!shown.has(drawn) || this.#matteNames.has(drawn.name)) continue;
			if (drawn.layer.threeD) {
				group.push({ drawn, depth: this.#space.depth(drawn.name, frame) });
			} else {
				close();
				order.push(drawn);
			}
		}
		close();
		return order;
	}

	#opacity(drawn: Drawn, frame: number): number {
		return Math.min(1, Math.max(0, scalarAt(drawn.layer.transform?.opacity, 100, frame) / 100));
	}

	/** Draw the layer that is a matte, and first the one that is its own. */
	#drawMatte(name: string, frame: number, shown: Set<Drawn>, mattes: Map<string, Texture>): void {
		if (mattes.has(name)) return;
		const drawn = this.#byName.get(name);
		const own = drawn?.layer.matte?.layer;
		if (own) this.#drawMatte(own, frame, shown, mattes);
		let target = this.#mattes.get(name);
		if (!target) {
			target = canvas(this.#job.width, this.#job.height);
			this.#mattes.set(name, target);
		}
		this.#studio.wash(target, new Color(0, 0, 0), 0);
		if (drawn && shown.has(drawn) && drawn.layer.adjustment === undefined) {
			this.#paint(drawn, frame, target, mattes, 'BLEND_MODE_NORMAL');
		}
		mattes.set(name, target.texture);
	}

	#paint(
		drawn: Drawn,
		frame: number,
		target: WebGLRenderTarget,
		mattes: Map<string, Texture>,
		mode: BlendModeJson,
	): void {
		const clip = this.#space.clip(drawn.name, frame);
		const { box } = drawn.chain;
		drawn.chain.run(frame);
		const scale = scaleOf(clip, box, this.#job.width, this.#job.height);
		if (scale === 0) return; // edge-on, or behind the camera
		const grid = onGrid(clip, box, this.#job.width, this.#job.height);
		const edges = !grid && !coversAll(clip, box);
		const { texels } = drawn.source;
		const exact =
			texels !== undefined && drawn.chain.input === drawn.source && texels[0] === grid?.[0] && texels[1] === grid?.[1];
		const opacity = this.#opacity(drawn, frame);
		const replaces = !edges && opacity === 1 && !drawn.layer.matte && mode === 'BLEND_MODE_NORMAL' && opaque(drawn);
		const brush = this.#brush(drawn, { mode: replaces ? 'replace' : mode, matte: drawn.matte, edges, exact });
		const backdrop = needsBackdrop(mode) ? this.#backdropOf(target) : null;
		brush.set(frame, {
			toClip: clip,
			box,
			margin: edges ? 1 / scale : 0,
			opacity,
			matte: mattes.get(drawn.layer.matte?.layer ?? '') ?? null,
			backdrop,
		});
		this.#studio.paint(brush, target);
	}

	/** Draw what is below with an adjustment's effects into the twin. */
	#adjust(
		drawn: Drawn,
		frame: number,
		from: WebGLRenderTarget,
		to: WebGLRenderTarget,
		mattes: Map<string, Texture>,
	): void {
		this.#below.value = from.texture;
		drawn.chain.run(frame);
		const clip = this.#space.clip(drawn.name, frame);
		const edges = !coversAll(clip, drawn.source.box);
		const opacity = this.#opacity(drawn, frame);
		const whole = !edges && opacity === 1 && !drawn.layer.matte && drawn.mode === 'BLEND_MODE_NORMAL';
		if (!whole) this.#duplicate(from, to);
		const brush = this.#brush(drawn, { mode: whole ? 'replace' : drawn.mode, matte: drawn.matte, edges });
		const scale = scaleOf(clip, drawn.source.box, this.#job.width, this.#job.height);
		brush.set(frame, {
			toClip: clip,
			box: drawn.source.box,
			margin: edges && scale ? 1 / scale : 0,
			opacity,
			matte: mattes.get(drawn.layer.matte?.layer ?? '') ?? null,
			backdrop: from.texture,
		});
		this.#studio.paint(brush, to);
	}

	#brush(drawn: Drawn, look: Look): Brush {
		const key = `${look.mode} ${look.matte} ${look.edges} ${look.exact ?? false}`;
		let brush = drawn.brushes.get(key);
		if (!brush) {
			brush = new Brush(drawn.chain.input, drawn.chain.inlines, look, this.#studio.outputSize);
			drawn.brushes.set(key, brush);
		}
		return brush;
	}

	#other(): WebGLRenderTarget {
		this.#twin ??= canvas(this.#job.width, this.#job.height);
		return this.#twin;
	}

	#backdropOf(target: WebGLRenderTarget): Texture {
		this.#backdrop ??= canvas(this.#job.width, this.#job.height);
		this.#duplicate(target, this.#backdrop);
		return this.#backdrop.texture;
	}

	#duplicate(from: WebGLRenderTarget, to: WebGLRenderTarget): void {
		this.#copied.value = from.texture;
		this.#copy.set(0, { toClip: WHOLE, box: UNIT, margin: 0, opacity: 1 });
		this.#studio.paint(this.#copy, to);
	}

	dispose(): void {
		for (const { source, chain, brushes } of this.#layers) {
			source.dispose();
			chain.dispose();
			for (const brush of brushes.values()) brush.dispose();
		}
		for (const matte of this.#mattes.values()) matte.dispose();
		this.#copy.dispose();
		this.#backdrop?.dispose();
		this.#twin?.dispose();
		this.target.dispose();
	}
}

/** From 0-1 to all of a target. */
const WHOLE = new Matrix4().set(2, 0, 0, -1, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1);

/** Whether a layer leaves nothing of what is below. */
function opaque({ chain, source }: Drawn): boolean {
	return source.opaque && chain.input.opaque;
}

/** Whether a layer is an adjustment of the whole picture, always and fully. */
function whole(layer: LayerJson, frames: number): boolean {
	return (
		layer.adjustment !== undefined &&
		!layer.transform &&
		!layer.parent &&
		!layer.matte &&
		!layer.threeD &&
		(layer.blendMode ?? 'BLEND_MODE_NORMAL') === 'BLEND_MODE_NORMAL' &&
		(layer.inFrame ?? 0) === 0 &&
		(layer.outFrame || frames) === frames
	);
}

/** Adjustments of the whole picture that follow each other are one: a pass less for each. */
function merged(layers: readonly LayerJson[], frames: number): LayerJson[] {
	const named = new Set(layers.flatMap((layer) => [layer.parent, layer.matte?.layer]));
	if (layers.some((layer) => layer.adjustment && named.has(layer.name))) return [...layers];
	const result: LayerJson[] = [];
	for (const layer of layers.filter((each) => !(each.adjustment && !each.effects?.length))) {
		const above = result.at(-1);
		if (above && whole(above, frames) && whole(layer, frames)) {
			result[result.length - 1] = { ...above, effects: [...(layer.effects ?? []), ...(above.effects ?? [])] };
		} else {
			result.push(layer);
		}
	}
	return result;
}
