import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { readPart } from '../../stage/avatar/library.js';
import { type Mask, pressed, type Scalp } from '../../stage/avatar/mask.js';

const LIBRARY = join(import.meta.dirname, '../../stage/avatar/library');

interface Entry {
	id: string;
	group: string;
	mask?: Mask;
}

const { parts } = JSON.parse(readFileSync(join(LIBRARY, 'catalogue.json'), 'utf8')) as { parts: Entry[] };
const HATS = parts.flatMap(({ id, mask }) => (mask && mask.hair !== 'hide' ? [{ id, mask }] : []));
const HAIR = parts.filter(({ group }) => group === 'hair');

/** Of a part's vertices; every style is seen under every hat, each by some hundred of them. */
const EVERY = 23;

const read = async (group: string, id: string): Promise<Awaited<ReturnType<typeof readPart>>> => {
	const data = new Uint8Array(readFileSync(join(LIBRARY, 'dist/plain', group, `${id}.glb`)));
	return readPart(group, id, data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer);
};

const head = await read('head', 'head');
const scalp = head.extras.scalp as Scalp;
const centre = new Vector3(...scalp.centre);

const samples: { part: string; points: Vector3[] }[] = [];
for (const { id } of HAIR) {
	const points: Vector3[] = [];
	for (const { position } of (await read('hair', id)).surfaces) {
		for (let i = 0; i < position.count; i += EVERY) points.push(new Vector3().fromBufferAttribute(position, i));
	}
	samples.push({ part: id, points });
}

/** A point over the skin, `over` metres, towards an azimuth and an elevation in degrees. */
function overSkin(azimuth: number, elevation: number, over: number): Vector3 {
	const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
	const way = new Vector3(Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e));
	const row = scalp.radii_mm[(elevation + 60) / 10] ?? [];
	return way.multiplyScalar((row[azimuth / 15] ?? 0) / 1000 + over).add(centre);
}

const height = (p: Vector3, azimuth: number, elevation: number): number =>
	p.distanceTo(centre) - overSkin(azimuth, elevation, 0).distanceTo(centre);

test('under every hat every style is pressed towards the head and never away from it, never to the other side', () => {
	expect(HATS.length).toBeGreaterThanOrEqual(20);
	expect(samples.length).toBeGreaterThanOrEqual(60);
	for (const { id, mask } of HATS) {
		for (const { part, points } of samples) {
			for (const before of points) {
				const after = before.clone();
				const { loose, outline } = pressed(mask, scalp, after);
				const [was, is] = [before.distanceTo(centre), after.distanceTo(centre)];
				if (!(is <= was + 1e-9 && is > 0.05 && loose >= 0 && loose <= 1 && outline >= 0 && outline <= 1)) {
					throw new Error(`${part} under ${id}: ${was} m from the centre became ${is}; ${loose}, ${outline}`);
				}
				const turned = before.clone().sub(centre).angleTo(after.clone().sub(centre));
				if (turned > 1e-6) throw new Error(`${part} under ${id}: turned by ${turned}`);
			}
		}
	}
});

test('layers of hair keep their order under every hat, and lie between skin and cloth where they are pressed fully', () => {
	for (const { id, mask } of HATS) {
		for (let azimuth = 0; azimuth < 360; azimuth += 15) {
			for (let elevation = -20; elevation <= 80; elevation += 10) {
				const layers = [0.002, 0.006, 0.012, 0.02, 0.035, 0.06, 0.1].map((over) => {
					const p = overSkin(azimuth, elevation, over);
					const { loose } = pressed(mask, scalp, p);
					return { loose, over: height(p, azimuth, elevation) };
				});
				layers.slice(1).forEach(({ over }, i) => {
					expect(over, `${id} at ${azimuth}, ${elevation}`).toBeGreaterThan(layers[i]?.over ?? 0);
				});
				for (const { loose, over } of layers) {
					expect(over, id).toBeGreaterThan(0);
					if (loose === 0) expect(over, id).toBeLessThanOrEqual((mask.off ?? 0) + 1e-9);
				}
			}
		}
	}
});

test('a hat leaves hair alone that hangs well below its brim', () => {
	for (const { mask } of HATS) {
		const tip = new Vector3(0.1, 1.05, 0.08);
		const { loose, outline, hidden } = pressed(mask, scalp, tip);
		expect([tip.x, tip.y, tip.z]).toEqual([0.1, 1.05, 0.08]);
		expect({ loose, outline, hidden }).toEqual({ loose: 1, outline: 1, hidden: false });
	}
});

test('only what lies under a hat is out of sight, and all of it under a scarf', () => {
	const cap = HATS.find(({ id }) => id === 'baseball_cap')?.mask as Mask;
	expect(pressed(cap, scalp, overSkin(0, 80, 0.05)).hidden).toBe(true);
	expect(pressed(cap, scalp, overSkin(180, -20, 0.05)).hidden).toBe(false);
	const band = HATS.find(({ id }) => id === 'sweatband')?.mask as Mask;
	expect(pressed(band, scalp, overSkin(0, 80, 0.05)).hidden).toBe(false);
	expect(pressed({ hair: 'hide' }, scalp, new Vector3(0.1, 1.0, 0.1)).hidden).toBe(true);
});
