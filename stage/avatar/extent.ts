/** What a posed avatar may cover of the picture: every vertex is projected by every joint that moves it, and lies between those places. */
import { Box3, Matrix4, type PerspectiveCamera, Vector3 } from 'three';

/** Pixels that an avatar covers, unclipped, and metres along the view that it lies between. */
export interface Extent {
	left: number;
	top: number;
	right: number;
	bottom: number;
	near: number;
	far: number;
}

/** What one joint moves: x, y, z in the bind pose in metres and looseness, four numbers per place. */
export interface Reach {
	joint: number;
	/** Place in `ANCHORS` of what the loose ones hang from. */
	anchor: number;
	places: Float32Array;
	/** The box of the places that are loose. */
	loose: Box3;
}

/** Vertices as `geometry.ts` keeps them, in columns. */
interface Skinned {
	readonly count: number;
	readonly position: readonly number[];
	/** Four numbers, the last is looseness. */
	readonly paint: readonly number[];
	readonly joints: readonly number[];
	readonly shares: readonly number[];
	/** Two numbers, the first is the anchor. */
	readonly spring: readonly number[];
}

/** Nearer to the camera than this, metres, anything may be seen. */
const TOO_NEAR_M = 0.01;

/** What each joint moves, by what it hangs from, each place once. */
export function reachesOf(all: readonly Skinned[]): Reach[] {
	const found = new Map<string, { joint: number; anchor: number; places: Map<string, readonly number[]> }>();
	for (const { count, position, paint, joints, shares, spring } of all) {
		for (let i = 0; i < count; i++) {
			const place = [...position.slice(3 * i, 3 * i + 3), paint[4 * i + 3] ?? 0];
			const anchor = spring[2 * i] ?? 0;
			for (let k = 4 * i; k < 4 * i + 4; k++) {
				if (!shares[k]) continue;
				const joint = joints[k] ?? 0;
				const key = `${joint} ${anchor}`;
				const reach = found.get(key) ?? { joint, anchor, places: new Map() };
				found.set(key, reach);
				reach.places.set(place.join(' '), place);
			}
		}
	}
	return [...found.values()].map(({ joint, anchor, places }) => {
		const loose = new Box3();
		for (const [x = 0, y = 0, z = 0, share] of places.values()) if (share) loose.expandByPoint(new Vector3(x, y, z));
		return { joint, anchor, places: Float32Array.from([...places.values()].flat()), loose };
	});
}

/**
 * What places may cover, never too small.
 *
 * @param reaches What each joint moves.
 * @param bone A joint's transform of bind positions into the world; may be overwritten by the next call.
 * @param swing How far what is fully loose in it may swing, metres.
 * @param shadow Direction to the light whose shadows on the floor count, or none.
 */
export function extentOf(
	reaches: readonly Reach[],
	bone: (joint: number) => Matrix4,
	swing: (reach: Reach) => number,
	camera: PerspectiveCamera,
	width: number,
	height: number,
	shadow: { x: number; y: number; z: number } | null,
): Extent {
	const seen = new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
	const views = [seen];
	if (shadow) {
		const [x, z] = [-shadow.x / shadow.y, -shadow.z / shadow.y];
		views.push(seen.clone().multiply(new Matrix4().set(1, x, 0, 0, 0, 0, 0, 0, 0, z, 1, 0, 0, 0, 0, 1)));
	}
	const { elements: projection } = camera.projectionMatrix;
	const [across = 1, up = 1] = [projection[0], projection[5]];
	const whole = new Matrix4();
	let [left, right, low, high, near, far] = [1, -1, 1, -1, Number.POSITIVE_INFINITY, 0];
	for (const reach of reaches) {
		const { places } = reach;
		const moved = bone(reach.joint).clone();
		const swung = swing(reach);
		for (const view of views) {
			const [a = 0, b = 0, , c = 0, d = 0, e = 0, , f = 0, g = 0, h = 0, , i = 0, j = 0, k = 0, , l = 0] =
				whole.multiplyMatrices(view, moved).elements;
			for (let at = 0; at < places.length; at += 4) {
				const [x, y, z] = [places[at] as number, places[at + 1] as number, places[at + 2] as number]; // fours
				const away = c * x + f * y + i * z + l;
				const free = swung * (places[at + 3] as number);
				if (away - free <= TOO_NEAR_M)
					return { left: 0, top: 0, right: width, bottom: height, near: 0.05, far: Math.max(1, far) };
				const [u, v] = [(a * x + d * y + g * z + j) / away, (b * x + e * y + h * z + k) / away];
				const grown = free / (away - free);
				left = Math.min(left, u - (across + Math.abs(u)) * grown);
				right = Math.max(right, u + (across + Math.abs(u)) * grown);
				low = Math.min(low, v - (up + Math.abs(v)) * grown);
				high = Math.max(high, v + (up + Math.abs(v)) * grown);
				near = Math.min(near, away - free);
				far = Math.max(far, away + free);
			}
		}
	}
	const margin = 3 + height / 300; // the outline, and what smoothing its edge reaches
	return {
		left: (left * 0.5 + 0.5) * width - margin,
		top: (0.5 - high * 0.5) * height - margin,
		right: (right * 0.5 + 0.5) * width + margin,
		bottom: (0.5 - low * 0.5) * height + margin,
		near,
		far,
	};
}
