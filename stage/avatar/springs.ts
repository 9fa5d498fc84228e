/**
 * Where loose things hang: hair, skirts, earrings on damped springs, at any moment asked first.
 *
 * Nothing is stepped. A damped oscillator that follows a point is a linear filter, so where it is now is the point's past, weighted by the
 * oscillator's answer to a kick: `x(t) = integral of g(s) p(t - s) ds` with `g(s) = w^2 / v * exp(-z w s) * sin(v s)`, `v = w sqrt(1 - z^2)`. A joint
 * carries every point linearly, so weighting the joint's past transforms once gives that place for all points it carries. The past is known,
 * as dances are functions of the beat.
 */
import { Matrix4, Quaternion, Vector3 } from 'three';

/** Joints that loose things hang from; each surface follows the nearest above its heaviest joint. */
export const ANCHORS = ['head', 'chest', 'hips'] as const;

/** Natural frequency in hertz and damping as a share of critical: from quick and lively to slow. Vertices lie between two. */
export const SPRINGS = [
	{ hz: 2.8, damping: 0.2 },
	{ hz: 1.8, damping: 0.34 },
	{ hz: 1.15, damping: 0.42 },
] as const;

/** How far the loosest tip gets from where the body carries it, metres; reached softly. */
export const REACH_M = 0.14;

/** How much of a joint's nod and tilt loose things refuse, since they hang: per anchor. */
const HANG: Record<(typeof ANCHORS)[number], number> = { head: 0.8, chest: 0.5, hips: 0.5 };

/** Where things begin to hang, in the anchor's frame, metres: the nape, the collar, the waist. */
const PIVOT: Record<(typeof ANCHORS)[number], Vector3> = {
	head: new Vector3(0, 0.05, -0.02),
	chest: new Vector3(0, 0.12, 0),
	hips: new Vector3(0, 0.06, 0),
};

/** Seconds between looks into the past, and how many: after 1.6 s the slowest spring remembers 1 %. */
export const STEP_S = 1 / 30;
export const STEPS = 48;

/** Weight of each past moment for a spring, newest first; they add up to 1, so what rests stays where it is. */
export function memory(hz: number, damping: number): Float64Array {
	const w = 2 * Math.PI * hz;
	const v = w * Math.sqrt(1 - damping * damping);
	const weights = Float64Array.from({ length: STEPS }, (_, k) => {
		const s = k * STEP_S;
		return Math.exp(-damping * w * s) * Math.sin(v * s);
	});
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	return weights.map((weight) => weight / total);
}

const MEMORIES = SPRINGS.map(({ hz, damping }) => memory(hz, damping));

/** Which spring a vertex hangs on, as a place in `SPRINGS`: 0 the quickest, fractions between two. */
export function springOf(kind: 'hair' | 'metal' | 'cloth', sway: number, random: number): number {
	if (kind === 'metal') return 0;
	const spread = (random - 0.5) * 0.5;
	// Tips are slower than what is above them, so that a swing runs down a lock.
	const place = kind === 'hair' ? 0.75 + 0.8 * sway + spread : 1.1 + 0.4 * sway;
	return Math.min(SPRINGS.length - 1, Math.max(0, place));
}

/** A joint's transform at a moment, in the avatar's space. */
export interface Carried {
	turn: Quaternion;
	place: Vector3;
}

/**
 * Per spring, by how much it moves the points that an anchor carries: a matrix on bind positions.
 *
 * @param anchor The joint's name.
 * @param bind Its bind position.
 * @param past Its transforms now and `STEP_S`, 2 `STEP_S` ... ago, `STEPS` of them.
 * @param out One matrix per spring, written.
 */
export function hang(
	anchor: (typeof ANCHORS)[number],
	bind: Vector3,
	past: readonly Carried[],
	out: readonly Matrix4[],
): void {
	const [now] = past;
	if (!now || past.length !== STEPS) throw new RangeError(`a spring needs ${STEPS} moments, got ${past.length}`);
	const rigid = carriedBy(now.turn, now.place, bind, new Matrix4()).elements;
	for (const matrix of out) matrix.elements.fill(0);
	const moment = new Matrix4();
	const level = new Quaternion();
	const pivot = new Vector3();
	past.forEach(({ turn, place }, k) => {
		// It hangs from its pivot with part of the joint's turn: all of the yaw, little of nod and tilt.
		level
			.set(0, turn.y, 0, turn.w)
			.normalize()
			.slerp(turn, 1 - HANG[anchor]);
		pivot.copy(PIVOT[anchor]).applyQuaternion(turn).add(place);
		const { elements } = carriedBy(level, pivot, PIVOT[anchor].clone().add(bind), moment);
		out.forEach((matrix, spring) => {
			const weight = MEMORIES[spring]?.[k] ?? 0;
			for (let i = 0; i < 16; i++) matrix.elements[i] = (matrix.elements[i] ?? 0) + weight * (elements[i] ?? 0);
		});
	});
	for (const matrix of out) {
		for (let i = 0; i < 16; i++) matrix.elements[i] = (matrix.elements[i] ?? 0) - (rigid[i] ?? 0);
	}
}

/** The matrix that turns about `from` and puts it at `to`. */
function carriedBy(turn: Quaternion, to: Vector3, from: Vector3, out: Matrix4): Matrix4 {
	const origin = from.clone().negate().applyQuaternion(turn).add(to);
	return out.makeRotationFromQuaternion(turn).setPosition(origin);
}

/** GLSL of the vertex stage: `hung` gives where a vertex at `at` hangs; bind position `rest`, looseness `sway`. */
export const SPRING_SHADER = /* glsl */ `
	uniform mat4 springs[${ANCHORS.length * SPRINGS.length}]; // by anchor, then spring: what it adds to where the body carries a point
	uniform vec3 hipsPlace, neckPlace;
	vec3 hung(vec3 at, vec3 rest, float sway, vec2 spring) {
		int first = int(spring.x + 0.5) * ${SPRINGS.length} + int(min(spring.y, ${(SPRINGS.length - 1.001).toFixed(3)}));
		float between = spring.y - min(floor(spring.y), ${(SPRINGS.length - 2).toFixed(1)});
		vec4 point = vec4(rest, 1.0);
		vec3 pull = mix((springs[first] * point).xyz, (springs[first + 1] * point).xyz, between) * sway;
		pull.y *= 0.35; // a thread does not get longer
		float reach = ${REACH_M.toFixed(3)} * sway;
		pull *= inversesqrt(1.0 + dot(pull, pull) / (reach * reach));
		pull.y += dot(pull.xz, pull.xz) * 1.4; // what swings on a length rises
		vec3 free = at + pull;
		// The body is a column from hips to neck: nothing gets deeper into it than it lies at rest.
		float along = clamp((free.y - hipsPlace.y) / max(0.05, neckPlace.y - hipsPlace.y), -0.6, 1.3);
		vec2 axis = mix(hipsPlace.xz, neckPlace.xz, along);
		vec2 off = free.xz - axis;
		float keep = min(length(rest.xz), 0.16) * 0.94;
		float far = length(off);
		if (far < keep) free.xz = axis + off * min(keep / max(far, 1e-4), 2.0);
		return free;
	}`;
