/**
 * Packs parts for the way to a phone: `node stage/avatar/pack.mjs <drafts> <packed>`.
 *
 * Every `.glb` below `drafts` is written below `packed`, its geometry compressed as EXT_meshopt_compression says. Floats keep 15 bits of the
 * largest value of their column: 0.06 mm on a whole body. Prints one JSON line per file: what it costs.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { MeshoptDecoder } from 'meshoptimizer/decoder';
import { MeshoptEncoder } from 'meshoptimizer/encoder';

const EXTENSION = 'EXT_meshopt_compression';
const FLOAT = 5126;
const BITS = 15;
const INDICES = 34963;
const COMPONENTS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const BYTES = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };
const GLB = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;

/** The JSON and the binary chunk of a `.glb`. */
function read(path) {
	const file = readFileSync(path);
	if (file.readUInt32LE(0) !== GLB) throw new Error(`${path} is no glTF binary`);
	const length = file.readUInt32LE(12);
	const document = JSON.parse(file.subarray(20, 20 + length).toString('utf8'));
	const start = 20 + length;
	const binary = start < file.length ? file.subarray(start + 8, start + 8 + file.readUInt32LE(start)) : Buffer.alloc(0);
	return { document, binary: new Uint8Array(binary) };
}

/** A `.glb` of a JSON and a binary chunk. */
function write(document, binary) {
	const chunk = (type, data, filler) => {
		const padded = Buffer.alloc(Math.ceil(data.length / 4) * 4, filler);
		padded.set(data);
		const head = Buffer.alloc(8);
		head.writeUInt32LE(padded.length, 0);
		head.writeUInt32LE(type, 4);
		return Buffer.concat([head, padded]);
	};
	const chunks = [chunk(JSON_CHUNK, Buffer.from(JSON.stringify(document)), 0x20)];
	if (binary.length) chunks.push(chunk(BINARY_CHUNK, binary, 0));
	const head = Buffer.alloc(12);
	head.writeUInt32LE(GLB, 0);
	head.writeUInt32LE(2, 4);
	head.writeUInt32LE(12 + chunks.reduce((sum, c) => sum + c.length, 0), 8);
	return Buffer.concat([head, ...chunks]);
}

/** One buffer view's bytes compressed, how, and what they become again. */
function compress(bytes, accessor, isIndex) {
	const size = COMPONENTS[accessor.type] * BYTES[accessor.componentType];
	const stride = isIndex ? size : Math.ceil(size / 4) * 4;
	const { count } = accessor;
	let source = bytes;
	let filter = 'NONE';
	if (accessor.componentType === FLOAT) {
		const aligned = new Float32Array(bytes.slice().buffer);
		source = MeshoptEncoder.encodeFilterExp(aligned, count, stride, BITS, 'SharedComponent');
		filter = 'EXPONENTIAL';
	}
	const mode = isIndex ? 'TRIANGLES' : 'ATTRIBUTES';
	const packed = MeshoptEncoder.encodeGltfBuffer(source, count, stride, mode);
	const again = new Uint8Array(count * stride);
	MeshoptDecoder.decodeGltfBuffer(again, count, stride, packed, mode, filter);
	return { packed, again, stride, mode, filter };
}

/** Put the true corners of what is decoded into an accessor that states them. */
function bound(accessor, bytes) {
	const values = new Float32Array(bytes.buffer);
	const width = COMPONENTS[accessor.type];
	const column = (k) => Array.from({ length: accessor.count }, (_, i) => values[i * width + k]);
	accessor.min = Array.from({ length: width }, (_, k) => Math.min(...column(k)));
	accessor.max = Array.from({ length: width }, (_, k) => Math.max(...column(k)));
}

