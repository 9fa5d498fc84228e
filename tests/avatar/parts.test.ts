import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateBytes } from 'gltf-validator';
import { expect, test } from 'vitest';
import { type Part, readPart } from '../../stage/avatar/library.js';

const DIST = join(import.meta.dirname, '../../stage/avatar/library/dist');
const FILES = readdirSync(join(DIST, 'plain'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.glb'));

/** Packing keeps 15 bits of the largest coordinate, under 2 m. */
const PACKED_WITHIN_M = 2 / 2 ** 15;

const bytes = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(join(DIST, ...path)));
const read = (data: Uint8Array, file: string): Promise<Part> => {
	const [group = '', id = ''] = file.replace('.glb', '').split('/');
	return readPart(group, id, data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer);
};

test('the Khronos validator finds no error and no warning in any part', async () => {
	expect(FILES.length).toBeGreaterThanOrEqual(80);
	for (const file of FILES) {
		const { issues } = await validateBytes(bytes('plain', file));
		const serious = issues.messages.filter(({ severity }) => severity < 2);
		expect(serious, file).toEqual([]);
		const packed = await validateBytes(bytes(file));
		expect(packed.issues.numErrors, file).toBe(0);
		// The validator cannot look into compressed views; that is all it may say about the container.
		for (const { code } of packed.issues.messages) expect(code).toMatch(/UNSUPPORTED_EXTENSION|UNUSED_OBJECT/);
	}
}, 60_000);

test('a packed part is the plain one, to a share of a tenth of a millimetre', async () => {
	for (const file of FILES) {
		const plain = await read(bytes('plain', file), file);
		const packed = await read(bytes(file), file);
		expect(packed.surfaces.length, file).toBe(plain.surfaces.length);
		expect(packed.extras).toEqual(plain.extras);
		plain.surfaces.forEach((surface, s) => {
			const other = packed.surfaces[s] as Part['surfaces'][number]; // as many, checked above
			expect(other.position.count).toBe(surface.position.count);
			expect(other.index.length).toBe(surface.index.length);
			let off = 0;
			for (let i = 0; i < surface.position.count; i++) {
				for (const axis of ['getX', 'getY', 'getZ'] as const) {
					off = Math.max(off, Math.abs(surface.position[axis](i) - other.position[axis](i)));
				}
			}
			expect(off, file).toBeLessThanOrEqual(PACKED_WITHIN_M);
			expect([...other.morphs.keys()]).toEqual([...surface.morphs.keys()]);
			for (let i = 0; i < surface.position.count; i += 97) {
				expect(other.color?.getZ(i)).toBe(surface.color?.getZ(i));
				expect(other.joints?.getX(i)).toBe(surface.joints?.getX(i));
				expect(other.shares?.getX(i)).toBe(surface.shares?.getX(i));
			}
		});
	}
}, 60_000);
