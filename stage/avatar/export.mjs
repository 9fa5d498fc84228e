/**
 * Writes an avatar for other programs: `node stage/avatar/export.mjs ORDER.json OUT`, VRM 1.0, or glTF for the web when OUT ends in `.glb`.
 *
 * The order names the recipe, the parts' files by `<group>/<part>`, the face's atlas as PNG and as RGBA rows, and who made it. On the web the
 * pictures are KTX2 in ETC1S: an atlas of 1536 x 1536 takes 1.6 MB of a card's memory in place of 12.6.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';
import { build } from 'esbuild';
import { encodeToKTX2 } from 'ktx2-encoder';

const [orderPath, out] = process.argv.slice(2);
if (!orderPath || !out) throw new Error('usage: node stage/avatar/export.mjs ORDER.json OUT.vrm');
const here = dirname(fileURLToPath(import.meta.url));

/** A row of pixels as PNG, truecolour. */
function png(pixels) {
	const width = pixels.length / 3;
	const table = Array.from({ length: 256 }, (_, n) => {
		let c = n;
		for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
		return c >>> 0;
	});
	const crc = (bytes) => (bytes.reduce((c, byte) => table[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type), data]);
		const framed = Buffer.alloc(body.length + 8);
		framed.writeUInt32BE(data.length, 0);
		body.copy(framed, 4);
		framed.writeUInt32BE(crc(body), framed.length - 4);
		return framed;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(1, 4);
	head.set([8, 2, 0, 0, 0], 8);
	const row = Buffer.concat([Buffer.from([0]), Buffer.from(pixels)]);
	const magic = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
	return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', deflateSync(row)), chunk('IEND', Buffer.alloc(0))]);
}

/** RGBA rows as KTX2, in ETC1S with mipmaps; or in UASTC, which keeps each texel, without. */
async function ktx2(pixels, width, height, compact) {
	const settings = { isUASTC: !compact, generateMipmap: compact, qualityLevel: 200, compressionLevel: 2, isKTX2File: true };
	const imageDecoder = () => Promise.resolve({ data: pixels, width, height });
	return encodeToKTX2(pixels, { ...settings, imageDecoder });
}

/** A palette as KTX2: a column of four by four texels per slot, since blocks of four share their colours. */
function block(colors) {
	const slots = colors.length / 3;
	const pixels = new Uint8Array(4 * 4 * 4 * slots).fill(255);
	for (let y = 0; y < 4; y++) {
		for (let x = 0; x < 4 * slots; x++) pixels.set(colors.slice(3 * (x >> 2), 3 * (x >> 2) + 3), 4 * (y * 4 * slots + x));
	}
	return ktx2(pixels, 4 * slots, 4, false);
}

const entry = `export { Avatar } from './avatar.js'; export { readPart } from './library.js'; export { vrm } from './vrm.js';`;
const bundle = join(here, `.export-${process.pid}.mjs`);
await build({
	stdin: { contents: entry, resolveDir: here, loader: 'ts' },
	outfile: bundle,
	bundle: true,
	format: 'esm',
	platform: 'node',
	logLevel: 'warning',
});
try {
	const { Avatar, readPart, vrm } = await import(pathToFileURL(bundle).href);
	const order = JSON.parse(readFileSync(orderPath, 'utf8'));
	const parts = await Promise.all(
		Object.entries(order.files).map(([name, path]) => {
			const [group, id] = name.split('/');
			const bytes = readFileSync(path);
			return readPart(group, id, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
		}),
	);
	const { figure } = new Avatar(order.recipe, parts);
	const row = (values, width) =>
		Array.from({ length: values.length / width }, (_, slot) => [0, 1, 2].map((k) => Math.round(255 * Math.min(1, Math.max(0, values[width * slot + k]))))).flat();
	const web = out.endsWith('.glb');
	const rows = { palette: row(figure.base, 3), shade: row(figure.shade, 4) };
	const { rgba, side } = order.atlas;
	const pictures = web
		? {
				face: await ktx2(new Uint8Array(readFileSync(rgba)), side, side, true),
				palette: await block(rows.palette),
				shade: await block(rows.shade),
			}
		: {
				face: new Uint8Array(readFileSync(order.face)),
				palette: new Uint8Array(png(rows.palette)),
				shade: new Uint8Array(png(rows.shade)),
			};
	writeFileSync(out, vrm(figure, pictures, order.meta, web));
} finally {
	rmSync(bundle);
}
