/** Shapes of a hand: how far each finger is bent, and what that makes of its joints. */
import { Quaternion, Vector3 } from 'three';

/**
 * A shape as degrees in the order of `GRIP`: each finger's bend and that of its tip, then the thumb's bend, its tip's and how far it lies
 * across the palm, then how far the fingers are spread.
 */
export type Grip = readonly number[];

const FINGERS = ['index', 'middle', 'ring', 'little'] as const;

/** How the spread is dealt: a peace sign parts index and middle finger, an open hand all four. */
const SPREAD = [1, 0.2, -0.4, -1] as const;

const grip = (
	index: [number, number],
	middle: [number, number],
	ring: [number, number],
	little: [number, number],
	thumb: [number, number, number],
	spread = 0,
): Grip => [...index, ...middle, ...ring, ...little, ...thumb, spread];

/** Shapes by name. */
export const GRIPS: Record<string, Grip> = {
	relaxed: grip([14, 18], [22, 26], [28, 30], [32, 30], [6, 8, 0], 3),
	open: grip([0, 3], [0, 3], [1, 4], [2, 6], [-10, 0, -14], 12),
	flat: grip([5, 5], [6, 6], [7, 8], [8, 8], [8, 6, 0], 0),
	fist: grip([82, 92], [84, 94], [86, 94], [88, 94], [36, 44, 34]),
	point: grip([2, 4], [86, 92], [88, 92], [90, 92], [34, 40, 30]),
	peace: grip([-2, 2], [-2, 2], [90, 95], [92, 95], [40, 44, 36], 14),
	/** Half of a heart that two hands make: fingers arch to the other hand's, thumbs meet below. */
	heart: grip([66, 66], [64, 68], [64, 68], [66, 64], [-72, -8, 90], -2),
	/** Thumb and index finger cross, the rest are closed. */
	finger_heart: grip([20, 50], [88, 94], [90, 94], [90, 94], [20, 14, 22], 0),
	thumb_up: grip([84, 92], [86, 94], [88, 94], [90, 94], [-30, -4, -34]),
	horns: grip([0, 3], [88, 94], [88, 94], [2, 4], [40, 44, 36], 8),
	ok: grip([48, 50], [10, 12], [6, 10], [2, 8], [22, 30, 34], 10),
	grip: grip([66, 60], [70, 64], [72, 66], [74, 66], [30, 26, 20]),
};

const DEGREE = Math.PI / 180;

/**
 * Rotations of a hand's joints in the avatar's space, parents first.
 *
 * @param hand The hand's own rotation; fingers hang down and outwards in the bind pose, the thumb in front.
 */
export function fingersOf(side: 'l' | 'r', hand: Quaternion, shape: Grip): [string, Quaternion][] {
	const sign = side === 'l' ? 1 : -1;
	const closes = new Vector3(0, 0, -sign); // fingers bend about it towards the palm
	const back = new Vector3(Math.SQRT1_2 * sign, Math.SQRT1_2, 0);
	const along = new Vector3(Math.SQRT1_2 * sign, -Math.SQRT1_2, 0);
	const about = (axis: Vector3, degrees: number): Quaternion =>
		new Quaternion().setFromAxisAngle(axis, degrees * DEGREE);
	const at = (k: number): number => shape[k] ?? 0;
	const out: [string, Quaternion][] = [];
	FINGERS.forEach((finger, k) => {
		const spread = hand.clone().multiply(about(back, -sign * at(11) * (SPREAD[k] ?? 0)));
		out.push([`${finger}_${side}`, spread.clone().multiply(about(closes, at(2 * k)))]);
		out.push([`${finger}_tips_${side}`, spread.multiply(about(closes, at(2 * k) + at(2 * k + 1)))]);
	});
	// The thumb turns about the hand's length to lie across the palm, and bends where it then faces.
	const across = hand.clone().multiply(about(along, sign * at(10)));
	const bend = back
		.clone()
		.multiplyScalar(0.75 * sign)
		.addScaledVector(closes, 0.66)
		.normalize();
	out.push([`thumb_${side}`, across.clone().multiply(about(bend, at(8)))]);
	out.push([`thumb_tips_${side}`, across.multiply(about(bend, at(8) + at(9)))]);
	return out;
}
