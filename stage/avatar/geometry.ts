/** Merges the parts of a recipe into one geometry: one draw for the body, one for its outline. */
import { BufferAttribute, BufferGeometry, Vector2, Vector3 } from 'three';
import { type Reach, reachesOf } from './extent.js';
import { ZONES, type zonesOf } from './face.js';
import type { Part, Surface } from './library.js';
import { type Mask, pressed, type Scalp } from './mask.js';
import { DrawOrder } from './order.js';
import type { Joint } from './pose.js';
import { ANCHORS, springOf } from './springs.js';
import { SLOTS } from './toon.js';

const LENS = SLOTS.indexOf('lens');
const PROPS = new Set(
	['prop', 'prop_trim', 'prop_grille'].map((name) => SLOTS.indexOf(name as (typeof SLOTS)[number])),
);
const FACE = SLOTS.indexOf('face');
const HAIR = new Set(['hair', 'hair_matte'].map((name) => SLOTS.indexOf(name as (typeof SLOTS)[number])));
const BEARD = SLOTS.indexOf('beard');
const METAL = SLOTS.indexOf('metal');

/** Everything an avatar draws. Dispose both geometries. */
export interface Merged {
	body: BufferGeometry;
	lens: BufferGeometry | null;
	/** Sorts the triangles of `body`. */
	order: DrawOrder;
	/** Indices of `body` without the microphone, which comes last. */
	withoutProps: number;
	/** What each joint moves. */
	reaches: Reach[];
	triangles: number;
}

class Columns {
	readonly position: number[] = [];
	readonly normal: number[] = [];
	readonly paint: number[] = [];
	readonly outline: number[] = [];
	readonly joints: number[] = [];
	readonly shares: number[] = [];
	readonly uv: number[] = [];
	readonly spring: number[] = [];
	readonly index: number[] = [];
	readonly hair: number[] = [];
	/** By place in `ZONES`. */
	readonly face: readonly number[][] = ZONES.map(() => []);
	readonly props: number[] = [];

	get count(): number {
		return this.position.length / 3;
	}
}

/** Place of a zone's material among the body's: hair, all that is neither, then the face by `ZONES`. */
export const faceMaterial = (zone: number): number => 2 + zone;

/**
 * Merge `parts` on a skeleton.
 *
 * @param morphs Weights by name.
 * @param zone Of `zonesOf`: what a triangle of the face needs.
 */
export function mergeParts(
	parts: readonly Part[],
	joints: readonly Joint[],
	morphs: Record<string, number>,
	zone: ReturnType<typeof zonesOf>,
): Merged {
	const number = new Map(joints.map((joint, i) => [joint.name, i]));
	const head = number.get('head') ?? 0;
	const mask = parts.map((part) => part.extras.mask as Mask | undefined).find((found) => found);
	const scalp = parts.map((part) => part.extras.scalp as Scalp | undefined).find((found) => found);
	const anchors = joints.map((_, i) => anchorOf(joints, i));
	const body = new Columns();
	const lens = new Columns();
	for (const part of parts) {
		for (const surface of part.surfaces) {
			append(
				surface.slot === LENS ? lens : body,
				surface,
				number,
				head,
				anchors,
				morphs,
				part.group === 'hair' && mask && scalp ? { mask, scalp } : undefined,
				zone,
			);
		}
	}
	const geometry = toGeometry(body);
	const { hair, face, props } = body;
	const runs = [
		{ material: 0, index: hair, around: true },
		...face.map((index, zone) => ({ material: faceMaterial(zone), index, around: false })),
		{ material: 1, index: body.index, around: false },
	];
	const order = new DrawOrder(geometry, runs, { material: 1, index: props }, joints[head]?.bind ?? new Vector3());
	return {
		body: geometry,
		order,
		lens: lens.count ? toGeometry(lens).setIndex(lens.index) : null,
		withoutProps: order.count - props.length,
		reaches: reachesOf([body, lens]),
		triangles: (order.count + lens.index.length) / 3,
	};
}

const UNMASKED = { loose: 1, outline: 1, hidden: false };

