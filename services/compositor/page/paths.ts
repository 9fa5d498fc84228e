/** Bezier paths as numbers: measured, cut, bent and handed to a canvas. Knows nothing of layers or time. */
import type { Outline } from './timeline.js';

/** x and y. */
export type Point = readonly [number, number];

/** A cubic from a point through two handles to a point. */
export type Cubic = readonly [Point, Point, Point, Point];

/** A path of cubics, each beginning where the one before ends. */
export interface Contour {
	cubics: Cubic[];
	closed: boolean;
}

/** Handle of a cubic that is nearest to a quarter of a circle, as a share of the radius. */
const ROUND = 0.5522847498;
/** Pieces in which a cubic is measured. */
const PIECES = 64;

function add([x, y]: Point, [u, v]: Point, share = 1): Point {
	return [x + u * share, y + v * share];
}

export function between(a: Point, b: Point, share: number): Point {
	return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}

export function distance(a: Point, b: Point): number {
	return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** A contour of an outline's vertices and handles. */
export function contourOf({ vertices, arriving, leaving, closed }: Outline): Contour {
	const count = vertices.length / 2;
	const at = (list: number[], index: number): Point => [list[2 * index] ?? 0, list[2 * index + 1] ?? 0];
	const cubics: Cubic[] = [];
	for (let index = 0; index < (closed ? count : count - 1); index++) {
		const next = (index + 1) % count;
		const [from, to] = [at(vertices, index), at(vertices, next)];
		cubics.push([from, add(from, at(leaving, index)), add(to, at(arriving, next)), to]);
	}
	return { cubics, closed };
}

/** A contour of straight lines. */
export function polygon(points: readonly Point[], closed = true): Contour {
	const ends = closed ? [...points.slice(1), points[0] as Point] : points.slice(1);
	return { closed, cubics: ends.map((to, index) => line(points[index] as Point, to)) };
}

export function line(from: Point, to: Point): Cubic {
	return [from, between(from, to, 1 / 3), between(from, to, 2 / 3), to];
}

export function ellipse(middle: Point, width: number, height: number): Contour {
	const [a, b] = [width / 2, height / 2];
	const corner = (fromX: number, fromY: number, toX: number, toY: number): Cubic => [
		[middle[0] + a * fromX, middle[1] + b * fromY],
		[middle[0] + a * (fromX + ROUND * toX), middle[1] + b * (fromY + ROUND * toY)],
		[middle[0] + a * (toX + ROUND * fromX), middle[1] + b * (toY + ROUND * fromY)],
		[middle[0] + a * toX, middle[1] + b * toY],
	];
	return {
		closed: true,
		cubics: [corner(0, -1, 1, 0), corner(1, 0, 0, 1), corner(0, 1, -1, 0), corner(-1, 0, 0, -1)],
	};
}

/** A rectangle that begins at its upper right corner and runs clockwise, as After Effects draws it. */
export function rectangle(middle: Point, width: number, height: number, roundness: number): Contour {
	const [a, b] = [width / 2, height / 2];
	const [x, y] = middle;
	const corners = polygon([
		[x + a, y - b],
		[x + a, y + b],
		[x - a, y + b],
		[x - a, y - b],
	]);
	return roundness > 0 ? rounded(corners, Math.min(roundness, Math.abs(a), Math.abs(b))) : corners;
}

/** A star, or without an inner radius a polygon. */
export function star(
	middle: Point,
	points: number,
	outer: number,
	inner: number | null,
	roundness: readonly [outer: number, inner: number],
	degrees: number,
): Contour {
	const corners = inner === null ? points : 2 * points;
	const step = (2 * Math.PI) / corners;
	const vertices: Point[] = [];
	const handles: Point[] = [];
	for (let corner = 0; corner < corners; corner++) {
		const tip = inner === null || corner % 2 === 0;
		const radius = tip ? outer : (inner as number);
		const angle = (degrees * Math.PI) / 180 - Math.PI / 2 + corner * step;
		vertices.push([middle[0] + radius * Math.cos(angle), middle[1] + radius * Math.sin(angle)]);
		const reach = ((tip ? roundness[0] : roundness[1]) / 100) * ((2 * Math.PI * radius) / (corners * 2));
		handles.push([-Math.sin(angle) * reach, Math.cos(angle) * reach]);
	}
	return {
		closed: true,
		cubics: vertices.map((from, index) => {
			const next = (index + 1) % corners;
			const to = vertices[next] as Point;
			return [from, add(from, handles[index] as Point), add(to, handles[next] as Point, -1), to];
		}),
	};
}

export function reversed({ cubics, closed }: Contour): Contour {
	return { closed, cubics: cubics.toReversed().map(([a, b, c, d]) => [d, c, b, a]) };
}

/** The same path with every point taken elsewhere. */
export function mapped({ cubics, closed }: Contour, move: (point: Point) => Point): Contour {
	return { closed, cubics: cubics.map(([a, b, c, d]) => [move(a), move(b), move(c), move(d)]) };
}

function pointOn([a, b, c, d]: Cubic, t: number): Point {
	const s = 1 - t;
	const [p, q, r, w] = [s ** 3, 3 * s * s * t, 3 * s * t * t, t ** 3];
	return [a[0] * p + b[0] * q + c[0] * r + d[0] * w, a[1] * p + b[1] * q + c[1] * r + d[1] * w];
}

/** The part of a cubic from one parameter to another. */
function part(cubic: Cubic, from: number, to: number): Cubic {
	const [, , , end] = cut(cubic, to)[0];
	const [, rest] = cut(cut(cubic, to)[0], to > 0 ? from / to : 0);
	return [rest[0], rest[1], rest[2], end];
}

function cut([a, b, c, d]: Cubic, t: number): [Cubic, Cubic] {
	const [ab, bc, cd] = [between(a, b, t), between(b, c, t), between(c, d, t)];
	const [abc, bcd] = [between(ab, bc, t), between(bc, cd, t)];
	const middle = between(abc, bcd, t);
	return [
		[a, ab, abc, middle],
		[middle, bcd, cd, d],
	];
}

/** Lengths up to equal steps of the parameter. */
function lengths(cubic: Cubic): number[] {
	const sums = [0];
	let before = cubic[0];
	for (let piece = 1; piece <= PIECES; piece++) {
		const point = pointOn(cubic, piece / PIECES);
		sums.push((sums[piece - 1] ?? 0) + distance(before, point));
		before = point;
	}
	return sums;
}

export function lengthOf({ cubics }: Contour): number {
	return cubics.reduce((sum, cubic) => sum + (lengths(cubic)[PIECES] ?? 0), 0);
}

/** The part of a contour between two lengths; of a closed one it may begin before its end and go on beyond it. */
export function stretchOf(contour: Contour, from: number, to: number): Contour {
	const whole = lengthOf(contour);
	const cubics: Cubic[] = [];
	for (const turn of contour.closed ? [-1, 0, 1] : [0]) {
		let start = turn * whole;
		for (const cubic of contour.cubics) {
			const sums = lengths(cubic);
			const own = sums[PIECES] ?? 0;
			const [first, last] = [Math.max(from, start), Math.min(to, start + own)];
			if (last > first + 1e-9) cubics.push(part(cubic, parameter(sums, first - start), parameter(sums, last - start)));
			start += own;
		}
	}
	return { cubics, closed: contour.closed && to - from >= whole - 1e-6 };
}

function parameter(sums: readonly number[], length: number): number {
	let piece = 1;
	while (piece < PIECES && (sums[piece] ?? 0) < length) piece++;
	const [low, high] = [sums[piece - 1] ?? 0, sums[piece] ?? 0];
	return Math.min(1, Math.max(0, (piece - 1 + (high > low ? (length - low) / (high - low) : 0)) / PIECES));
}

/** Corners between straight lines replaced by arcs that begin `radius` before them. */
export function rounded(contour: Contour, radius: number): Contour {
	const { cubics, closed } = contour;
	if (radius <= 0 || cubics.length < 2) return contour;
	const result: Cubic[] = [];
	const starts = cubics.map(([from]) => from);
	const trimmed = cubics.map((cubic, index): Cubic => {
		const straight = isStraight(cubic);
		const size = distance(cubic[0], cubic[3]);
		const reach = Math.min(radius, size / 2);
		const before = closed || index > 0 ? cubics.at(index - 1) : undefined;
		const after = closed || index + 1 < cubics.length ? cubics[(index + 1) % cubics.length] : undefined;
		if (!straight || size === 0) return cubic;
		const from = before && isStraight(before) ? between(cubic[0], cubic[3], reach / size) : cubic[0];
		const to = after && isStraight(after) ? between(cubic[3], cubic[0], reach / size) : cubic[3];
		return line(from, to);
	});
	for (const [index, cubic] of trimmed.entries()) {
		result.push(cubic);
		const next = closed || index + 1 < trimmed.length ? trimmed[(index + 1) % trimmed.length] : undefined;
		const corner = starts[(index + 1) % starts.length] as Point;
		if (next && distance(cubic[3], next[0]) > 1e-9) {
			result.push([cubic[3], between(cubic[3], corner, ROUND), between(next[0], corner, ROUND), next[0]]);
		}
	}
	return { cubics: result, closed };
}

function isStraight([a, b, c, d]: Cubic): boolean {
	const across = (p: Point): number => Math.abs((d[0] - a[0]) * (p[1] - a[1]) - (d[1] - a[1]) * (p[0] - a[0]));
	return across(b) + across(c) <= 1e-6 * (1 + distance(a, d) ** 2);
}

/** Vertices drawn towards the middle of all vertices, and handles away from it, by percent; negative the other way round. */
export function puckered(contour: Contour, percent: number): Contour {
	const share = percent / 100;
	const corners = contour.cubics.map(([from]) => from);
	const middle: Point = [
		corners.reduce((sum, [x]) => sum + x, 0) / corners.length,
		corners.reduce((sum, [, y]) => sum + y, 0) / corners.length,
	];
	return {
		closed: contour.closed,
		cubics: contour.cubics.map(([a, b, c, d]) => [
			between(a, middle, share),
			between(b, middle, -share),
			between(c, middle, -share),
			between(d, middle, share),
		]),
	};
}

/** Ridges along a path, `size` to either side. */
export function zigzag(contour: Contour, size: number, ridges: number, smooth: boolean): Contour {
	const points: Point[] = [];
	const along: Point[] = [];
	let side = -1;
	const steps = Math.max(0, Math.round(ridges)) + 1;
	for (const cubic of contour.cubics) {
		const sums = lengths(cubic);
		const whole = sums[PIECES] ?? 0;
		for (let step = 0; step < steps; step++) {
			const t = parameter(sums, (whole * step) / steps);
			const [here, before, after] = [
				pointOn(cubic, t),
				pointOn(cubic, Math.max(0, t - 1e-4)),
				pointOn(cubic, Math.min(1, t + 1e-4)),
			];
			const apart = distance(before, after) || 1;
			const way: Point = [(after[0] - before[0]) / apart, (after[1] - before[1]) / apart];
			points.push([here[0] - way[1] * size * side, here[1] + way[0] * size * side]);
			along.push(way);
			side = -side;
		}
	}
	const last = contour.cubics.at(-1);
	if (!contour.closed && last) points.push(last[3]);
	const result = polygon(points, contour.closed);
	if (!smooth) return result;
	return {
		closed: result.closed,
		cubics: result.cubics.map(([a, , , d], index) => {
			const reach = distance(a, d) / 2;
			const leave = along[index] ?? [0, 0];
			const arrive = along[(index + 1) % along.length] ?? [0, 0];
			return [a, add(a, leave, reach), add(d, arrive, -reach), d];
		}),
	};
}

/** Each point turned about the middle by an angle that falls with its distance from it, as a share of the farthest point's. */
export function twisted(contours: readonly Contour[], degrees: number, center: Point): Contour[] {
	const box = boundsOf(contours);
	const middle: Point = box ? [(box[0] + box[2]) / 2 + center[0], (box[1] + box[3]) / 2 + center[1]] : center;
	const reach = Math.max(1e-6, ...contours.flatMap(({ cubics }) => cubics.map(([from]) => distance(from, middle))));
	const turn = (point: Point): Point => {
		const angle = (1 - distance(point, middle) / reach) * ((degrees * Math.PI) / 180);
		const [x, y] = [point[0] - middle[0], point[1] - middle[1]];
		return [
			middle[0] + x * Math.cos(angle) - y * Math.sin(angle),
			middle[1] + x * Math.sin(angle) + y * Math.cos(angle),
		];
	};
	// Short pieces bend as their points do.
	return contours.map(({ cubics, closed }) => ({
		closed,
		cubics: cubics.flatMap((cubic) =>
			Array.from({ length: 8 }, (_, index): Cubic => {
				const piece = part(cubic, index / 8, (index + 1) / 8);
				return [turn(piece[0]), turn(piece[1]), turn(piece[2]), turn(piece[3])];
			}),
		),
	}));
}

/** Left, top, right, bottom of all points and handles; null of nothing. */
export function boundsOf(contours: readonly Contour[]): [number, number, number, number] | null {
	const points = contours.flatMap(({ cubics }) => cubics.flat());
	if (!points.length) return null;
	let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
	for (const [x, y] of points) {
		left = Math.min(left, x);
		top = Math.min(top, y);
		right = Math.max(right, x);
		bottom = Math.max(bottom, y);
	}
	return [left, top, right, bottom];
}

/** What a canvas fills and strokes. */
export function penPath(contours: readonly Contour[]): Path2D {
	const path = new Path2D();
	for (const { cubics, closed } of contours) {
		const first = cubics[0];
		if (!first) continue;
		path.moveTo(first[0][0], first[0][1]);
		for (const [, b, c, d] of cubics) path.bezierCurveTo(b[0], b[1], c[0], c[1], d[0], d[1]);
		if (closed) path.closePath();
	}
	return path;
}

/** Area of a contour, positive when it runs clockwise on screen. */
export function areaOf({ cubics }: Contour): number {
	let sum = 0;
	for (const cubic of cubics) {
		for (let piece = 0; piece < 16; piece++) {
			const [a, b] = [pointOn(cubic, piece / 16), pointOn(cubic, (piece + 1) / 16)];
			sum += a[0] * b[1] - b[0] * a[1];
		}
	}
	return sum / 2;
}
