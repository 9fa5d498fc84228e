/**
 * Layers in space that cut through each other, in the order in which they are drawn: each is cut along the others' planes until
 * no piece cuts through another (a binary space partition; Fuchs, Kedem and Naylor 1980).
 */
import { Matrix4, Vector3, Vector4 } from 'three';
import type { Box } from './space.js';

/** A flat layer in space. */
export interface Flat<T> {
	what: T;
	box: Box;
	/** From the layer's pixels to the composition's. */
	world: Matrix4;
}

/**
 * A piece of a layer: what lies on the positive sides of lines a x + b y + c = 0 in its own pixels. The fourth number says whether
 * it is the nearer piece, whose edge is softened, or the farther one, which goes on a little below it.
 */
export interface Piece<T> {
	what: T;
	cuts: readonly Vector4[];
}

interface Sheet<T> extends Piece<T> {
	flat: Flat<T>;
	normal: Vector3;
	distance: number;
	/** Corners in the layer's pixels. */
	corners: readonly (readonly [number, number])[];
}

/** Pixels by which layers must pass through each other to be cut. */
const THROUGH = 1e-3;

function sheet<T>(flat: Flat<T>): Sheet<T> {
	const { left, top, width, height } = flat.box;
	const origin = new Vector3().setFromMatrixPosition(flat.world);
	const normal = new Vector3(0, 0, 1).applyMatrix4(new Matrix4().copy(flat.world).setPosition(0, 0, 0));
	const across = new Vector3(1, 0, 0).applyMatrix4(new Matrix4().copy(flat.world).setPosition(0, 0, 0));
	const down = new Vector3(0, 1, 0).applyMatrix4(new Matrix4().copy(flat.world).setPosition(0, 0, 0));
	normal.crossVectors(across, down).normalize();
	return {
		what: flat.what,
		flat,
		cuts: [],
		normal,
		distance: -normal.dot(origin),
		corners: [
			[left, top],
			[left + width, top],
			[left + width, top + height],
			[left, top + height],
		],
	};
}

/** A plane as a line in another layer's pixels. */
function lineOn<T>(plane: Sheet<T>, { flat }: Sheet<T>): Vector3 {
	const at = (x: number, y: number): number =>
		plane.normal.dot(new Vector3(x, y, 0).applyMatrix4(flat.world)) + plane.distance;
	const c = at(0, 0);
	return new Vector3(at(1, 0) - c, at(0, 1) - c, c);
}

function sides<T>(plane: Sheet<T>, other: Sheet<T>): { front: boolean; back: boolean; line: Vector3 } {
	const line = lineOn(plane, other);
	const heights = other.corners.map(([x, y]) => line.x * x + line.y * y + line.z);
	return {
		front: heights.some((height) => height > THROUGH),
		back: heights.some((height) => height < -THROUGH),
		line,
	};
}

/** What is left of corners on the positive side of a line (Sutherland and Hodgman 1974). */
function cutCorners(corners: Sheet<unknown>['corners'], line: Vector3): [number, number][] {
	const height = ([x, y]: readonly [number, number]): number => line.x * x + line.y * y + line.z;
	return corners.flatMap((from, index) => {
		const to = corners[(index + 1) % corners.length] ?? from;
		const [a, b] = [height(from), height(to)];
		const kept: [number, number][] = a >= 0 ? [[from[0], from[1]]] : [];
		if (a >= 0 !== b >= 0) {
			const share = a / (a - b);
			kept.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
		}
		return kept;
	});
}

/** What is left of a sheet on the positive side of a line. */
function cutOff<T>(cutting: Sheet<T>, line: Vector3, near: number): Pick<Sheet<T>, 'corners' | 'cuts'> {
	const cut = new Vector4(line.x, line.y, line.z, near);
	return { corners: cutCorners(cutting.corners, line), cuts: [...cutting.cuts, cut] };
}

/** Whether any two layers cut through each other. */
function crosses<T>(sheets: readonly Sheet<T>[]): boolean {
	return sheets.some((a, index) =>
		sheets.slice(index + 1).some((b) => {
			const [one, other] = [sides(a, b), sides(b, a)];
			if (!one.front || !one.back || !other.front || !other.back) return false;
			// Both reach through the other's plane: do they meet on the line the planes share?
			const along = new Vector3().crossVectors(a.normal, b.normal);
			const spanOf = (cutting: Sheet<T>, line: Vector3): [number, number] => {
				const ends = [line, line.clone().negate()]
					.flatMap((side) => cutCorners(cutting.corners, side))
					.filter(([x, y]) => Math.abs(line.x * x + line.y * y + line.z) < 1e-6 * (1 + Math.abs(line.z)))
					.map(([x, y]) => along.dot(new Vector3(x, y, 0).applyMatrix4(cutting.flat.world)));
				return [Math.min(...ends), Math.max(...ends)];
			};
			const [mine, its] = [spanOf(b, one.line), spanOf(a, other.line)];
			return Math.min(mine[1], its[1]) - Math.max(mine[0], its[0]) > THROUGH;
		}),
	);
}

/**
 * Layers in drawing order, farthest first, cut where they cross.
 *
 * @param eye Where the camera stands, in the composition's pixels.
 * @returns Null when no two of them cross: then their distances alone decide.
 */
export function crossing<T>(flats: readonly Flat<T>[], eye: Vector3): Piece<T>[] | null {
	const sheets = flats.map(sheet);
	if (!crosses(sheets)) return null;
	const order: Piece<T>[] = [];
	const visit = (some: readonly Sheet<T>[]): void => {
		const [plane, ...rest] = some;
		if (!plane) return;
		const front: Sheet<T>[] = [];
		const back: Sheet<T>[] = [];
		const before = plane.normal.dot(eye) + plane.distance > 0;
		for (const other of rest) {
			const side = sides(plane, other);
			if (side.front && side.back) {
				const negative = side.line.clone().negate();
				const [near, far] = before ? [1, 0] : [0, 1];
				front.push({ ...other, ...cutOff(other, side.line, near) });
				back.push({ ...other, ...cutOff(other, negative, far) });
			} else {
				(side.back ? back : front).push(other);
			}
		}
		visit(before ? back : front);
		order.push({ what: plane.what, cuts: plane.cuts });
		visit(before ? front : back);
	};
	visit(sheets);
	return order;
}
