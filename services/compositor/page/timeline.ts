/** Values over time: fixed, or keyframed with bezier eases, each a function of the frame number alone. */
import type { PropertyJson } from '@fancam/protos/motion';

/** A number of protobuf's JSON mapping. */
export function number(value: number | string | undefined, otherwise = 0): number {
	return value === undefined ? otherwise : Number(value);
}

/** Iterations of Newton's method at most; ordinary eases need 3 to 5. */
const STEPS = 12;
/** Reach of a linear handle beside an eased one: After Effects' influence of 16.7 %. */
const LINEAR = 1 / 6;
/** Share of the time between two keyframes within which an ease is solved. */
const CLOSE = 1e-7;

/**
 * The share of the way that a cubic bezier ease has gone at a share of the time.
 *
 * @param x1 Share of time of the handle that leaves, 0-1.
 * @param x2 Share of time of the handle that arrives, 0-1.
 * @param at Share of time, 0-1.
 */
export function ease(x1: number, y1: number, x2: number, y2: number, at: number): number {
	if (at <= 0) return 0;
	if (at >= 1) return 1;
	let t = at;
	let low = 0;
	let high = 1;
	for (let step = 0; step < STEPS; step++) {
		const miss = bezier(x1, x2, t) - at;
		if (Math.abs(miss) < CLOSE) break;
		if (miss > 0) high = t;
		else low = t;
		const slope = 3 * (1 - t) ** 2 * x1 + 6 * (1 - t) * t * (x2 - x1) + 3 * t * t * (1 - x2);
		const next = t - miss / slope;
		// Newton leaves the interval where the curve is flat; halving does not.
		t = next > low && next < high ? next : (low + high) / 2;
	}
	return bezier(y1, y2, t);
}

function bezier(a: number, b: number, t: number): number {
	return 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t * t * b + t ** 3;
}

/** Whether a property moves. */
export function moves(property: PropertyJson | undefined): boolean {
	return (property?.keyframes?.length ?? 0) > 1;
}

/**
 * The value of a property at a frame.
 *
 * @param otherwise Value when the property is absent; axes that the property leaves out come from here too.
 * @param frame Frame of the shot; fractions are fine.
 */
export function valueAt(property: PropertyJson | undefined, otherwise: readonly number[], frame: number): number[] {
	const keyframes = property?.keyframes ?? [];
	const value = keyframes.length ? keyed(keyframes, frame) : (property?.value ?? []).map((part) => number(part));
	return [...value, ...otherwise.slice(value.length)];
}

/** The value of a property of one number at a frame. */
export function scalarAt(property: PropertyJson | undefined, otherwise: number, frame: number): number {
	return valueAt(property, [otherwise], frame)[0] ?? otherwise;
}

function keyed(keyframes: NonNullable<PropertyJson['keyframes']>, frame: number): number[] {
	// The last keyframe at or before the frame, by halving: a motion-captured property has thousands.
	let low = 0;
	let high = keyframes.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (number(keyframes[middle]?.frame) <= frame) low = middle + 1;
		else high = middle;
	}
	const from = keyframes[low - 1];
	const to = keyframes[low];
	const values = (from ?? to)?.value?.map((part) => number(part)) ?? [];
	if (!from || !to || from.hold) return values;
	const start = number(from.frame);
	const at = (frame - start) / (number(to.frame) - start);
	const leave = from.easeOut;
	const arrive = from.easeIn;
	const share =
		leave || arrive
			? ease(
					leave ? number(leave.x) : LINEAR,
					leave ? number(leave.y) : LINEAR,
					arrive ? number(arrive.x) : 1 - LINEAR,
					arrive ? number(arrive.y) : 1 - LINEAR,
					at,
				)
			: at;
	return values.map((part, axis) => part + (number(to.value?.[axis], part) - part) * share);
}
