/** Values over time: fixed, or keyframed with bezier eases and paths through space, each a function of the frame alone. */
import type { BezierPathJson, HandleJson, KeyframeJson, PathJson, PropertyJson } from '@fancam/protos/motion';

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

/** What lies around a frame: the keyframes before and after, and the share of the way between them in time. */
function around<K extends { frame?: number | string }>(
	keyframes: readonly K[],
	frame: number,
): [from: K | undefined, to: K | undefined, at: number] {
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
	if (!from || !to) return [from, to, 0];
	const start = number(from.frame);
	return [from, to, (frame - start) / (number(to.frame) - start)];
}

function eased(leave: HandleJson | undefined, arrive: HandleJson | undefined, at: number): number {
	if (!leave && !arrive) return at;
	return ease(
		leave ? number(leave.x) : LINEAR,
		leave ? number(leave.y) : LINEAR,
		arrive ? number(arrive.x) : 1 - LINEAR,
		arrive ? number(arrive.y) : 1 - LINEAR,
		at,
	);
}

function keyed(keyframes: readonly KeyframeJson[], frame: number): number[] {
	const [from, to, at] = around(keyframes, frame);
	const values = numbers((from ?? to)?.value);
	if (!from || !to || from.hold) return values;
	const share = eased(from.easeOut, from.easeIn, at);
	if (from.spatialOut?.length || from.spatialIn?.length) return course(from, to).at(share);
	const perAxis = from.easeOutAxes?.length || from.easeInAxes?.length;
	return values.map((part, axis) => {
		const own = perAxis
			? eased(from.easeOutAxes?.[axis] ?? from.easeOut, from.easeInAxes?.[axis] ?? from.easeIn, at)
			: share;
		return part + (number(to.value?.[axis], part) - part) * own;
	});
}

function numbers(values: readonly (number | string)[] | undefined): number[] {
	return (values ?? []).map((part) => number(part));
}

/** Pieces into which a path through space is cut to measure it: the length is right to about a part in ten thousand. */
const PIECES = 128;

/** A cubic path through space that is walked by its length. */
class Course {
	readonly #points: readonly number[][];
	readonly #lengths: readonly number[];

	constructor(from: readonly number[], leave: readonly number[], arrive: readonly number[], to: readonly number[]) {
		const [points, lengths] = [[[...from]], [0]] as [number[][], number[]];
		for (let piece = 1; piece <= PIECES; piece++) {
			const t = piece / PIECES;
			const point = from.map((a, axis) => {
				const d = to[axis] ?? a;
				const [b, c] = [a + (leave[axis] ?? 0), d + (arrive[axis] ?? 0)];
				return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t * t * c + t ** 3 * d;
			});
			const before = points[piece - 1] ?? point;
			lengths.push((lengths[piece - 1] ?? 0) + Math.hypot(...point.map((part, axis) => part - (before[axis] ?? 0))));
			points.push(point);
		}
		this.#points = points;
		this.#lengths = lengths;
	}

	/** The point at a share of the length; beyond the ends it goes on straight. */
	at(share: number): number[] {
		const wanted = share * (this.#lengths[PIECES] ?? 0);
		let piece = 1;
		while (piece < PIECES && (this.#lengths[piece] ?? 0) < wanted) piece++;
		const [a, b] = [this.#points[piece - 1] ?? [], this.#points[piece] ?? []];
		const [start, end] = [this.#lengths[piece - 1] ?? 0, this.#lengths[piece] ?? 0];
		const t = end > start ? (wanted - start) / (end - start) : 0;
		return a.map((part, axis) => part + ((b[axis] ?? part) - part) * t);
	}
}

const courses = new WeakMap<KeyframeJson, Course>();

function course(from: KeyframeJson, to: KeyframeJson): Course {
	let found = courses.get(from);
	if (!found) {
		found = new Course(numbers(from.value), numbers(from.spatialOut), numbers(from.spatialIn), numbers(to.value));
		courses.set(from, found);
	}
	return found;
}

/** A bezier path at one moment: x and y of each vertex, and of its handles from it. */
export interface Outline {
	vertices: number[];
	arriving: number[];
	leaving: number[];
	closed: boolean;
}

function outline(path: BezierPathJson | undefined): Outline {
	const vertices = numbers(path?.vertices);
	const straight = (): number[] => vertices.map(() => 0);
	return {
		vertices,
		arriving: path?.inTangents?.length ? numbers(path.inTangents) : straight(),
		leaving: path?.outTangents?.length ? numbers(path.outTangents) : straight(),
		closed: path?.closed ?? false,
	};
}

/** The shape of a path at a frame. */
export function pathAt(path: PathJson | undefined, frame: number): Outline {
	const keyframes = path?.keyframes ?? [];
	if (!keyframes.length) return outline(path?.value);
	const [from, to, at] = around(keyframes, frame);
	const here = outline((from ?? to)?.value);
	if (!from || !to || from.hold) return here;
	const there = outline(to.value);
	const share = eased(from.easeOut, from.easeIn, at);
	const between = (a: number[], b: number[]): number[] =>
		a.map((part, index) => part + ((b[index] ?? part) - part) * share);
	return {
		vertices: between(here.vertices, there.vertices),
		arriving: between(here.arriving, there.arriving),
		leaving: between(here.leaving, there.leaving),
		closed: here.closed,
	};
}

/**
 * What a message's properties are worth at a frame, as a string: equal strings mean equal pictures. Made once from the
 * message, so that nothing is searched for while drawing.
 */
export class Signature {
	readonly #moving: PropertyJson[] = [];
	readonly #paths: PathJson[] = [];

	constructor(message: unknown) {
		this.#collect(message);
	}

	/** Whether nothing in the message ever moves. */
	get still(): boolean {
		return this.#moving.length === 0 && this.#paths.length === 0;
	}

	at(frame: number): string {
		if (this.still) return '';
		return [
			...this.#moving.map((property) => valueAt(property, [], frame).join(' ')),
			...this.#paths.map((path) => Object.values(pathAt(path, frame)).join(' ')),
		].join(';');
	}

	#collect(value: unknown): void {
		if (Array.isArray(value)) {
			for (const part of value) this.#collect(part);
		} else if (value !== null && typeof value === 'object') {
			const { keyframes } = value as { keyframes?: unknown[] };
			if (Array.isArray(keyframes)) {
				if (keyframes.length < 2) return;
				const first = keyframes[0] as { value?: unknown };
				if (Array.isArray(first.value)) this.#moving.push(value as PropertyJson);
				else this.#paths.push(value as PathJson);
			} else {
				for (const part of Object.values(value)) this.#collect(part);
			}
		}
	}
}