/** The same file, compressed. */
function pack({ document, binary }) {
	const views = document.bufferViews ?? [];
	if (!views.length) return write(document, binary);
	const pieces = [];
	let offset = 0;
	let plain = 0;
	const keep = (bytes) => {
		const at = offset;
		const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
		padded.set(bytes);
		pieces.push(padded);
		offset += padded.length;
		return at;
	};
	views.forEach((view, number) => {
		const bytes = binary.subarray(view.byteOffset ?? 0, (view.byteOffset ?? 0) + view.byteLength);
		const accessors = (document.accessors ?? []).filter((accessor) => accessor.bufferView === number);
		const [accessor] = accessors;
		if (view.target === undefined || accessors.length !== 1) {
			view.byteOffset = keep(bytes); // matrices and pictures stay as they are
			return;
		}
		const { packed, again, stride, mode, filter } = compress(bytes, accessor, view.target === INDICES);
		if (accessor.min) bound(accessor, again);
		const at = keep(packed);
		view.buffer = 1;
		view.byteOffset = plain;
		view.byteLength = again.length;
		if (mode === 'ATTRIBUTES') view.byteStride = stride;
		plain += Math.ceil(again.length / 4) * 4;
		const way = { buffer: 0, byteOffset: at, byteLength: packed.length, byteStride: stride, count: accessor.count, mode };
		view.extensions = { [EXTENSION]: filter === 'NONE' ? way : { ...way, filter } };
	});
	document.buffers = [{ byteLength: offset }];
	if (plain) {
		document.buffers.push({ byteLength: plain, extensions: { [EXTENSION]: { fallback: true } } });
		for (const list of ['extensionsUsed', 'extensionsRequired']) document[list] = [...(document[list] ?? []), EXTENSION];
	}
	return write(document, Buffer.concat(pieces));
}

/** Bytes that pictures take on a card: KTX2 stays compressed there, ETC1S 4 bits a texel and UASTC 8; anything else is RGBA. */
function pictures(document, binary) {
	let total = 0;
	for (const { bufferView, mimeType } of document.images ?? []) {
		const { byteOffset = 0, byteLength } = document.bufferViews[bufferView];
		const file = new DataView(binary.buffer, binary.byteOffset + byteOffset, byteLength);
		if (mimeType !== 'image/ktx2') throw new Error(`a picture is ${mimeType}: parts and avatars for phones hold KTX2`);
		const [width, height, levels] = [20, 24, 40].map((at) => file.getUint32(at, true));
		const uastc = file.getUint8(file.getUint32(48, true) + 12) === 166;
		total += width * height * (uastc ? 1 : 0.5) * (levels > 1 ? 4 / 3 : 1);
	}
	return Math.ceil(total);
}

/** What a part costs: bytes to fetch, triangles, and bytes of texture on a card. */
function cost({ document, binary }) {
	const primitives = (document.meshes ?? []).flatMap((mesh) => mesh.primitives);
	const triangles = primitives.reduce((sum, { indices }) => sum + document.accessors[indices].count / 3, 0);
	const vertices = primitives.reduce((sum, { attributes }) => sum + document.accessors[attributes.POSITION].count, 0);
	const slots = [...new Set(primitives.map(({ material }) => document.materials[material].name))].sort();
	return { triangles, vertices, textureBytes: pictures(document, binary), slots };
}

const [from, to] = process.argv.slice(2);
if (!from || !to) throw new Error('usage: node stage/avatar/pack.mjs <drafts> <packed>');
await MeshoptEncoder.ready;
await MeshoptDecoder.ready;
for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
	if (!entry.isFile() || !entry.name.endsWith('.glb')) continue;
	const path = join(entry.parentPath ?? entry.path, entry.name);
	const name = relative(from, path);
	const part = read(path);
	const spent = cost(part); // before packing, which moves everything
	const packed = pack(part);
	const target = join(to, name);
	mkdirSync(dirname(target), { recursive: true });
	writeFileSync(`${target}.${process.pid}.part`, packed);
	renameSync(`${target}.${process.pid}.part`, target); // whole or not at all
	console.log(JSON.stringify({ part: name.slice(0, -'.glb'.length), bytes: packed.length, ...spent }));
}