function append(
	into: Columns,
	surface: Surface,
	number: Map<string, number>,
	head: number,
	anchors: readonly number[],
	morphs: Record<string, number>,
	under: { mask: Mask; scalp: Scalp } | undefined,
	zone: ReturnType<typeof zonesOf>,
): void {
	const base = into.count;
	const { position, normal, uv, color, joints, shares } = surface;
	const p = new Vector3();
	const n = new Vector3();
	const offset = new Vector3();
	const hidden: boolean[] = [];
	const hairy = HAIR.has(surface.slot) || surface.slot === BEARD;
	const hangs = hairy ? 'hair' : surface.slot === METAL ? 'metal' : 'cloth';
	for (let i = 0; i < position.count; i++) {
		p.fromBufferAttribute(position, i);
		n.fromBufferAttribute(normal, i);
		for (const [name, target] of surface.morphs) {
			const weight = morphs[name] ?? 0;
			if (!weight) continue;
			p.addScaledVector(offset.fromBufferAttribute(target.position, i), weight);
			if (target.normal) n.addScaledVector(offset.fromBufferAttribute(target.normal, i), weight);
		}
		const kept = under ? pressed(under.mask, under.scalp, p) : UNMASKED;
		hidden.push(kept.hidden);
		n.normalize();
		into.position.push(p.x, p.y, p.z);
		into.normal.push(n.x, n.y, n.z);
		into.uv.push(uv ? uv.getX(i) : 0, uv ? uv.getY(i) : 0);
		const random = color ? color.getY(i) : 0.5;
		const sway = (color ? color.getZ(i) : 0) * kept.loose;
		into.paint.push(surface.slot, color ? color.getX(i) : 1, random, sway);
		into.outline.push((color ? color.getW(i) : 1) * kept.outline);
		if (joints && shares) {
			const at = [joints.getX(i), joints.getY(i), joints.getZ(i), joints.getW(i)];
			into.joints.push(...at.map((k) => number.get(surface.jointNames[k] ?? '') ?? head));
			into.shares.push(shares.getX(i), shares.getY(i), shares.getZ(i), shares.getW(i));
		} else {
			into.joints.push(head, head, head, head);
			into.shares.push(1, 0, 0, 0);
		}
		into.spring.push(anchors[heaviest(into, base + i)] ?? 0, springOf(hangs, sway, random));
	}
	const place = (corner: number): Vector2 => new Vector2().fromArray(into.uv, 2 * (corner + base));
	const runOf = (corners: readonly number[]): number[] => {
		if (surface.slot === FACE) return into.face[zone(corners.map(place))] as number[]; // one per zone
		return PROPS.has(surface.slot) ? into.props : HAIR.has(surface.slot) ? into.hair : into.index;
	};
	// Parts are built from the inside out; drawn in reverse, the depth test spares most of what is hidden.
	for (let i = surface.index.length - 3; i >= 0; i -= 3) {
		const corners = [surface.index[i] ?? 0, surface.index[i + 1] ?? 0, surface.index[i + 2] ?? 0];
		if (!corners.every((corner) => hidden[corner])) runOf(corners).push(...corners.map((corner) => corner + base));
	}
}

/** The joint that moves a vertex most. */
function heaviest(columns: Columns, vertex: number): number {
	let best = 0;
	for (let k = 1; k < 4; k++) {
		if ((columns.shares[4 * vertex + k] ?? 0) > (columns.shares[4 * vertex + best] ?? 0)) best = k;
	}
	return columns.joints[4 * vertex + best] ?? 0;
}

/** Which of `ANCHORS` a joint's loose things hang from: the nearest at or above it; the hips where there is none. */
function anchorOf(joints: readonly Joint[], joint: number): number {
	for (let i = joint; i >= 0; i = joints[i]?.parent ?? -1) {
		const found = (ANCHORS as readonly string[]).indexOf(joints[i]?.name ?? '');
		if (found >= 0) return found;
	}
	return ANCHORS.indexOf('hips');
}

function toGeometry(columns: Columns): BufferGeometry {
	const geometry = new BufferGeometry();
	const put = (name: string, values: ArrayLike<number>, size: number): void => {
		geometry.setAttribute(name, new BufferAttribute(new Float32Array(values), size));
	};
	put('position', columns.position, 3);
	put('normal', columns.normal, 3);
	put('paint', columns.paint, 4);
	put('uv', columns.uv, 2);
	put('hull', hulls(columns), 4);
	geometry.setAttribute('joints', new BufferAttribute(new Uint8Array(columns.joints), 4));
	put('shares', columns.shares, 4);
	put('spring', columns.spring, 2);
	return geometry;
}

/** Outline directions: normals averaged over all vertices at one place, so that the hull has no gaps. */
function hulls(columns: Columns): Float32Array {
	const { position, normal, outline, count } = columns;
	const places = new Map<number, number>();
	const placeOf = new Uint32Array(count);
	const sums = new Float64Array(3 * count);
	// A twentieth of a millimetre is one place; three coordinates of 17 bits are one exact number.
	const grid = (value: number): number => Math.round(value * 2e4) + 65_536;
	for (let i = 0; i < count; i++) {
		const [x = 0, y = 0, z = 0] = [position[3 * i], position[3 * i + 1], position[3 * i + 2]];
		const key = (grid(x) * 131_072 + grid(y)) * 131_072 + grid(z);
		let place = places.get(key);
		if (place === undefined) {
			place = places.size;
			places.set(key, place);
		}
		placeOf[i] = place;
		for (let axis = 0; axis < 3; axis++) {
			sums[3 * place + axis] = (sums[3 * place + axis] ?? 0) + (normal[3 * i + axis] ?? 0);
		}
	}
	const out = new Float32Array(4 * count);
	for (let i = 0; i < count; i++) {
		const at = 3 * (placeOf[i] ?? 0);
		const [x = 0, y = 0, z = 0] = [sums[at], sums[at + 1], sums[at + 2]];
		const length = Math.hypot(x, y, z) || 1;
		out.set([x / length, y / length, z / length, outline[i] ?? 0], 4 * i);
	}
	return out;
}
