/**
 * After Effects' space: x right, y down, z away from the viewer, so that all rotations are right-handed and a positive turn
 * about z is clockwise on screen. Matrices take points of a layer to clip space; three.js only multiplies them.
 */
import type { PropertyJson, TransformJson } from '@fancam/protos/motion';
import type { CameraJson, LayerJson } from '@fancam/protos/shot';
import { Matrix4, Vector3, Vector4 } from 'three';
import { number, scalarAt, valueAt } from './timeline.js';

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

/** Where the anchor stands in the parent, by dimensions together or separated. */
function positionAt(transform: TransformJson | undefined, home: readonly [number, number], frame: number): Vector3 {
	const [x = 0, y = 0, z = 0] = valueAt(transform?.position, [...home, 0], frame);
	return new Vector3(
		transform?.positionX ? scalarAt(transform.positionX, x, frame) : x,
		transform?.positionY ? scalarAt(transform.positionY, y, frame) : y,
		transform?.positionZ ? scalarAt(transform.positionZ, z, frame) : z,
	);
}

/** Share of a frame over which a direction of travel is measured. */
const INSTANT = 1e-3;

/** The direction in which a position travels; before the first keyframe that of the first, after the last that of the last. */
function heading(transform: TransformJson | undefined, home: readonly [number, number], frame: number): Vector3 {
	const properties = [transform?.position, transform?.positionX, transform?.positionY, transform?.positionZ];
	const frames = properties.flatMap((property) => (property?.keyframes ?? []).map((key) => number(key.frame)));
	if (frames.length < 2) return new Vector3(1, 0, 0);
	const at = Math.min(Math.max(frame, Math.min(...frames) + INSTANT), Math.max(...frames) - INSTANT);
	// Where an ease stands still the path is looked at a little farther off.
	for (let reach = INSTANT; reach < 8; reach *= 4) {
		const way = positionAt(transform, home, at + reach).sub(positionAt(transform, home, at - reach));
		if (way.length() > 1e-6) return way.normalize();
	}
	return new Vector3(1, 0, 0);
}

/** Turns about z, then y, then x: what After Effects calls an orientation, and the same for its three rotations. */
function turned(x: number, y: number, z: number): Matrix4 {
	return new Matrix4()
		.makeRotationX(x * DEGREE)
		.multiply(new Matrix4().makeRotationY(y * DEGREE))
		.multiply(new Matrix4().makeRotationZ(z * DEGREE));
}

