/**
 * After Effects' space: x right, y down, z away from the viewer, so that all rotations are right-handed and a positive turn
 * about z is clockwise on screen. Matrices take points of a layer to clip space; three.js only multiplies them.
 */
import type { TransformJson } from '@fancam/protos/motion';
import type { CameraJson, LayerJson } from '@fancam/protos/shot';
import { Matrix4, Vector3, Vector4 } from 'three';
import { scalarAt, valueAt } from './timeline.js';

const DEGREE = Math.PI / 180;
/** Width of the film behind After Effects' lenses, and the lens of its default camera, in millimetres. */
const FILM_MM = 36;
const LENS_MM = 50;

/** Where a layer's picture lies in the layer's own pixels. */
export interface Box {
	left: number;
	top: number;
	width: number;
	height: number;
}

/** The zoom of After Effects' 50 mm camera, in pixels of a composition this wide. */
export function defaultZoom(width: number): number {
	return (width * LENS_MM) / FILM_MM;
}

/**
 * From a layer's pixels to its parent's.
 *
 * @param centre The layer's centre in its own pixels: the anchor point when none is given.
 * @param home Where the anchor stands in the parent when no position is given.
 * @param deep Whether z, x_rotation and y_rotation count.
 */
function localMatrix(
	transform: TransformJson | undefined,
	centre: readonly [number, number],
	home: readonly [number, number],
	deep: boolean,
	frame: number,
): Matrix4 {
	const anchor = valueAt(transform?.anchorPoint, [...centre, 0], frame);
	const position = valueAt(transform?.position, [...home, 0], frame);
	const percent = valueAt(transform?.scale, [], frame);
	const all = percent.length === 1 ? (percent[0] ?? 100) : 100; // one number is for all axes
	const scale = [percent[0] ?? 100, percent[1] ?? all, percent[2] ?? all];
	const turn = scalarAt(transform?.rotation, 0, frame) * DEGREE;
	const matrix = new Matrix4().makeTranslation(position[0] ?? 0, position[1] ?? 0, deep ? (position[2] ?? 0) : 0);
	if (deep) {
		matrix.multiply(new Matrix4().makeRotationX(scalarAt(transform?.xRotation, 0, frame) * DEGREE));
		matrix.multiply(new Matrix4().makeRotationY(scalarAt(transform?.yRotation, 0, frame) * DEGREE));
	}
	matrix.multiply(new Matrix4().makeRotationZ(turn));
	matrix.multiply(
		new Matrix4().makeScale((scale[0] ?? 100) / 100, (scale[1] ?? 100) / 100, deep ? (scale[2] ?? 100) / 100 : 1),
	);
	return matrix.multiply(
		new Matrix4().makeTranslation(-(anchor[0] ?? 0), -(anchor[1] ?? 0), deep ? -(anchor[2] ?? 0) : 0),
	);
}

/** Layers and their parents in one composition. */
export class Space {
	readonly #width: number;
	readonly #height: number;
	readonly #camera: CameraJson | undefined;
	readonly #layers: ReadonlyMap<string, { layer: LayerJson; centre: readonly [number, number] }>;

	/**
	 * @param layers Every layer by name, with its centre in its own pixels. Parents must exist and not be cyclic.
	 */
	constructor(
		width: number,
		height: number,
		camera: CameraJson | undefined,
		layers: ReadonlyMap<string, { layer: LayerJson; centre: readonly [number, number] }>,
	) {
		this.#width = width;
		this.#height = height;
		this.#camera = camera;
		this.#layers = layers;
	}

