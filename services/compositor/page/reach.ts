/** How far a layer's effects reach beyond its box, over all the time it is seen. */
import type { EffectJson } from '@fancam/protos/effect';
import type { PropertyJson } from '@fancam/protos/motion';
import { Vector3 } from 'three';
import { type Box, localMatrix } from './space.js';
import { number, valueAt } from './timeline.js';

/** How far a layer's bloom may reach beyond its box, as a share of the box's shorter side. */
const BLOOM_REACH = 0.35;
/** Deviations after which nothing is left of a Gaussian in 8 bits. */
const DEVIATIONS = 3;
/** Frames that are looked at where a place moves. */
const LOOKS = 60;
/** Sides by which a box may grow at most: a layer that is thrown far away is not followed there. */
const FARTHEST = 3;

/** The greatest of a property's first numbers, without what eases add. */
function most(property: PropertyJson | undefined, otherwise: number): number {
	const keyframes = property?.keyframes ?? [];
	return Math.max(
		...valueAt(property, [otherwise], 0).slice(0, 1),
		...keyframes.map((keyframe) => number(keyframe.value?.[0])),
	);
}

/** The least, with the sign turned. */
function least(property: PropertyJson | undefined): number {
	const keyframes = property?.keyframes ?? [];
	return Math.max(
		...valueAt(property, [0], 0)
			.slice(0, 1)
			.map((value) => -value),
		...keyframes.map((keyframe) => -number(keyframe.value?.[0])),
	);
}

/** By how many pixels an effect spills to all sides. */
function spill(effect: EffectJson, box: Box): number {
	const { bloom, gaussianBlur, glow, dropShadow, directionalBlur, chromaticAberration, simpleChoker, waveWarp } =
		effect;
	if (bloom) return BLOOM_REACH * Math.min(box.width, box.height);
	if (gaussianBlur) return DEVIATIONS * most(gaussianBlur.radiusPx, 0);
	if (glow) return (DEVIATIONS / 2) * most(glow.radius, 10);
	if (dropShadow) return most(dropShadow.distance, 5) + (DEVIATIONS / 2) * most(dropShadow.softness, 0);
	if (directionalBlur) return most(directionalBlur.length, 0);
	if (chromaticAberration) return most(chromaticAberration.distance, 0);
	if (simpleChoker) return Math.max(0, least(simpleChoker.choke)) + 1;
	if (waveWarp) return most(waveWarp.height, 10);
	if (effect.radialBlur) return 0.25 * Math.max(box.width, box.height);
	return 0;
}

/** Places of the box's corners after an effect that takes the layer elsewhere. */
function places(effect: EffectJson, box: Box, frame: number): readonly (readonly number[])[] {
	const { left, top, width, height } = box;
	if (effect.cornerPin) {
		const { upperLeft, upperRight, lowerLeft, lowerRight } = effect.cornerPin;
		return [upperLeft, upperRight, lowerLeft, lowerRight].map((corner) => valueAt(corner, [0, 0], frame));
	}
	const middle = [left + width / 2, top + height / 2] as const;
	const matrix = localMatrix(effect.transform?.transform, middle, middle, false, frame);
	return [
		[left, top],
		[left + width, top],
		[left, top + height],
		[left + width, top + height],
	].map(([x = 0, y = 0]) => new Vector3(x, y, 0).applyMatrix4(matrix).toArray());
}

/** A box with room for what effects spill over its edges; the same box where they spill nothing. */
export function grown(box: Box, effects: readonly EffectJson[], [first, end]: readonly [number, number]): Box {
	let { left, top } = box;
	let [right, bottom] = [left + box.width, top + box.height];
	for (const effect of effects) {
		if (effect.cornerPin || effect.transform) {
			const now = { left, top, width: right - left, height: bottom - top };
			const stride = Math.max(1, Math.floor((end - first) / LOOKS));
			for (let frame = first; frame < end; frame += stride) {
				for (const [x = 0, y = 0] of places(effect, now, frame)) {
					left = Math.min(left, x - 1);
					right = Math.max(right, x + 1);
					top = Math.min(top, y - 1);
					bottom = Math.max(bottom, y + 1);
				}
			}
		} else {
			const reach = Math.ceil(spill(effect, box));
			[left, top, right, bottom] = [left - reach, top - reach, right + reach, bottom + reach];
		}
	}
	if (left === box.left && top === box.top && right === left + box.width && bottom === top + box.height) return box;
	[left, top] = [Math.max(left, box.left - FARTHEST * box.width), Math.max(top, box.top - FARTHEST * box.height)];
	right = Math.min(right, box.left + (1 + FARTHEST) * box.width);
	bottom = Math.min(bottom, box.top + (1 + FARTHEST) * box.height);
	[left, top] = [Math.floor(left), Math.floor(top)];
	return { left, top, width: Math.ceil(right - left), height: Math.ceil(bottom - top) };
}