/** Leans along an axis (Lottie's `sk` and `sa`), in degrees. */
function skewed(angle: number, axis: number): Matrix4 {
	const along = new Matrix4().makeRotationZ(-axis * DEGREE);
	const lean = new Matrix4().set(1, Math.tan(-angle * DEGREE), 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
	return along.clone().invert().multiply(lean).multiply(along);
}

/**
 * From a layer's pixels to its parent's.
 *
 * @param centre The layer's centre in its own pixels: the anchor point when none is given.
 * @param home Where the anchor stands in the parent when no position is given.
 * @param deep Whether z, orientation, x_rotation and y_rotation count.
 * @param auto How it is turned by itself, beside its own rotations.
 */
export function localMatrix(
	transform: TransformJson | undefined,
	centre: readonly [number, number],
	home: readonly [number, number],
	deep: boolean,
	frame: number,
	auto: Matrix4 | null = null,
): Matrix4 {
	const anchor = valueAt(transform?.anchorPoint, [...centre, 0], frame);
	const position = positionAt(transform, home, frame);
	const percent = valueAt(transform?.scale, [], frame);
	const all = percent.length === 1 ? (percent[0] ?? 100) : 100; // one number is for all axes
	const scale = [percent[0] ?? 100, percent[1] ?? all, percent[2] ?? all];
	const matrix = new Matrix4().makeTranslation(position.x, position.y, deep ? position.z : 0);
	if (auto) matrix.multiply(auto);
	const rotation = scalarAt(transform?.rotation, 0, frame);
	if (deep) {
		if (transform?.orientation) {
			const [x = 0, y = 0, z = 0] = valueAt(transform.orientation, [0, 0, 0], frame);
			matrix.multiply(turned(x, y, z));
		}
		matrix.multiply(
			turned(scalarAt(transform?.xRotation, 0, frame), scalarAt(transform?.yRotation, 0, frame), rotation),
		);
	} else {
		matrix.multiply(new Matrix4().makeRotationZ(rotation * DEGREE));
	}
	if (transform?.skew) {
		matrix.multiply(skewed(scalarAt(transform.skew, 0, frame), scalarAt(transform.skewAxis, 0, frame)));
	}
	matrix.multiply(
		new Matrix4().makeScale((scale[0] ?? 100) / 100, (scale[1] ?? 100) / 100, deep ? (scale[2] ?? 100) / 100 : 1),
	);
	return matrix.multiply(
		new Matrix4().makeTranslation(-(anchor[0] ?? 0), -(anchor[1] ?? 0), deep ? -(anchor[2] ?? 0) : 0),
	);
}

/** A layer's place in a composition. */
export interface Placed {
	layer: LayerJson;
	/** Its centre in its own pixels. */
	centre: readonly [number, number];
	/** Name of its parent; absent: the layer's own. Layers of collapsed compositions have other names here. */
	parent?: string;
	/** Where its anchor stands when neither a position nor a parent says so; absent: the middle of the composition. */
	home?: readonly [number, number];
	/** The time its keyframes count in, for a frame of the composition; absent: the same. */
	clock?(frame: number): number;
}

/** What `Space` needs to know of a composition. */
export interface Scenery {
	width: number;
	height: number;
	camera?: CameraJson;
	/** Cameras that are cut between. */
	cameras?: readonly CameraJson[];
}

/** Layers, their parents and the cameras of one composition. */
export class Space {
	readonly #scenery: Scenery;
	readonly #layers: ReadonlyMap<string, Placed>;

	/** @param layers Every layer by name. Parents must exist and not be cyclic. */
	constructor(scenery: Scenery, layers: ReadonlyMap<string, Placed>) {
		this.#scenery = scenery;
		this.#layers = layers;
	}

	/** From a layer's pixels to the composition's: through all its parents. */
	world(name: string, frame: number): Matrix4 {
		const deep = this.#layers.get(name)?.layer.threeD ?? false;
		return this.#chain(name, frame, deep);
	}

	#chain(name: string | undefined, frame: number, deep: boolean): Matrix4 {
		const matrix = new Matrix4();
		let next = name;
		while (next) {
			const found = this.#layers.get(next);
			if (!found) break;
			const parentName: string | undefined = found.parent ?? found.layer.parent;
			const home = this.#home(found, parentName, frame);
			const time = found.clock?.(frame) ?? frame;
			const auto = this.#auto(found, parentName, home, deep, frame);
			matrix.premultiply(localMatrix(found.layer.transform, found.centre, home, deep, time, auto));
			next = parentName;
		}
		return matrix;
	}

	/** A child without a position stands in the middle of the composition, or on its parent's anchor. */
	#home(found: Placed, parentName: string | undefined, frame: number): readonly [number, number] {
		if (found.home) return found.home;
		const parent = parentName ? this.#layers.get(parentName) : undefined;
		if (!parent) return [this.#scenery.width / 2, this.#scenery.height / 2];
		const time = parent.clock?.(frame) ?? frame;
		const [x = 0, y = 0] = valueAt(parent.layer.transform?.anchorPoint, parent.centre, time);
		return [x, y];
	}

	#auto(
		found: Placed,
		parentName: string | undefined,
		home: readonly [number, number],
		deep: boolean,
		frame: number,
	): Matrix4 | null {
		const { autoOrient, transform } = found.layer;
		if (autoOrient === 'AUTO_ORIENT_ALONG_PATH') {
			const way = heading(transform, home, found.clock?.(frame) ?? frame);
			if (!deep) return new Matrix4().makeRotationZ(Math.atan2(way.y, way.x));
			const flat = Math.hypot(way.x, way.z);
			return new Matrix4()
				.makeRotationY(Math.atan2(-way.z, way.x))
				.multiply(new Matrix4().makeRotationZ(Math.atan2(way.y, flat)));
		}
		if (autoOrient === 'AUTO_ORIENT_TOWARDS_CAMERA' && deep) {
			const parent = this.#chain(parentName, frame, true);
			const here = positionAt(transform, home, found.clock?.(frame) ?? frame).applyMatrix4(parent);
			const away = here.sub(this.eye(frame)).normalize();
			const turn = facing(away);
			// Facing counts in the composition: what the parents turn is taken back.
			return new Matrix4().extractRotation(parent).invert().multiply(turn);
		}
		return null;
	}

	/** From the composition's pixels to clip space; 3D layers go through the camera. */
	projection(deep: boolean, frame: number): Matrix4 {
		const { width, height } = this.#scenery;
		const flat = new Matrix4().set(2 / width, 0, 0, -1, 0, -2 / height, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);
		return deep ? flat.multiply(this.#view(frame)) : flat;
	}

	/** From a layer's pixels to clip space. */
	clip(name: string, frame: number): Matrix4 {
		return this.projection(this.#layers.get(name)?.layer.threeD ?? false, frame).multiply(this.world(name, frame));
	}

	/** Distance of a 3D layer's anchor from the camera along its line of sight, in pixels; decides who is in front. */
	depth(name: string, frame: number): number {
		const found = this.#layers.get(name);
		const time = found?.clock?.(frame) ?? frame;
		const anchor = valueAt(found?.layer.transform?.anchorPoint, [...(found?.centre ?? [0, 0]), 0], time);
		const point = new Vector3(anchor[0], anchor[1], anchor[2]).applyMatrix4(this.world(name, frame));
		return new Vector4(point.x, point.y, point.z, 1).applyMatrix4(this.#toEye(frame)).z;
	}

	/** Where the camera stands, in the composition's pixels. */
	eye(frame: number): Vector3 {
		return new Vector3().setFromMatrixPosition(this.#fromEye(frame));
	}

	/** The thin lens of the camera that is used, or null when everything is sharp. */
	lens(frame: number): { focus: number; aperture: number; zoom: number } | null {
		const field = this.#camera(frame)?.depthOfField;
		if (!field) return null;
		const zoom = this.#zoom(frame);
		const level = scalarAt(field.blurLevel, 100, frame) / 100;
		return {
			focus: scalarAt(field.focusDistance, zoom, frame),
			aperture: scalarAt(field.aperture, 25, frame) * level,
			zoom,
		};
	}

	/** From the composition's pixels to a point of something that follows a layer, such as a light. */
	point(
		property: PropertyJson | undefined,
		otherwise: readonly number[],
		parent: string | undefined,
		frame: number,
	): Vector3 {
		const [x = 0, y = 0, z = 0] = valueAt(property, otherwise, frame);
		return new Vector3(x, y, z).applyMatrix4(this.#chain(parent || undefined, frame, true));
	}

	#camera(frame: number): CameraJson | undefined {
		const active = this.#scenery.cameras?.find(
			({ inFrame = 0, outFrame = 0 }) => frame >= inFrame && (outFrame === 0 || frame < outFrame),
		);
		return active ?? this.#scenery.camera;
	}

	/** From the camera's pixels, the camera in the origin and looking along +z, to the composition's. */
	#fromEye(frame: number): Matrix4 {
		const camera = this.#camera(frame);
		const { width, height } = this.#scenery;
		const middle = [width / 2, height / 2];
		const [x = 0, y = 0, z = 0] = valueAt(camera?.position, [...middle, -this.#zoom(frame)], frame);
		const eye = new Vector3(x, y, z);
		const matrix = new Matrix4();
		if (camera?.pointOfInterest) {
			const target = valueAt(camera.pointOfInterest, [...middle, 0], frame);
			matrix.copy(facing(new Vector3(target[0], target[1], target[2]).sub(eye).normalize()));
		}
		const [tiltX = 0, tiltY = 0, tiltZ = 0] = valueAt(camera?.orientation, [0, 0, 0], frame);
		matrix.multiply(turned(tiltX, tiltY, tiltZ));
		matrix.multiply(
			turned(
				scalarAt(camera?.xRotation, 0, frame),
				scalarAt(camera?.yRotation, 0, frame),
				scalarAt(camera?.zRotation, 0, frame),
			),
		);
		matrix.setPosition(eye);
		return camera?.parent ? matrix.premultiply(this.#chain(camera.parent, frame, true)) : matrix;
	}

	/** From the composition's pixels to the camera's. */
	#toEye(frame: number): Matrix4 {
		return this.#fromEye(frame).invert();
	}

	/** From the composition's pixels, through the lens, to pixels with a depth in w. */
	#view(frame: number): Matrix4 {
		const zoom = this.#zoom(frame);
		const x = this.#scenery.width / 2;
		const y = this.#scenery.height / 2;
		const lens = new Matrix4().set(zoom, 0, x, 0, 0, zoom, y, 0, 0, 0, 0, 0, 0, 0, 1, 0);
		return lens.multiply(this.#toEye(frame));
	}

	#zoom(frame: number): number {
		return scalarAt(this.#camera(frame)?.zoom, 0, frame) || defaultZoom(this.#scenery.width);
	}
}

/** Turned so that +z looks along a direction and +x stays level. */
function facing(forward: Vector3): Matrix4 {
	const down = Math.abs(forward.y) > 0.9999 ? new Vector3(0, 0, Math.sign(forward.y)) : new Vector3(0, 1, 0);
	const right = new Vector3().crossVectors(down, forward).normalize();
	return new Matrix4().makeBasis(right, new Vector3().crossVectors(forward, right), forward);
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

/** Whether a layer is neither turned nor in perspective. */
export function upright(clip: Matrix4): boolean {
	return [1, 3, 4, 7].every((index) => Math.abs(clip.elements[index] ?? 0) <= 1e-9);
}

/**
 * Pixels of the output that a layer's box covers across and down, if its edges lie on theirs; null where they do not.
 * Such a box needs no soft edges, and a video of just as many pixels no filtering.
 */
export function onGrid(clip: Matrix4, box: Box, width: number, height: number): [across: number, down: number] | null {
	const e = clip.elements;
	const near = 1e-3;
	if (!upright(clip)) return null;
	const left = (((e[0] ?? 0) * box.left + (e[12] ?? 0) + 1) * width) / 2;
	const top = ((1 - (e[5] ?? 0) * box.top - (e[13] ?? 0)) * height) / 2;
	const across = ((e[0] ?? 0) * box.width * width) / 2;
	const down = (-(e[5] ?? 0) * box.height * height) / 2;
	const whole = [left, top, across, down].every((each) => Math.abs(each - Math.round(each)) < near);
	return whole ? [Math.round(across), Math.round(down)] : null;
}

/** A rectangle, left, top, right and bottom in shares of something. */
type Shares = readonly [left: number, top: number, right: number, bottom: number];

/** Where a part of an upright layer's box lies in the output, whose top is 0: shares of both. */
export function placedOn(clip: Matrix4, box: Box, [left, top, right, bottom]: Shares): Shares {
	const e = clip.elements;
	const across = (share: number): number => ((e[0] ?? 0) * (box.left + share * box.width) + (e[12] ?? 0) + 1) / 2;
	const down = (share: number): number => (1 - (e[5] ?? 0) * (box.top + share * box.height) - (e[13] ?? 0)) / 2;
	return [across(left), down(top), across(right), down(bottom)];
}

/** The part of an upright layer's box that lies under a rectangle of the output, the other way round; null where none does. */
export function partUnder(clip: Matrix4, box: Box, [left, top, right, bottom]: Shares): [Shares] | null {
	const e = clip.elements;
	const inside = (share: number): number => Math.min(1, Math.max(0, share));
	const across = (x: number): number => inside(((2 * x - 1 - (e[12] ?? 0)) / (e[0] ?? 1) - box.left) / box.width);
	const down = (y: number): number => inside(((1 - 2 * y - (e[13] ?? 0)) / (e[5] ?? 1) - box.top) / box.height);
	const [west, east] = [across(left), across(right)].sort((a, b) => a - b) as [number, number];
	const [north, south] = [down(top), down(bottom)].sort((a, b) => a - b) as [number, number];
	return east > west && south > north ? [[west, north, east, south]] : null;
}