	/** From a layer's pixels to the composition's: through all its parents. */
	world(name: string, frame: number): Matrix4 {
		const deep = this.#layers.get(name)?.layer.threeD ?? false;
		const matrix = new Matrix4();
		let next: string | undefined = name;
		while (next) {
			const found = this.#layers.get(next);
			if (!found) break;
			// A child without a position stands in the middle of the composition, or on its parent's anchor.
			const parent = found.layer.parent ? this.#layers.get(found.layer.parent) : undefined;
			const home = parent
				? (valueAt(parent.layer.transform?.anchorPoint, parent.centre, frame).slice(0, 2) as [number, number])
				: ([this.#width / 2, this.#height / 2] as const);
			matrix.premultiply(localMatrix(found.layer.transform, found.centre, home, deep, frame));
			next = found.layer.parent;
		}
		return matrix;
	}

	/** From the composition's pixels to clip space; 3D layers go through the camera. */
	projection(deep: boolean, frame: number): Matrix4 {
		const flat = new Matrix4().set(2 / this.#width, 0, 0, -1, 0, -2 / this.#height, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);
		return deep ? flat.multiply(this.#view(frame)) : flat;
	}

	/** From a layer's pixels to clip space. */
	clip(name: string, frame: number): Matrix4 {
		return this.projection(this.#layers.get(name)?.layer.threeD ?? false, frame).multiply(this.world(name, frame));
	}

	/** Distance of a 3D layer's anchor from the camera along its line of sight, in pixels; decides who is in front. */
	depth(name: string, frame: number): number {
		const found = this.#layers.get(name);
		const anchor = valueAt(found?.layer.transform?.anchorPoint, [...(found?.centre ?? [0, 0]), 0], frame);
		const point = new Vector3(anchor[0], anchor[1], anchor[2]).applyMatrix4(this.world(name, frame));
		return new Vector4(point.x, point.y, point.z, 1).applyMatrix4(this.#eye(frame)).z;
	}

	/** From the composition's pixels to the camera's: the camera in the origin, looking along +z. */
	#eye(frame: number): Matrix4 {
		const zoom = this.#zoom(frame);
		const middle = [this.#width / 2, this.#height / 2];
		const position = valueAt(this.#camera?.position, [...middle, -zoom], frame);
		const eye = new Vector3(position[0], position[1], position[2]);
		const roll = scalarAt(this.#camera?.zRotation, 0, frame) * DEGREE;
		const orientation = new Matrix4();
		const interest = this.#camera?.pointOfInterest;
		if (interest) {
			const target = valueAt(interest, [...middle, 0], frame);
			const forward = new Vector3(target[0], target[1], target[2]).sub(eye).normalize();
			const down = Math.abs(forward.y) > 0.9999 ? new Vector3(0, 0, Math.sign(forward.y)) : new Vector3(0, 1, 0);
			const right = new Vector3().crossVectors(down, forward).normalize();
			orientation.makeBasis(right, new Vector3().crossVectors(forward, right), forward);
		}
		orientation.multiply(new Matrix4().makeRotationZ(roll)).setPosition(eye);
		return orientation.invert();
	}

	/** From the composition's pixels, through the lens, to pixels with a depth in w. */
	#view(frame: number): Matrix4 {
		const zoom = this.#zoom(frame);
		const x = this.#width / 2;
		const y = this.#height / 2;
		const lens = new Matrix4().set(zoom, 0, x, 0, 0, zoom, y, 0, 0, 0, 0, 0, 0, 0, 1, 0);
		return lens.multiply(this.#eye(frame));
	}

	#zoom(frame: number): number {
		return scalarAt(this.#camera?.zoom, 0, frame) || defaultZoom(this.#width);
	}
}

/**
 * How many output pixels a pixel of a layer covers at most, along either side of its box.
 *
 * @param clip From the layer's pixels to clip space.
 */
export function scaleOf(clip: Matrix4, box: Box, width: number, height: number): number {
	const corner = (x: number, y: number): [number, number] | null => {
		const point = new Vector4(x, y, 0, 1).applyMatrix4(clip);
		return point.w > 1e-6 ? [((point.x / point.w) * width) / 2, ((point.y / point.w) * height) / 2] : null;
	};
	const right = box.left + box.width;
	const bottom = box.top + box.height;
	const corners = [corner(box.left, box.top), corner(right, box.top), corner(right, bottom), corner(box.left, bottom)];
	let most = 0;
	for (const [index, lengths] of [box.width, box.height, box.width, box.height].entries()) {
		const from = corners[index];
		const to = corners[(index + 1) % 4];
		if (from && to && lengths > 0) most = Math.max(most, Math.hypot(to[0] - from[0], to[1] - from[1]) / lengths);
	}
	return most;
}

/** Whether a layer's box covers the whole picture: every corner of the picture lies in it, seen without perspective. */
export function coversAll(clip: Matrix4, box: Box): boolean {
	const e = clip.elements;
	const flat = Math.abs(e[3] ?? 0) < 1e-9 && Math.abs(e[7] ?? 0) < 1e-9;
	if (!flat) return false;
	const [a, b, c, d] = [e[0] ?? 0, e[4] ?? 0, e[1] ?? 0, e[5] ?? 0];
	const w = e[15] ?? 1;
	const [tx, ty] = [e[12] ?? 0, e[13] ?? 0];
	const determinant = a * d - b * c;
	if (Math.abs(determinant) < 1e-12) return false;
	const near = 1e-3;
	for (const [x, y] of [
		[-1, -1],
		[1, -1],
		[1, 1],
		[-1, 1],
	] as const) {
		const u = (d * (x * w - tx) - b * (y * w - ty)) / determinant;
		const v = (a * (y * w - ty) - c * (x * w - tx)) / determinant;
		const inside = u >= box.left - near && u <= box.left + box.width + near;
		if (!inside || v < box.top - near || v > box.top + box.height + near) return false;
	}
	return true;
}

/**
 * Pixels of the output that a layer's box covers across and down, if its edges lie on theirs; null where they do not.
 * Such a box needs no soft edges, and a video of just as many pixels no filtering.
 */
export function onGrid(clip: Matrix4, box: Box, width: number, height: number): [across: number, down: number] | null {
	const e = clip.elements;
	const near = 1e-3;
	if ([1, 3, 4, 7].some((index) => Math.abs(e[index] ?? 0) > 1e-9)) return null; // turned, or in perspective
	const left = (((e[0] ?? 0) * box.left + (e[12] ?? 0) + 1) * width) / 2;
	const top = ((1 - (e[5] ?? 0) * box.top - (e[13] ?? 0)) * height) / 2;
	const across = ((e[0] ?? 0) * box.width * width) / 2;
	const down = (-(e[5] ?? 0) * box.height * height) / 2;
	const whole = [left, top, across, down].every((each) => Math.abs(each - Math.round(each)) < near);
	return whole ? [Math.round(across), Math.round(down)] : null;
}
