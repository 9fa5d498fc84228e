/** Text animators: which share of each animator every part of a text gets, and what that does to it. See `text.proto`. */
import type { RangeSelectorJson, TextAnimatorJson, TextPartJson } from '@fancam/protos/text';
import { ease, number, scalarAt, valueAt } from './timeline.js';

/** A part of a text that moves as one: a letter with its marks, or where letters join, a word. */
export interface Part {
	/** Its number among all parts, among those that are no spaces (-1 of a space), its word's and its line's. */
	character: number;
	inked: number;
	word: number;
	line: number;
}

/** How many there are of each. */
export interface Counts {
	characters: number;
	inked: number;
	words: number;
	lines: number;
}

/** What animators do to a part. */
export interface Motion {
	x: number;
	y: number;
	scaleX: number;
	scaleY: number;
	rotation: number;
	skew: number;
	opacity: number;
	anchorX: number;
	anchorY: number;
	/** Thousandths of an em. */
	tracking: number;
	blur: number;
	fill: readonly [number, number, number];
	stroke: readonly [number, number, number];
	strokeWidth: number;
}

function counted(basedOn: TextPartJson | undefined, part: Part, counts: Counts): [index: number, count: number] {
	switch (basedOn) {
		case 'TEXT_PART_CHARACTERS_WITHOUT_SPACES':
			return [part.inked, counts.inked];
		case 'TEXT_PART_WORDS':
			return [part.word, counts.words];
		case 'TEXT_PART_LINES':
			return [part.line, counts.lines];
		default:
			return [part.character, counts.characters];
	}
}

/** The share of a range selector that a part gets, -1 to 1. */
export function shareOf(selector: RangeSelectorJson, part: Part, counts: Counts, frame: number): number {
	const [index, count] = counted(selector.basedOn, part, counts);
	if (index < 0) return 0;
	const place = selector.randomOrder ? (shuffled(count, number(selector.randomSeed))[index] ?? index) : index;
	const unit = selector.counts ? 1 : count / 100;
	const offset = scalarAt(selector.offset, 0, frame);
	const ends = [
		(scalarAt(selector.start, 0, frame) + offset) * unit,
		(scalarAt(selector.end, selector.counts ? count : 100, frame) + offset) * unit,
	];
	const [start, end] = [Math.min(...ends), Math.max(...ends)];
	const amount = scalarAt(selector.amount, 100, frame) / 100;
	return amount * shaped(selector, place, start, end, frame);
}

function shaped(selector: RangeSelectorJson, index: number, start: number, end: number, frame: number): number {
	const clamp = (value: number): number => Math.min(1, Math.max(0, value));
	const within = end > start ? clamp((index + 0.5 - start) / (end - start)) : index >= end ? 1 : 0;
	const eased = (value: number): number => {
		const [high, low] = [scalarAt(selector.easeHigh, 0, frame) / 100, scalarAt(selector.easeLow, 0, frame) / 100];
		if (high === 0 && low === 0) return value;
		return ease(Math.max(0, low), Math.max(0, -low), 1 - Math.max(0, high), 1 - Math.max(0, -high), value);
	};
	switch (selector.shape) {
		case 'SELECTOR_SHAPE_RAMP_UP':
			return eased(within);
		case 'SELECTOR_SHAPE_RAMP_DOWN':
			return eased(1 - within);
		case 'SELECTOR_SHAPE_TRIANGLE':
			return eased(within < 0.5 ? 2 * within : 2 - 2 * within);
		case 'SELECTOR_SHAPE_ROUND':
			return eased(Math.sqrt(Math.max(0, 1 - (2 * within - 1) ** 2)));
		case 'SELECTOR_SHAPE_SMOOTH':
			return eased((1 - Math.cos(2 * Math.PI * within)) / 2);
		default:
			return clamp(Math.min(index + 1, end) - Math.max(index, start));
	}
}

/** An order of `count` numbers that depends on the seed alone (Fisher and Yates, by PCG's generator). */
function shuffled(count: number, seed: number): number[] {
	const order = Array.from({ length: count }, (_, index) => index);
	let state = (Math.imul(seed, 747796405) + 2891336453) >>> 0;
	for (let last = count - 1; last > 0; last--) {
		state = (Math.imul(state, 747796405) + 2891336453) >>> 0;
		const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
		const other = (((word >>> 22) ^ word) >>> 0) % (last + 1);
		[order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
	}
	return order;
}

type Triple = readonly [number, number, number];

function triple(values: readonly number[]): Triple {
	return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0];
}

function mixed(from: Triple, to: Triple, share: number): Triple {
	return [0, 1, 2].map(
		(axis) => (from[axis] ?? 0) + ((to[axis] ?? 0) - (from[axis] ?? 0)) * share,
	) as unknown as Triple;
}

/**
 * What all animators do to a part at a frame.
 *
 * @param plain Colours and stroke width of the text itself.
 */
export function motionOf(
	animators: readonly TextAnimatorJson[],
	part: Part,
	counts: Counts,
	plain: Pick<Motion, 'fill' | 'stroke' | 'strokeWidth'>,
	frame: number,
): Motion {
	const motion: Motion = {
		x: 0,
		y: 0,
		scaleX: 1,
		scaleY: 1,
		rotation: 0,
		skew: 0,
		opacity: 1,
		anchorX: 0,
		anchorY: 0,
		tracking: 0,
		blur: 0,
		...plain,
	};
	for (const animator of animators) {
		const share = (animator.selectors ?? []).reduce(
			(product, selector) => product * shareOf(selector, part, counts, frame),
			1,
		);
		if (share === 0) continue;
		const [x = 0, y = 0] = valueAt(animator.position, [0, 0], frame);
		motion.x += x * share;
		motion.y += y * share;
		const [scaleX = 100, scaleY = scaleX] = valueAt(animator.scale, [], frame);
		motion.scaleX *= 1 + (scaleX / 100 - 1) * share;
		motion.scaleY *= 1 + (scaleY / 100 - 1) * share;
		motion.rotation += scalarAt(animator.rotation, 0, frame) * share;
		motion.skew += scalarAt(animator.skew, 0, frame) * share;
		motion.opacity *= 1 + (scalarAt(animator.opacity, 100, frame) / 100 - 1) * share;
		const [anchorX = 0, anchorY = 0] = valueAt(animator.anchorPoint, [0, 0], frame);
		motion.anchorX += anchorX * share;
		motion.anchorY += anchorY * share;
		motion.tracking += scalarAt(animator.tracking, 0, frame) * share;
		motion.blur += scalarAt(animator.blur, 0, frame) * share;
		if (animator.fill) motion.fill = mixed(motion.fill, triple(valueAt(animator.fill, [0, 0, 0], frame)), share);
		if (animator.stroke) {
			motion.stroke = mixed(motion.stroke, triple(valueAt(animator.stroke, [0, 0, 0], frame)), share);
		}
		if (animator.strokeWidth) {
			motion.strokeWidth += (scalarAt(animator.strokeWidth, 0, frame) - motion.strokeWidth) * share;
		}
	}
	motion.opacity = Math.min(1, Math.max(0, motion.opacity));
	return motion;
}
