/**
 * The layers of a composition as they are drawn: collapsed compositions are taken apart into their layers, neighbouring
 * adjustments of the whole picture become one, and every layer knows its time and when it is seen.
 */
import type { CompositionJson, LayerJson, ShotJson } from '@fancam/protos/shot';
import { number, scalarAt, valueAt } from './timeline.js';

/** What a shot and a composition inside it have in common. */
export type Plan = Pick<CompositionJson, 'width' | 'height' | 'frames' | 'layers' | 'camera' | 'cameras' | 'lights'> &
	Pick<ShotJson, 'background'>;

/** A layer in the stack. */
export interface Entry {
	layer: LayerJson;
	/** Unique in the composition; layers of collapsed ones begin with the names of those. */
	name: string;
	/** Under the same names. */
	parent?: string;
	matte?: string;
	/** Where its anchor stands without a position or a parent, and its centre, where a collapsed composition says so. */
	home?: readonly [number, number];
	centre?: readonly [number, number];
	/** Frames of its own composition on which it is seen. */
	inFrame: number;
	outFrame: number;
	/** The collapsed layers around it, outermost first. */
	within: readonly Entry[];
	/** From the composition's frame to the one its keyframes count in. */
	clock(frame: number): number;
}

/** The frame of a layer's source at one of its own frames. */
export function sourceFrame(layer: LayerJson, frame: number): number {
	const hold = layer.effects?.find(({ posterizeTime }) => posterizeTime)?.posterizeTime;
	const step = number(hold?.holdFrames);
	const time = step > 0 ? Math.floor(frame / step + 1e-9) * step : frame;
	if (!layer.footage && !layer.precomp) return time;
	if (layer.timeRemap) return valueAt(layer.timeRemap, [0], time)[0] ?? 0;
	const start = number(layer.footage?.startFrame ?? layer.precomp?.startFrame);
	return start + time * (100 / (number(layer.stretchPercent) || 100));
}

/** Whether a layer is seen at a frame of the composition. */
export function seenAt(entry: Entry, frame: number): boolean {
	const time = entry.clock(frame);
	return time >= entry.inFrame && time < entry.outFrame && entry.within.every((outer) => seenAt(outer, frame));
}

/** The opacity of a layer, with that of the collapsed ones around it, 0 to 1. */
export function opacityAt(entry: Entry, frame: number): number {
	const own = scalarAt(entry.layer.transform?.opacity, 100, entry.clock(frame)) / 100;
	return entry.within.reduce(
		(product, outer) =>
			product * Math.min(1, Math.max(0, scalarAt(outer.layer.transform?.opacity, 100, outer.clock(frame)) / 100)),
		Math.min(1, Math.max(0, own)),
	);
}

/** The stack of a composition, topmost first. */
export function stack(plan: Plan, compositions: ReadonlyMap<string, CompositionJson>): Entry[] {
	const frames = plan.frames ?? 0;
	return unpacked(merged(plan.layers ?? [], frames), frames, compositions, null);
}

function unpacked(
	layers: readonly LayerJson[],
	frames: number,
	compositions: ReadonlyMap<string, CompositionJson>,
	outer: { entry: Entry; composition: CompositionJson } | null,
): Entry[] {
	const prefix = outer ? `${outer.entry.name}/` : '';
	const middle = outer
		? ([(outer.composition.width ?? 0) / 2, (outer.composition.height ?? 0) / 2] as const)
		: undefined;
	return layers.flatMap((layer) => {
		const entry: Entry = {
			layer,
			name: prefix + (layer.name ?? ''),
			parent: layer.parent ? prefix + layer.parent : outer?.entry.name,
			matte: layer.matte?.layer ? prefix + layer.matte.layer : undefined,
			home: layer.parent ? undefined : middle,
			inFrame: layer.inFrame ?? 0,
			outFrame: layer.outFrame || frames,
			within: outer ? [...outer.entry.within, outer.entry] : [],
			clock: outer ? (frame) => sourceFrame(outer.entry.layer, outer.entry.clock(frame)) : (frame) => frame,
		};
		const composition = layer.collapse ? compositions.get(layer.precomp?.composition ?? '') : undefined;
		if (!composition) return entry;
		entry.centre = [(composition.width ?? 0) / 2, (composition.height ?? 0) / 2];
		const inner = unpacked(composition.layers ?? [], composition.frames ?? 0, compositions, { entry, composition });
		return [...inner, entry];
	});
}

/** Whether a layer is an adjustment of the whole picture, always and fully. */
function whole(layer: LayerJson, frames: number): boolean {
	return (
		layer.adjustment !== undefined &&
		!layer.transform &&
		!layer.parent &&
		!layer.matte &&
		!layer.threeD &&
		!layer.masks?.length &&
		!layer.preserveTransparency &&
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
