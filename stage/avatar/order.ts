/**
 * In which order triangles are drawn: what is near first, since software GL shades what is painted over as dearly as what stays.
 *
 * Triangles are sorted as they lie in the bind pose, towards one of 26 directions; the moment decides which, so a frame
 * does not depend on the frame before it.
 */
import { BufferAttribute, type BufferGeometry, Vector3 } from 'three';

/** Indices that are sorted as one, 32 triangles: neighbours share corners, and software GL then moves those once. */
const PATCH = 96;

const FRONT = new Vector3(0, 0, 1);

/** Triangles of one material, as indices. */
export interface Run {
	material: number;
	index: readonly number[];
	/** Whether triangles that lie behind the middle are drawn after all other runs. */
	around: boolean;
}

interface Order {
	index: readonly number[];
	groups: readonly { start: number; count: number; materialIndex: number }[];
}

/** Sorts the triangles of a geometry for where they are seen from. */
export class DrawOrder {
	readonly #geometry: BufferGeometry;
	readonly #runs: readonly Run[];
	readonly #last: Omit<Run, 'around'>;
	readonly #middle: Vector3;
	readonly #index: BufferAttribute;
	readonly #orders = new Map<number, Order>();
	#now: Order | null = null;

	/**
	 * @param geometry Gets its index and groups from here, at first as seen from the front.
	 * @param runs Sorted each within itself and drawn in this order.
	 * @param last Stays at the end, whatever the direction.
	 * @param middle Of what is seen, in the bind pose: what runs lie `around`.
	 */
	constructor(geometry: BufferGeometry, runs: readonly Run[], last: Omit<Run, 'around'>, middle: Vector3) {
		this.#geometry = geometry;
		this.#runs = runs;
		this.#last = last;
		this.#middle = middle;
		const count = [...runs, last].reduce((sum, { index }) => sum + index.length, 0);
		const wide = geometry.getAttribute('position').count > 65_535;
		this.#index = new BufferAttribute(wide ? new Uint32Array(count) : new Uint16Array(count), 1);
		geometry.setIndex(this.#index);
		this.towards(FRONT);
	}

	/** Indices, all together. */
	get count(): number {
		return this.#index.count;
	}

	/** Draw from now on as seen from `direction`, of length 1, in the bind pose's frame. */
	towards(direction: Vector3): void {
		// The direction's place among the 26 from the middle of a cube to its corners, edges and faces.
		const [x = 0, y = 0, z = 0] = direction.toArray().map((value) => Math.round(1.3 * value));
		const key = 9 * x + 3 * y + z;
		let order = this.#orders.get(key);
		if (!order) {
			order = this.#sort(x, y, z);
			this.#orders.set(key, order);
		}
		if (order === this.#now) return;
		this.#now = order;
		this.#index.array.set(order.index);
		this.#index.needsUpdate = true;
		this.#geometry.groups = [...order.groups];
	}

	#sort(x: number, y: number, z: number): Order {
		const position = this.#geometry.getAttribute('position').array;
		const toward = (vertex: number): number =>
			x * (position[3 * vertex] ?? 0) + y * (position[3 * vertex + 1] ?? 0) + z * (position[3 * vertex + 2] ?? 0);
		const middle = x * this.#middle.x + y * this.#middle.y + z * this.#middle.z;
		const out: number[] = [];
		const groups: Order['groups'][number][] = [];
		const put = (materialIndex: number, index: readonly number[]): void => {
			if (!index.length) return;
			groups.push({ start: out.length, count: index.length, materialIndex });
			for (const corner of index) out.push(corner);
		};
		const behind: Omit<Run, 'around'>[] = [];
		for (const { material, index, around } of this.#runs) {
			const patches = Array.from({ length: Math.ceil(index.length / PATCH) }, (_, k) => {
				const corners = index.slice(PATCH * k, PATCH * (k + 1));
				return { corners, near: corners.reduce((sum, vertex) => sum + toward(vertex), 0) / corners.length };
			}).sort((a, b) => b.near - a.near); // stable
			const far = around ? patches.filter(({ near }) => near < middle) : [];
			put(
				material,
				patches.slice(0, patches.length - far.length).flatMap(({ corners }) => corners),
			);
			behind.push({ material, index: far.flatMap(({ corners }) => corners) });
		}
		for (const { material, index } of [...behind, this.#last]) put(material, index);
		return { index: out, groups };
	}
}
